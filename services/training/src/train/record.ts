import type { TrainingResult } from '@mlab/contracts/training-jobs';
import type { CallMeta } from '@mlab/kernel';
import { sourceOf, type KeptDataset } from '#/domain/dataset.ts';
import { trainerName, type KeptJob } from '#/domain/job.ts';
import type { MetricPoint, RecordedFile, Recording, RunOrder } from '#/domain/recording.ts';
import type { KeptStudy } from '#/domain/study.ts';
import type { MadeFile } from '#/worker/messages.ts';
import type { Trained } from '#/train/trained.ts';

export interface Code {
  /** Of the platform. */
  readonly version: string;
}

const runName = ({ spec }: Pick<KeptJob, 'spec'>, { name }: KeptDataset): string => spec.name ?? `${trainerName(spec)} on ${name}`;

/** Tags that say where a run or a version comes from; those of the job win. */
const originTags = ({ id, spec, studyId }: KeptJob, code: Code): Readonly<Record<string, string>> => ({
  'mlflow.source.type': 'JOB',
  'mlflow.source.name': `mlab training ${id}`,
  'mlab.job': id,
  'mlab.dataset': spec.dataset,
  'mlab.trainer': trainerName(spec),
  'mlab.code.version': code.version,
  ...(studyId === undefined ? {} : { 'mlab.study': studyId }),
  ...spec.tags,
});

/** What was asked, as parameters of a run. */
function askedParams({ spec }: Pick<KeptJob, 'spec'>): Readonly<Record<string, string>> {
  const { target, task, split, seed, weights, classWeights, earlyStopping, evaluation } = spec;
  const asked = {
    target,
    task,
    seed,
    split: split?.kind,
    weights,
    class_weights: classWeights,
    early_stopping_rounds: earlyStopping?.rounds,
  };
  const told = { trainer: trainerName(spec), evaluation: evaluation.kind, ...asked };
  return textsOf(told);
}

const LONGEST = 6000;

export const textsOf = (values: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([key, value]) =>
      value === undefined || value === null ? [] : [[key, (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, LONGEST)]],
    ),
  );

export interface RunContext {
  readonly job: KeptJob;
  readonly dataset: KeptDataset;
  readonly code: Code;
  /** Whose best it trains. */
  readonly study: KeptStudy | undefined;
}

export function runOrder({ job, dataset, code, study }: RunContext): RunOrder {
  const { runId, spec, startedAt, createdAt } = job;
  const { bytes, name, sha256, source } = dataset;
  return {
    runId,
    experiment: spec.experiment,
    name: runName(job, dataset),
    ...(study === undefined ? {} : { parentRunId: study.runId }),
    startMs: (startedAt ?? createdAt).getTime(),
    tags: originTags(job, code),
    params: askedParams(job),
    dataset: {
      name,
      digest: sha256,
      sourceType: source === 'path' ? 'local' : 'mlab',
      source: JSON.stringify({ uri: sourceOf(dataset), dataset: dataset.id }),
      schema: '{}',
      profile: JSON.stringify({ bytes }),
    },
  };
}

const fileOf = ({ path, contentType, text }: MadeFile): RecordedFile => ({ path, contentType, bytes: Buffer.from(text) });

/** Writes a trained model to tracking and the registry. All of it may be done again, and then finds what is there. */
export async function record(
  recording: Recording,
  { job, dataset, code }: RunContext,
  trained: Trained,
  call: CallMeta,
): Promise<TrainingResult> {
  const { runId, modelId, spec } = job;
  const { endedMs: timestamp, result } = trained;
  const point = (key: string, value: number): MetricPoint => ({ key, value, step: 0, timestamp });
  const metrics = result.metrics.map(({ name, value }) => point(`test_${name}`, value));
  const beside = result.metrics.flatMap(({ name, baseline }) => (baseline === undefined ? [] : [point(`baseline_${name}`, baseline)]));
  const tracked = Object.entries(trained.tracked).map(([key, value]) => point(key, value));
  const asked = askedParams(job);
  // A hyperparameter that is called as something else of the job is told apart from it.
  const named = Object.entries(trained.params).map(
    ([name, value]) => [Object.hasOwn(asked, name) ? `params.${name}` : name, value] as const,
  );
  const params = textsOf(Object.fromEntries(named));
  const own = { 'mlab.dataset.content': trained.contentDigest };
  await recording.logToRun(runId, { metrics: [...metrics, ...beside, ...tracked], params, tags: own }, call);
  const environment = JSON.stringify({ ...trained.environment, mlab: code.version }, undefined, 2);
  const runFiles = [
    ...trained.runFiles.map(fileOf),
    { path: 'report.html', contentType: 'text/html', bytes: Buffer.from(trained.report) },
    { path: 'environment.json', contentType: 'application/json', bytes: Buffer.from(environment) },
  ];
  await recording.putFiles(runId, runFiles, call);
  const tags = originTags(job, code);
  const { source } = await recording.putModel(
    {
      modelId,
      runId,
      name: spec.model ?? runName(job, dataset),
      modelType: trainerName(spec),
      params,
      tags,
      metrics,
      files: [{ path: 'model.onnx', contentType: 'application/octet-stream', bytes: trained.onnx }, ...trained.modelFiles.map(fileOf)],
      signature: trained.signature,
      createdMs: timestamp,
    },
    call,
  );
  const { model: name } = spec;
  const registered =
    name === undefined
      ? undefined
      : await recording.registerVersion(
          { model: name, source, runId, description: describe(trained, dataset), tags, signature: trained.signature },
          call,
        );
  await recording.endRun(runId, { status: 'FINISHED', endMs: timestamp }, call);
  return { ...result, runId, experiment: spec.experiment, modelId, ...registered, seconds: trained.seconds };
}

function describe({ result }: Trained, { name }: KeptDataset): string {
  const { trainer, task, metrics, metric } = result;
  const main = metrics.find((one) => one.name === metric);
  const figures = main === undefined ? '' : `, ${main.name} ${Number(main.value.toPrecision(5))}`;
  return `${trainer} for ${task ?? 'a task of its own'}, trained on ${name}${figures}.`;
}
