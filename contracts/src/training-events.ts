import { event } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { Time } from './training-data.ts';
import { Progress, TrainingResult } from './training-jobs.ts';

const ofJob = {
  job: Type.String(),
  at: Time,
  runId: Type.String(),
  dataset: Type.String({ description: 'The id of the dataset' }),
  trainer: Type.String(),
};

/** Those of one job come in their order. */
export const trainingEvents = {
  jobStarted: event('training.job-started@1', {
    summary: 'A training job has begun',
    data: Type.Object({ ...ofJob, attempt: Type.Integer({ description: '1 the first time' }) }),
  }),
  jobProgressed: event('training.job-progressed@1', {
    summary: 'A training job is further than before; told every few seconds',
    data: Type.Object({ ...ofJob, progress: Progress }),
  }),
  jobFinished: event('training.job-finished@1', {
    summary: 'A training job has ended',
    data: Type.Object({
      ...ofJob,
      state: Type.Unsafe<'succeeded' | 'failed' | 'cancelled'>({ type: 'string', enum: ['succeeded', 'failed', 'cancelled'] }),
      error: Type.Optional(Type.String()),
      result: Type.Optional(TrainingResult),
    }),
  }),
  modelTrained: event('training.model-trained@1', {
    summary: 'A model was trained: what went in, and what came out',
    data: Type.Object({
      ...ofJob,
      inputs: Type.Array(
        Type.Object({
          dataset: Type.String(),
          name: Type.String(),
          source: Type.String({ description: 'Where it lies' }),
          sha256: Type.String(),
          contentSha256: Type.Optional(
            Type.String({ description: 'Of the values of the columns that were read, whatever the format of the file' }),
          ),
          rows: Type.Optional(Type.Integer()),
          columns: Type.Array(Type.String(), { description: 'Those that were learnt from' }),
        }),
      ),
      output: Type.Object({
        modelId: Type.Optional(Type.String({ description: 'The logged model' })),
        model: Type.Optional(Type.String({ description: 'The registered model' })),
        version: Type.Optional(Type.Integer()),
        sha256: Type.Optional(Type.String({ description: 'Of the ONNX file' })),
      }),
      seed: Type.Integer(),
      code: Type.String({ description: 'The version of the platform that trained it' }),
    }),
  }),
  studyFinished: event('training.study-finished@1', {
    summary: 'A study has ended',
    data: Type.Object({
      study: Type.String(),
      at: Time,
      runId: Type.String(),
      state: Type.Unsafe<'succeeded' | 'failed' | 'stopped'>({ type: 'string', enum: ['succeeded', 'failed', 'stopped'] }),
      trials: Type.Integer({ description: 'That have ended, pruned ones included' }),
      metric: Type.Optional(Type.String()),
      best: Type.Optional(
        Type.Object({
          trial: Type.Integer(),
          value: Type.Number(),
          params: Type.Record(Type.String(), Type.Unknown()),
        }),
      ),
      job: Type.Optional(Type.String({ description: 'That trained with the best hyperparameters' })),
      error: Type.Optional(Type.String()),
    }),
  }),
};
