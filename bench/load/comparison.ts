import type { Contest, Round, Sample } from './rounds.ts';

/** What a contest must reach, as ratios to the bare server in the same run. */
export interface Budget {
  /** Requests/s: at least this share. */
  readonly perSecond: number;
  /** The 99th percentile: at most this many times. */
  readonly p99?: number;
}

export interface Summary {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: Readonly<Record<string, number>>;
}

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Verdict {
  readonly what: string;
  readonly budget: string;
  readonly ratio: Spread;
  readonly met: boolean;
}

export interface Comparison {
  readonly name: string;
  readonly rounds: number;
  readonly bare: Summary;
  readonly ours: Summary;
  readonly verdicts: readonly Verdict[];
  /** CPU per request, ours to bare, by role: steadier than requests/s where the machine is not ours alone. */
  readonly cpu: Readonly<Record<string, Spread>>;
}

export function compare(contest: Contest, rounds: readonly Round[], budget: Budget): Comparison {
  const perSecond = spread(rounds.map(({ bare, ours }) => ours.perSecond / bare.perSecond));
  const p99 = spread(rounds.map(({ bare, ours }) => ours.p99 / bare.p99));
  const verdicts: Verdict[] = [
    { what: 'requests/s', budget: `>= ${budget.perSecond}`, ratio: perSecond, met: perSecond.median >= budget.perSecond },
  ];
  if (budget.p99 !== undefined) verdicts.push({ what: 'p99', budget: `<= ${budget.p99}`, ratio: p99, met: p99.median <= budget.p99 });
  return {
    name: contest.name,
    rounds: rounds.length,
    bare: summarise(rounds.map((round) => round.bare)),
    ours: summarise(rounds.map((round) => round.ours)),
    verdicts,
    cpu: byRole(rounds, (role) => spread(rounds.map(({ bare, ours }) => (ours.cpu[role] ?? NaN) / (bare.cpu[role] ?? NaN)))),
  };
}

function summarise(samples: readonly Sample[]): Summary {
  const roles = Object.keys(samples[0]?.cpu ?? {});
  return {
    perSecond: median(samples.map((sample) => sample.perSecond)),
    p50: median(samples.map((sample) => sample.p50)),
    p99: median(samples.map((sample) => sample.p99)),
    cpu: Object.fromEntries(roles.map((role) => [role, median(samples.map((sample) => sample.cpu[role] ?? NaN))])),
  };
}

function byRole(rounds: readonly Round[], of: (role: string) => Spread): Record<string, Spread> {
  return Object.fromEntries(Object.keys(rounds[0]?.ours.cpu ?? {}).map((role) => [role, of(role)]));
}

export const spread = (values: readonly number[]): Spread => ({
  median: median(values),
  min: Math.min(...values),
  max: Math.max(...values),
});

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
