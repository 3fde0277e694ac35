import { invalidParameter, mlflowError } from '@mlab/mlflow';
import type { LifecycleStage, Tag } from '#/domain/experiment.ts';

export type RunStatus = 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED';

export interface Run {
  /** 32 hexadecimal characters. */
  readonly id: string;
  /** What stands for it in the tables. */
  readonly no: number;
  readonly experimentId: string;
  readonly name: string;
  readonly userId: string;
  readonly status: RunStatus;
  readonly startMs: number;
  readonly endMs: number | undefined;
  readonly lifecycleStage: LifecycleStage;
  readonly artifactUri: string;
}

export interface Metric {
  readonly key: string;
  /** NaN is a value like any other. */
  readonly value: number;
  readonly timestamp: number;
  readonly step: number;
}

/** What belongs to a run. Of each metric the latest value. */
export interface RunData {
  readonly metrics: readonly Metric[];
  readonly params: readonly Tag[];
  readonly tags: readonly Tag[];
}

export const RUN_NAME_TAG = 'mlflow.runName';

export const noRun = (id: string): Error => mlflowError('RESOURCE_DOES_NOT_EXIST', `Run with id=${id.slice(0, 300)} not found`);

/** What is written needs a run that is not deleted. */
export function mustBeActiveRun({ id, lifecycleStage }: Pick<Run, 'id' | 'lifecycleStage'>): void {
  if (lifecycleStage !== 'active') throw deletedRun(id);
}

export const deletedRun = (id: string): Error => invalidParameter(`The run ${id} must be in the 'active' state. Current state is deleted.`);

/** A number that a database keeps: MLflow has the greatest one for an infinite one. */
export function storedValue(value: number): number {
  if (value === Infinity) return Number.MAX_VALUE;
  return value === -Infinity ? -Number.MAX_VALUE : value === 0 ? 0 : value;
}

/** Of two values of a metric the one that counts as the latest: by step, then by time, then by value. */
export function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return Number.isNaN(a.value) ? !Number.isNaN(b.value) : a.value > b.value;
}
