import type { Phase, Progress } from '@mlab/contracts/training-jobs';

/** Where each phase begins, as a share of the whole. */
const BEGINS: Readonly<Record<Phase, number>> = {
  waiting: 0,
  reading: 0,
  splitting: 0.05,
  preparing: 0.07,
  training: 0.1,
  evaluating: 0.8,
  checking: 0.92,
  recording: 0.94,
  ended: 1,
};
const TRAINING = BEGINS.evaluating - BEGINS.training;

export interface Iterated {
  readonly number: number;
  readonly of: number;
  readonly metrics: Readonly<Record<string, number>>;
}

export const inPhase = (progress: Progress, phase: Phase): Progress => {
  const { secondsLeft: _, ...rest } = progress;
  return { ...rest, phase, share: Math.max(progress.share, BEGINS[phase]) };
};

/** The loss that tells most: on rows that were not learnt from, where there are any. */
export const lossOf = (metrics: Iterated['metrics']): readonly [metric: string, value: number] | undefined => {
  const name = ['validation_loss', 'train_loss'].find((one) => Number.isFinite(metrics[one])) ?? Object.keys(metrics)[0];
  const value = name === undefined ? undefined : metrics[name];
  return name === undefined || value === undefined || !Number.isFinite(value) ? undefined : [name, value];
};

/** `first` is the iteration that training began with this time, `seconds` how long it has taken since. */
export function afterIteration(progress: Progress, { number, of, metrics }: Iterated, first: number, seconds: number): Progress {
  const loss = lossOf(metrics);
  const { best } = progress;
  const isBest = loss !== undefined && (best === undefined || best.metric !== loss[0] || loss[1] < best.value);
  const done = number - first + 1;
  const now = isBest ? { metric: loss[0], value: loss[1], iteration: number } : best;
  return {
    phase: 'training',
    share: Math.max(progress.share, BEGINS.training + (of === 0 ? 0 : TRAINING * Math.min(1, number / of))),
    iteration: number,
    iterations: of,
    ...(now === undefined ? {} : { best: now }),
    secondsLeft: Math.round((seconds / Math.max(1, done)) * Math.max(0, of - number) * 10) / 10,
  };
}

/** One line for who looks at queues. */
export function noteOf({ phase, iteration, iterations, best }: Progress): string {
  const at = iterations === undefined || iteration === 0 ? '' : ` ${iteration} of ${iterations}`;
  return `${phase}${at}${best === undefined ? '' : `, ${best.metric} ${Number(best.value.toPrecision(5))}`}`;
}
