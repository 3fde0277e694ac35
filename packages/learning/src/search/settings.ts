import { AppError } from '@mlab/kernel/errors';

export type Direction = 'minimize' | 'maximize';

export type SamplerSettings =
  | { readonly kind: 'random' }
  /** Every combination of at most `points` values of each range. */
  | { readonly kind: 'grid'; readonly points: number }
  | {
      readonly kind: 'tpe';
      /** Trials by chance before it begins. */
      readonly startup: number;
      /** Places that are looked at for one trial. */
      readonly candidates: number;
      /** Whether ranges are looked at together, which finds what goes together; else each for itself. */
      readonly multivariate: boolean;
    };

export type PrunerSettings =
  | { readonly kind: 'none' }
  /** A trial ends when its best value so far is worse than the median of the others at the same step. */
  | {
      readonly kind: 'median';
      /** Complete trials before it begins. */
      readonly startup: number;
      /** Steps at which it does nothing yet. */
      readonly warmup: number;
    }
  /** Successive halving (ASHA): at each rung, at `minResource` steps and then `reductionFactor` times as many each, only the best part goes on. */
  | { readonly kind: 'halving'; readonly minResource: number; readonly reductionFactor: number };

export interface StudySettings {
  readonly direction: Direction;
  readonly seed: number;
  /** How many trials may run at a time. It decides what a suggestion may know, so that another number gives other trials. */
  readonly parallel: number;
  readonly sampler: SamplerSettings;
  readonly pruner: PrunerSettings;
}

/** Settings in which anything but the direction may be left out. */
export interface StudyOptions {
  readonly direction: Direction;
  readonly seed?: number;
  readonly parallel?: number;
  readonly sampler?: Choice<SamplerSettings>;
  readonly pruner?: Choice<PrunerSettings>;
}

/** The kind alone has to be said. */
type Choice<S extends { kind: string }> = S extends { kind: infer K } ? { readonly kind: K } & Partial<Omit<S, 'kind'>> : never;

const SAMPLERS = {
  random: { kind: 'random' },
  grid: { kind: 'grid', points: 5 },
  tpe: { kind: 'tpe', startup: 10, candidates: 24, multivariate: true },
} as const;

const PRUNERS = {
  none: { kind: 'none' },
  median: { kind: 'median', startup: 5, warmup: 0 },
  halving: { kind: 'halving', minResource: 1, reductionFactor: 3 },
} as const;

export function settingsOf({
  direction,
  seed = 0,
  parallel = 1,
  sampler = { kind: 'tpe' },
  pruner = { kind: 'none' },
}: StudyOptions): StudySettings {
  atLeast(1, { parallel });
  if (sampler.kind === 'tpe') atLeast(1, { startup: sampler.startup, candidates: sampler.candidates });
  if (sampler.kind === 'grid') atLeast(1, { points: sampler.points });
  if (pruner.kind === 'median') atLeast(0, { startup: pruner.startup, warmup: pruner.warmup });
  if (pruner.kind === 'halving') {
    atLeast(1, { minResource: pruner.minResource });
    atLeast(2, { reductionFactor: pruner.reductionFactor });
  }
  return {
    direction,
    seed,
    parallel,
    sampler: { ...SAMPLERS[sampler.kind], ...sampler } as SamplerSettings,
    pruner: { ...PRUNERS[pruner.kind], ...pruner } as PrunerSettings,
  };
}

function atLeast(least: number, values: Readonly<Record<string, number | undefined>>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= least)) {
      throw new AppError('invalid', `${name} of a study has to be an integer of at least ${least}, got ${value}.`);
    }
  }
}
