import type { Direction, PrunerSettings } from '#/search/settings.ts';

/** A value that a trial told on its way. */
export type Report = readonly [step: number, value: number];

export interface Reported {
  readonly isComplete: boolean;
  /** By their steps. */
  readonly reports: readonly Report[];
}

/** Whether a trial that has just told its value at `step` should end. It is held against `others` alone, whatever else runs. */
export function shouldPrune(
  pruner: PrunerSettings,
  direction: Direction,
  { step, own, others }: { readonly step: number; readonly own: readonly Report[]; readonly others: readonly Reported[] },
): boolean {
  if (pruner.kind === 'none') return false;
  const sign = direction === 'minimize' ? 1 : -1;
  const costs = own.filter(([at]) => at <= step).map(([at, value]): Report => [at, sign * value]);
  // A value that is no number will not become a good one.
  if (costs.some(([at, cost]) => at === step && Number.isNaN(cost))) return true;
  return pruner.kind === 'median'
    ? worseThanMedian(pruner, sign, { step, costs, others })
    : outOfRung(pruner, sign, { step, costs, others });
}

interface Situation {
  readonly step: number;
  readonly costs: readonly Report[];
  readonly others: readonly Reported[];
}

function worseThanMedian(
  { startup, warmup }: Extract<PrunerSettings, { kind: 'median' }>,
  sign: number,
  { step, costs, others }: Situation,
): boolean {
  const complete = others.filter(({ isComplete }) => isComplete);
  if (complete.length < startup || step <= warmup) return false;
  const there = complete
    .flatMap(({ reports }) => reports.filter(([at, value]) => at === step && !Number.isNaN(value)).map(([, value]) => sign * value))
    .toSorted((a, b) => a - b);
  if (there.length === 0) return false;
  const middle = ((there[Math.floor((there.length - 1) / 2)] as number) + (there[Math.ceil((there.length - 1) / 2)] as number)) / 2;
  return Math.min(...costs.map(([, cost]) => cost).filter((cost) => !Number.isNaN(cost))) > middle;
}

/**
 * ASHA (Li et al. 2018) that stops instead of pausing, as Optuna's: a trial that comes to a rung goes on when its value there is among the best
 * 1/η of all that came to it, itself included; of fewer than η, when it is the best.
 */
function outOfRung(
  { minResource, reductionFactor }: Extract<PrunerSettings, { kind: 'halving' }>,
  sign: number,
  { step, costs, others }: Situation,
): boolean {
  for (let rung = minResource; rung <= step; rung *= reductionFactor) {
    const own = costAt(costs, rung) as number;
    const competing = others
      .map(({ reports }) =>
        costAt(
          reports.map(([at, value]): Report => [at, sign * value]),
          rung,
        ),
      )
      .filter((cost): cost is number => cost !== undefined && !Number.isNaN(cost));
    const better = competing.filter((cost) => cost < own).length;
    if (better >= Math.max(1, Math.floor((competing.length + 1) / reductionFactor))) return true;
  }
  return false;
}

/** The first that was told at the rung or behind it. */
const costAt = (costs: readonly Report[], rung: number): number | undefined => costs.find(([at]) => at >= rung)?.[1];
