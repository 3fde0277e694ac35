import { mlflowError } from '@mlab/mlflow';
import type { Tag } from '#/domain/experiment.ts';
import type { Metric } from '#/domain/run.ts';

export type LoggedModelStatus = 'PENDING' | 'READY' | 'UPLOAD_FAILED';

/** A model as MLflow 3 keeps it: by itself, and not as an artifact of the run that made it. */
export interface LoggedModel {
  /** `m-` and 32 hexadecimal characters. */
  readonly id: string;
  /** What stands for it in the tables. */
  readonly no: number;
  readonly experimentId: string;
  readonly name: string;
  readonly status: LoggedModelStatus;
  readonly modelType: string | undefined;
  readonly sourceRunId: string | undefined;
  readonly artifactUri: string;
  /** In milliseconds since 1970. */
  readonly createdMs: number;
  readonly updatedMs: number;
}

/** What was measured with a model: by which run, and on which dataset if that was told. */
export interface LoggedModelMetric extends Metric {
  readonly runId: string | undefined;
  readonly datasetName: string | undefined;
  readonly datasetDigest: string | undefined;
}

/** What belongs to a model: of each metric every value. */
export interface LoggedModelData {
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
  readonly metrics: readonly LoggedModelMetric[];
}

export const noLoggedModel = (id: string): Error =>
  mlflowError('RESOURCE_DOES_NOT_EXIST', `Logged model with ID '${id.slice(0, 64)}' not found.`);

/** Words of a filter for a status: that of MLflow's messages, of its Python client, of its database, and ours. */
const STATUSES: Readonly<Record<string, LoggedModelStatus>> = {
  PENDING: 'PENDING',
  LOGGED_MODEL_PENDING: 'PENDING',
  '1': 'PENDING',
  READY: 'READY',
  LOGGED_MODEL_READY: 'READY',
  '2': 'READY',
  FAILED: 'UPLOAD_FAILED',
  UPLOAD_FAILED: 'UPLOAD_FAILED',
  LOGGED_MODEL_UPLOAD_FAILED: 'UPLOAD_FAILED',
  '3': 'UPLOAD_FAILED',
};

/** The status that a word stands for; a word that stands for none is left as it is, and matches nothing. */
export const statusOf = (word: string): string => (Object.hasOwn(STATUSES, word) ? (STATUSES[word] ?? word) : word);
