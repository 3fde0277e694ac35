import { operation, upload } from '@mlab/kernel';
import { Type } from '@mlab/schema';

/** A list, for a key may be any word, `__proto__` too. */
const Pairs = Type.Array(Type.Object({ key: Type.String(), value: Type.String() }), { default: [], maxItems: 100 });
const Time = Type.Integer({ minimum: 0, description: 'In milliseconds since 1970' });
const RunId = Type.String({ maxLength: 256 });
const ModelId = Type.String({ maxLength: 256, description: 'm- and 32 hexadecimal characters' });

const LoggedMetric = Type.Object({
  key: Type.String(),
  value: Type.Union([Type.Number(), Type.Unsafe<'NaN'>({ type: 'string', const: 'NaN' })], { description: 'A number, or the word NaN' }),
  timestamp: Time,
  step: Type.Integer({ default: 0 }),
  modelId: Type.Optional(ModelId),
});

const UsedDataset = Type.Object({
  name: Type.String({ minLength: 1 }),
  digest: Type.String({ minLength: 1, maxLength: 36 }),
  sourceType: Type.String({ description: 'local, http, s3 …' }),
  source: Type.String({ description: 'Where it comes from, as JSON' }),
  schema: Type.Optional(Type.String({ description: "As JSON, in MLflow's form" })),
  profile: Type.Optional(Type.String({ description: 'As JSON' })),
  tags: Pairs,
});

/** How other services write runs, models and files. Whatever is done again changes nothing, so a job that begins anew may say it all again. */
export const recordingOperations = {
  ensureExperiment: operation('PUT /experiments', {
    summary: 'The experiment of a name, which is made when it is not there',
    description: '409 when it is there and deleted.',
    scope: 'tracking:write',
    safe: true,
    input: Type.Object({ name: Type.String({ minLength: 1, maxLength: 500 }) }),
    output: Type.Object({ id: Type.String(), created: Type.Boolean() }),
  }),
  logToRun: operation('POST /runs/:id/log', {
    summary: 'Log metrics, parameters, tags, datasets and models of a run',
    description:
      'At most 1,000 metrics, 100 parameters and 100 tags at once, all of them or none; then the datasets that it used and the models that it made. What is there already stays.',
    scope: 'tracking:write',
    safe: true,
    maxBodyBytes: 8_388_608,
    input: Type.Object({
      id: RunId,
      metrics: Type.Array(LoggedMetric, { default: [], maxItems: 1000 }),
      params: Pairs,
      tags: Pairs,
      datasets: Type.Array(UsedDataset, { default: [], maxItems: 100 }),
      models: Type.Array(Type.Object({ id: ModelId, step: Type.Integer({ default: 0 }) }), { default: [], maxItems: 100 }),
    }),
    output: Type.Object({}),
  }),
  setRunStatus: operation('PUT /runs/:id/status', {
    summary: 'Say how a run stands, or that it has ended',
    scope: 'tracking:write',
    safe: true,
    input: Type.Object({
      id: RunId,
      status: Type.Unsafe<'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'>({
        type: 'string',
        enum: ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'],
      }),
      endTime: Type.Optional(Time),
    }),
    output: Type.Object({}),
  }),
  setLoggedModelStatus: operation('PUT /logged-models/:id/status', {
    summary: 'Say whether a logged model has all its files',
    scope: 'tracking:write',
    safe: true,
    input: Type.Object({
      id: ModelId,
      status: Type.Unsafe<'PENDING' | 'READY' | 'UPLOAD_FAILED'>({ type: 'string', enum: ['PENDING', 'READY', 'UPLOAD_FAILED'] }),
    }),
    output: Type.Object({}),
  }),
  putFile: upload('PUT /files/content', {
    summary: 'Put a file where a URI says',
    description:
      'Whole or not at all; what is there is replaced. The quota and the largest size of MLAB_TRACKING_ARTIFACT_… hold here too.',
    scope: 'tracking:write',
    input: Type.Object({
      uri: Type.String({ maxLength: 4096, description: 'runs:/<run>/<path>, models:/m-…/<path> or mlflow-artifacts:/<path>' }),
    }),
    output: Type.Object({ uri: Type.String({ description: 'mlflow-artifacts:/…' }) }),
  }),
};
