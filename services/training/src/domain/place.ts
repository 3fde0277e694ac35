import type { TrainingPlace, TrainingSpec } from '@mlab/contracts/training-spec';
import { wrongField } from './refuse.ts';

export interface KnownPlaces {
  /** The executor that is configured. */
  readonly executor: Exclude<TrainingPlace, 'threads'>;
  /** Where trainers run that nobody has said of. */
  readonly trainersRun: 'threads' | 'executor';
}

type Asked = Pick<TrainingSpec, 'trainer' | 'executor'>;

/** Whether a trainer of ours runs as a program of the executor, instead of in a thread. */
export const isElsewhere = ({ executor }: Asked, { trainersRun }: KnownPlaces): boolean =>
  executor === undefined ? trainersRun === 'executor' : executor !== 'threads';

/** Refuses a place that there is not. */
export function checkPlace({ trainer, executor }: Asked, known: KnownPlaces): void {
  if (executor === undefined || executor === known.executor) return;
  if (executor === 'threads' && typeof trainer === 'string') return;
  const also = typeof trainer === 'string' ? 'threads or ' : '';
  throw wrongField('executor', `must be ${also}${known.executor}, which is where programs run here (MLAB_TRAINING_EXECUTOR)`, executor);
}
