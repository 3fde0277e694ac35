import { metricOf } from '@mlab/learning';
import type { KeptStudy, KeptTrial } from '#/domain/study.ts';
import type { Fact, ReportedStudy } from '#/report/contents.ts';

const SAMPLERS = { tpe: 'TPE', random: 'Random search', grid: 'All combinations of a grid' } as const;
const PRUNERS = { none: '', median: ', ended early by the median', asha: ', with successive halving (ASHA)' } as const;

const factOf = ([name, value]: readonly [string, unknown]): Fact => ({
  name,
  value: typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : JSON.stringify(value),
});

/** A study as the report of its best model tells it. */
export function reportedStudy(
  { search, spec, metric, direction, importance }: KeptStudy,
  trials: readonly KeptTrial[],
): ReportedStudy | undefined {
  if (metric === undefined) return undefined;
  const { sampler, pruner, parallel } = search;
  const at = parallel === 1 ? 'one trial after the other' : `${parallel} trials at once`;
  return {
    metric,
    better: direction === undefined ? metricOf(metric).better : direction === 'maximize' ? 'higher' : 'lower',
    method: `${SAMPLERS[sampler]}${PRUNERS[pruner]}, ${at}, seed ${spec.seed}`,
    trials: trials.map(({ number, state, value, params }) => ({
      number,
      state,
      ...(value === undefined ? {} : { value }),
      params: Object.entries(params).map(factOf),
    })),
    importance: importance.map(({ param: name, value }) => ({ name, value })),
  };
}
