import { operation } from '@mlab/kernel';
import { Type } from '@mlab/schema';

/** A list, for a key may be any word, `__proto__` too. */
const Pairs = Type.Array(Type.Object({ key: Type.String(), value: Type.String() }), { default: [], maxItems: 100_000 });
const Time = Type.Integer({ minimum: 0, description: 'In milliseconds since 1970' });
const ExperimentId = Type.String({ maxLength: 64, description: 'Of this service, not of where it comes from' });
const Outcome = Type.Unsafe<'created' | 'same'>({
  type: 'string',
  enum: ['created', 'same'],
  description: 'Whether it is new, or was there already with the same content',
});
const LifecycleStage = Type.Unsafe<'active' | 'deleted'>({ type: 'string', enum: ['active', 'deleted'], description: 'What it is here' });

/** Parameters and tags of many kilobytes each. */
const MAX_BODY_BYTES = 33_554_432;

export const importRun = operation('PUT /runs/:id', {
  summary: 'Bring a run from elsewhere, under the id that it has there',
  description:
    'With its parameters and tags, all of it or nothing; metrics, files, inputs and outputs follow as of any run. Done again it changes nothing. 409 when the id stands for a run with other content.',
  scope: 'tracking:import',
  safe: true,
  maxBodyBytes: MAX_BODY_BYTES,
  input: Type.Object({
    id: Type.String({ maxLength: 256 }),
    experimentId: ExperimentId,
    name: Type.String({ default: '', maxLength: 8000 }),
    userId: Type.String({ default: '', maxLength: 8000 }),
    status: Type.Unsafe<'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'>({
      type: 'string',
      enum: ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'],
    }),
    startTime: Time,
    endTime: Type.Optional(Time),
    params: Pairs,
    tags: Pairs,
  }),
  output: Type.Object(
    {
      outcome: Outcome,
      lifecycleStage: LifecycleStage,
      artifactUri: Type.String({ description: 'Where its files belong' }),
      metrics: Type.Array(Type.Object({ key: Type.String(), values: Type.Integer() }), {
        description: 'How many values of each metric are here already',
      }),
    },
    { title: 'ImportedRun' },
  ),
});

export const importLoggedModel = operation('PUT /logged-models/:id', {
  summary: 'Bring a logged model from elsewhere, under the id that it has there',
  description:
    'With its parameters and tags, all of it or nothing. Done again it changes nothing. 409 when the id stands for a model with other content.',
  scope: 'tracking:import',
  safe: true,
  maxBodyBytes: MAX_BODY_BYTES,
  input: Type.Object({
    id: Type.String({ pattern: '^m-[0-9a-f]{32}$', description: 'm- and 32 hexadecimal characters' }),
    experimentId: ExperimentId,
    name: Type.String({ minLength: 1, maxLength: 500 }),
    status: Type.Unsafe<'PENDING' | 'READY' | 'UPLOAD_FAILED'>({ type: 'string', enum: ['PENDING', 'READY', 'UPLOAD_FAILED'] }),
    modelType: Type.Optional(Type.String({ maxLength: 500 })),
    sourceRunId: Type.Optional(Type.String({ maxLength: 256 })),
    createdAt: Time,
    updatedAt: Time,
    params: Pairs,
    tags: Pairs,
  }),
  output: Type.Object(
    { outcome: Outcome, lifecycleStage: LifecycleStage, artifactUri: Type.String({ description: 'Where its files belong' }) },
    { title: 'ImportedLoggedModel' },
  ),
});
