import type { Experiment } from '#/domain/experiment.ts';
import type { Metric, Run } from '#/domain/run.ts';
import type { WholeRun } from '#/runs.ts';

/** Messages of MLflow as its clients read them: what is empty is left out. */
export const experimentShape = ({ id, name, artifactLocation, lifecycleStage, createdMs, updatedMs, tags }: Experiment) => ({
  experiment_id: id,
  name,
  artifact_location: artifactLocation,
  lifecycle_stage: lifecycleStage,
  creation_time: createdMs,
  last_update_time: updatedMs,
  tags: unlessEmpty(tags),
});

export const runInfoShape = ({ id, name, experimentId, userId, status, startMs, endMs, artifactUri, lifecycleStage }: Run) => ({
  run_uuid: id,
  run_id: id,
  run_name: name,
  experiment_id: experimentId,
  user_id: userId,
  status,
  start_time: startMs,
  end_time: endMs,
  artifact_uri: artifactUri,
  lifecycle_stage: lifecycleStage,
});

/** What a run has used and made. Of a run that has just been created MLflow does not say what it has made. */
export interface Links {
  readonly inputs: object;
  readonly outputs: object | undefined;
}

export const NO_LINKS: Links = { inputs: {}, outputs: {} };

export const runShape = ({ run, data: { metrics, params, tags } }: WholeRun, { inputs, outputs }: Links) => ({
  info: runInfoShape(run),
  data: { metrics: unlessEmpty(metrics.map(metricShape)), params: unlessEmpty(params), tags: unlessEmpty(tags) },
  inputs,
  outputs,
});

export const metricShape = ({ key, value, timestamp, step }: Metric) => ({ key, value, timestamp, step });

export const unlessEmpty = <T>(list: readonly T[]): readonly T[] | undefined => (list.length === 0 ? undefined : list);
