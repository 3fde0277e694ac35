/** What the figures say against the budgets. What was not measured is not passed. */
import { spread, type Spread } from '../load/comparison.ts';
import { BARE } from './bare-targets.ts';
import type { Measured, Sample } from './rounds.ts';
import type { Family } from './targets.ts';

export interface Verdict {
  readonly what: string;
  readonly budget: string;
  /** A ratio, or the microseconds of a row. Absent: not measured. */
  readonly ratio?: Spread;
  readonly met?: boolean;
}

/** The one of ours that is compared: the same question and answer as all the others have. */
export const OURS = 'mlab, V2 REST';

const PYTHON: readonly { readonly family: Family; readonly title: string; readonly times: number }[] = [
  { family: 'fastapi', title: 'the best FastAPI + ONNX Runtime', times: 5 },
  { family: 'mlserver', title: 'the best MLServer', times: 10 },
  { family: 'ray', title: 'the best Ray Serve', times: 10 },
];

/** `inside`: microseconds of a row inside the process, one for each round. */
export function judge(results: readonly Measured[], inside: readonly number[]): Verdict[] {
  const ours = results.find(({ target }) => target.name === OURS);
  const bare = results.find(({ target }) => target.name === BARE);
  const perSecond = ({ perSecond: each }: Sample): number => each;
  const verdicts = PYTHON.map(({ family, title, times }): Verdict => {
    const best = bestOf(results, [family], perSecond);
    return verdict(`requests/s against ${title}`, { atLeast: times }, ratios(ours, best, perSecond));
  });
  const servers = PYTHON.map(({ family }) => family);
  // Of the servers that were measured, and only when all of them were: another one might have been better.
  const all = servers.every((family) => results.some(({ target }) => target.family === family));
  const quickest = all ? bestOf(results, servers, ({ p99 }) => -p99) : undefined;
  return [
    ...verdicts,
    verdict('requests/s against bare node:http', { atLeast: 0.7 }, ratios(ours, bare, perSecond)),
    verdict(
      "p99 against the best Python server's",
      { atMost: 1 / 3 },
      ratios(ours, quickest, ({ p99 }) => p99),
    ),
    verdict('one row inside the process, µs of CPU', { atMost: 10 }, spread(inside)),
  ];
}

/** By the median of its rounds. */
function bestOf(results: readonly Measured[], families: readonly Family[], worth: (sample: Sample) => number): Measured | undefined {
  const value = ({ samples }: Measured): number => spread(samples.map(worth)).median;
  return results.filter(({ target }) => families.includes(target.family)).toSorted((a, b) => value(b) - value(a))[0];
}

/** Within each round, seconds apart. */
export function ratios(ours: Measured | undefined, other: Measured | undefined, of: (sample: Sample) => number): Spread | undefined {
  if (ours === undefined || other === undefined) return undefined;
  return spread(ours.samples.map((sample, round) => of(sample) / of(other.samples[round] as Sample)));
}

type Limit = { readonly atLeast: number } | { readonly atMost: number };

function verdict(what: string, limit: Limit, ratio: Spread | undefined): Verdict {
  const budget = 'atLeast' in limit ? `>= ${limit.atLeast}` : `<= ${Number(limit.atMost.toFixed(2))}`;
  if (ratio === undefined) return { what, budget };
  return { what, budget, ratio, met: 'atLeast' in limit ? ratio.median >= limit.atLeast : ratio.median <= limit.atMost };
}
