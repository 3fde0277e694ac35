import type { TrainingResult } from '@mlab/contracts/training-jobs';
import type { CommandTrainer } from '@mlab/contracts/training-spec';
import type { CallMeta } from '@mlab/kernel';
import type { KeptDataset } from './dataset.ts';
import type { LineLevel } from './job-line.ts';
import type { KeptJob } from './job.ts';

/** A job whose trainer is a command. Its run has begun; whoever trains sees to all else but the end of the job. */
export interface CommandTraining {
  readonly job: KeptJob;
  readonly trainer: CommandTrainer;
  readonly dataset: KeptDataset;
  /** The file of the dataset, on this machine until the training has ended. */
  readonly path: string;
  /** What the command says becomes lines of the job. */
  readonly line: (level: LineLevel, text: string) => void;
  readonly call: CallMeta;
  /** Aborted when the job is cancelled, and when this process ends. */
  readonly signal: AbortSignal;
}

/**
 * Runs the command to its end and answers what came of it: the logged model that it has made, and the version that was registered where
 * the job names a model. The run has ended as FINISHED then. It may be called again for the same job, after a process was killed.
 */
export type TrainByCommand = (training: CommandTraining) => Promise<TrainingResult>;
