import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { StudyState } from '@mlab/learning';
import type { ReadLimits } from '#/data/dataset.ts';
import type { Reading } from '#/domain/dataset.ts';
import type { Reported } from '#/domain/study.ts';
import type { TrainOrder, TrialResult } from '#/worker/messages.ts';

/* What a program that trains elsewhere is told: plain JSON. It gets the bytes of the dataset by itself. */

interface AnyRemoteOrder {
  readonly dataset: { readonly id: string; readonly fileName: string; readonly sha256: string; readonly reading: Reading };
  readonly limits: ReadLimits;
  readonly spec: TrainingSpec;
  /** That a trainer may use besides its own. */
  readonly threads: number;
  /** Of the JavaScript objects of the thread that trains, in MiB. */
  readonly memoryMb: number;
}

export interface RemoteTrainOrder extends AnyRemoteOrder, Pick<TrainOrder, 'names' | 'checkpointMs' | 'study'> {
  readonly kind: 'train';
}

export interface RemoteTrialOrder extends AnyRemoteOrder {
  readonly kind: 'trial';
  readonly number: number;
  readonly metric: string;
  readonly folds: number;
  /**
   * The search as it stood when the trial began; absent: nothing is ended early. Whether a trial is ended depends on trials before it that have
   * all ended, so that whoever knows them can say it without asking anybody.
   */
  readonly search?: StudyState | undefined;
  /** -1 where a greater metric is better: losses are told, and less of them is better. */
  readonly sign: number;
}

export type RemoteOrder = RemoteTrainOrder | RemoteTrialOrder;

export interface RemoteTrialResult extends TrialResult {
  readonly reports: readonly Reported[];
}
