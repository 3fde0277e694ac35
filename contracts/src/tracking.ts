import { defineContract, download, operation } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { mlflowTracking } from './mlflow.ts';
import { compareRuns } from './tracking-comparison.ts';
import { importLoggedModel, importRun } from './tracking-import.ts';
import { liveMetrics } from './tracking-live.ts';
import { recordingOperations } from './tracking-recording.ts';
import { storageOperations } from './tracking-storage.ts';

export const RUN_STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const;
export const LIFECYCLE_STAGES = ['active', 'deleted'] as const;
export const LOGGED_MODEL_STATUSES = ['PENDING', 'READY', 'UPLOAD_FAILED'] as const;

const Texts = Type.Record(Type.String(), Type.String());
/** Milliseconds since 1970. */
const Time = Type.Integer({ description: 'In milliseconds since 1970' });

export const MetricValue = Type.Object(
  {
    key: Type.String(),
    value: Type.Union([Type.Number(), Type.Unsafe<'NaN'>({ type: 'string', const: 'NaN' })], {
      description: 'A number, or the word NaN. What was logged as infinite is ±1.7976931348623157e308',
    }),
    timestamp: Time,
    step: Type.Integer(),
  },
  { title: 'MetricValue' },
);

export const Run = Type.Object(
  {
    id: Type.String({ description: '32 hexadecimal characters' }),
    experimentId: Type.String(),
    name: Type.String(),
    userId: Type.String(),
    status: Type.Unsafe<(typeof RUN_STATUSES)[number]>({ type: 'string', enum: RUN_STATUSES }),
    lifecycleStage: Type.Unsafe<(typeof LIFECYCLE_STAGES)[number]>({ type: 'string', enum: LIFECYCLE_STAGES }),
    startTime: Time,
    endTime: Type.Optional(Time),
    artifactUri: Type.String(),
    params: Texts,
    tags: Texts,
    metrics: Type.Array(MetricValue, { description: 'The latest value of each metric' }),
    models: Type.Array(Type.String(), { description: 'The logged models that it made, in the order in which it did' }),
  },
  { title: 'Run' },
);
export type Run = Static<typeof Run>;

export const StoredFile = Type.Object(
  {
    path: Type.String({ description: 'Relative to what was asked for; empty when that is the file itself' }),
    size: Type.Integer({ description: 'In bytes' }),
    sha256: Type.String(),
    contentType: Type.String(),
    modifiedAt: Type.String({ description: 'RFC 3339' }),
  },
  { title: 'StoredFile' },
);
export type StoredFile = Static<typeof StoredFile>;

export const LoggedModel = Type.Object(
  {
    id: Type.String({ description: 'm- and 32 hexadecimal characters' }),
    experimentId: Type.String(),
    name: Type.String(),
    status: Type.Unsafe<(typeof LOGGED_MODEL_STATUSES)[number]>({ type: 'string', enum: LOGGED_MODEL_STATUSES }),
    modelType: Type.Optional(Type.String()),
    sourceRunId: Type.Optional(Type.String()),
    artifactUri: Type.String(),
    createdAt: Time,
    params: Texts,
    tags: Texts,
  },
  { title: 'LoggedModel' },
);
export type LoggedModel = Static<typeof LoggedModel>;

export const tracking = defineContract({
  name: 'tracking',
  title: 'Experiment Tracking',
  label: 'Experiment Tracking',
  description: "Keeps experiments, runs, metrics, logged models, artifacts and traces; speaks MLflow's protocol.",
  port: 8007,
  wire: 'problem',
  protocols: { mlflow: mlflowTracking },
  operations: {
    getRun: operation('GET /runs/:id', {
      summary: 'Get a run',
      description: 'A run with its parameters, its tags and the latest value of each of its metrics.',
      scope: 'tracking:read',
      input: Type.Object({ id: Type.String() }),
      output: Run,
    }),
    compareRuns,
    liveMetrics,
    importRun,
    importLoggedModel,
    getLoggedModel: operation('GET /logged-models/:id', {
      summary: 'Get a logged model',
      scope: 'tracking:read',
      input: Type.Object({ id: Type.String() }),
      output: LoggedModel,
    }),
    listFiles: operation('GET /files', {
      summary: 'All files below an artifact URI',
      description: 'At any depth, with checksums, folder by folder. Of a URI that names one file: that file.',
      scope: 'tracking:read',
      input: Type.Object({
        uri: Type.String({ description: 'mlflow-artifacts:/2/models/m-…/artifacts, models:/m-… or runs:/<run>/<path>' }),
        limit: Type.Integer({ default: 1000, minimum: 1, maximum: 1000, description: 'Most files of one answer' }),
        cursor: Type.Optional(Type.String({ description: 'The `next` of an earlier answer' })),
      }),
      output: Type.Object(
        {
          uri: Type.String({ description: 'With the run or model resolved to where its files lie' }),
          items: Type.Array(StoredFile),
          next: Type.Optional(Type.String({ description: 'The cursor of the next page; absent behind the last one' })),
        },
        { title: 'StoredFiles' },
      ),
    }),
    getFile: download('GET /files/content', {
      summary: 'The bytes of a file',
      scope: 'tracking:read',
      timeoutMs: 3_600_000,
      input: Type.Object({
        uri: Type.String({ description: 'As of listFiles, with the path of the file behind it: models:/m-…/MLmodel' }),
      }),
      contentTypes: ['application/octet-stream'],
    }),
    ...recordingOperations,
    ...storageOperations,
  },
});
