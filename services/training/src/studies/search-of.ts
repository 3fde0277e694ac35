import type { SearchSpec } from '@mlab/contracts/training-studies';
import { metricOf, openStudy, PRIMARY_METRIC, studyFrom, trainers, type Study as Search, type Task, type Trainer } from '@mlab/learning';
import { spaceOf } from '#/domain/check-search.ts';
import type { KeptStudy, KeptTrial } from '#/domain/study.ts';

export interface Objective {
  readonly metric: string;
  readonly direction: 'minimize' | 'maximize';
}

/** What the trials are compared by. */
export function objectiveOf({ search, spec }: KeptStudy, task: Pick<Task, 'kind'>): Objective {
  const metric = search.metric ?? spec.evaluation.metric ?? PRIMARY_METRIC[task.kind];
  return { metric, direction: search.direction ?? (metricOf(metric).better === 'higher' ? 'maximize' : 'minimize') };
}

/** Iterations of the first rung of successive halving. */
const FIRST_RUNG = 4;

const prunerOf = (pruner: SearchSpec['pruner']) =>
  pruner === 'asha' ? ({ kind: 'halving', minResource: FIRST_RUNG } as const) : ({ kind: pruner } as const);

/** The search as it stands after these trials. Those that have not ended are tried again, under their own numbers. */
export function searchOf({ search, spec }: KeptStudy, { direction }: Objective, kept: readonly KeptTrial[]): Search {
  const trainer = trainers.find(({ name }) => name === spec.trainer) as Trainer<unknown>;
  const { sampler, pruner, parallel } = search;
  const made = openStudy(spaceOf(search, trainer), {
    direction,
    seed: spec.seed,
    parallel,
    sampler: { kind: sampler },
    pruner: prunerOf(pruner),
  });
  const sign = direction === 'maximize' ? -1 : 1;
  const trials = kept.map(({ number, params, state, value, reports }) => ({
    number,
    params: params as Readonly<Record<string, string | number | boolean>>,
    state,
    ...(value === undefined ? {} : { value }),
    reports: reports.map(([step, loss]) => [step, sign * loss] as const),
  }));
  return studyFrom({ ...made.state(), trials });
}
