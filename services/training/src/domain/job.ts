import type { Progress, TrainingJob, TrainingResult, TrainingState } from '@mlab/contracts/training-jobs';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { MetricPoint } from './recording.ts';

export interface KeptJob {
  readonly seq: number;
  readonly id: string;
  readonly key: string | undefined;
  readonly askedSha256: string;
  readonly studyId: string | undefined;
  readonly state: TrainingState;
  readonly spec: TrainingSpec;
  readonly runId: string;
  readonly modelId: string;
  readonly generation: number;
  readonly queueId: string | undefined;
  readonly attempts: number;
  readonly progress: Progress;
  readonly loggedTo: number;
  readonly logging: Logging | undefined;
  readonly result: TrainingResult | undefined;
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly startedAt: Date | undefined;
  readonly endedAt: Date | undefined;
}

/** Values that are being tracked: up to which iteration, and exactly which. */
export interface Logging {
  readonly to: number;
  readonly points: readonly MetricPoint[];
}

export const WAITING: Progress = { phase: 'waiting', share: 0, iteration: 0 };

export const isOver = (state: TrainingState): boolean => state !== 'waiting' && state !== 'running';

/** What the trainer is called where one word is wanted. */
export const trainerName = ({ trainer }: Pick<TrainingSpec, 'trainer'>): string => (typeof trainer === 'string' ? trainer : 'command');

export function jobView(job: KeptJob): TrainingJob {
  const { id, key, studyId, state, spec, progress, runId, attempts, result, error, createdAt, startedAt, endedAt } = job;
  return {
    id,
    ...(key === undefined ? {} : { key }),
    ...(studyId === undefined ? {} : { study: studyId }),
    state,
    spec,
    progress,
    runId,
    attempts,
    ...(result === undefined ? {} : { result }),
    ...(error === undefined ? {} : { error }),
    createdAt: createdAt.toISOString(),
    ...(startedAt === undefined ? {} : { startedAt: startedAt.toISOString() }),
    ...(endedAt === undefined ? {} : { endedAt: endedAt.toISOString() }),
  };
}
