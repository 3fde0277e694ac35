import { operation } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { Id, next, paging, Time } from './training-data.ts';
import { Key } from './training-jobs.ts';
import { METRIC_NAME, trainingFields, TrainingSpec } from './training-spec.ts';

export const STUDY_STATES = ['waiting', 'running', 'refitting', 'succeeded', 'failed', 'stopped'] as const;
export type StudyState = (typeof STUDY_STATES)[number];
export const TRIAL_STATES = ['running', 'complete', 'pruned', 'failed'] as const;
export type TrialState = (typeof TRIAL_STATES)[number];
export const SAMPLERS = ['random', 'tpe', 'grid'] as const;
export type SamplerName = (typeof SAMPLERS)[number];
export const PRUNERS = ['none', 'median', 'asha'] as const;
export type PrunerName = (typeof PRUNERS)[number];

const Bound = Type.Number();
/** The range of one hyperparameter. */
export const RangeSpec = Type.Object(
  {
    param: Type.String({ minLength: 1, maxLength: 100, description: 'A hyperparameter of the trainer' }),
    kind: Type.Unsafe<'float' | 'int' | 'choice'>({ type: 'string', enum: ['float', 'int', 'choice'] }),
    low: Type.Optional({ ...Bound, description: 'Of float and int: the least value' }),
    high: Type.Optional({ ...Bound, description: 'Of float and int: the greatest value' }),
    log: Type.Boolean({ default: false, description: 'Whether it is looked at by its logarithm' }),
    options: Type.Optional(
      Type.Array(Type.Union([Type.String({ maxLength: 1000 }), Type.Number(), Type.Boolean()]), {
        minItems: 1,
        maxItems: 1000,
        description: 'Of choice, and of a grid: the values',
      }),
    ),
  },
  { title: 'Range' },
);
export type RangeSpec = Static<typeof RangeSpec>;

export const SearchSpec = Type.Object(
  {
    space: Type.Array(RangeSpec, { default: [], maxItems: 50, description: 'Empty: where the trainer says that looking is worth it' }),
    metric: Type.Optional(Type.String({ pattern: METRIC_NAME, description: 'Absent: that of the evaluation, or as suits the task' })),
    direction: Type.Optional(
      Type.Unsafe<'minimize' | 'maximize'>({
        type: 'string',
        enum: ['minimize', 'maximize'],
        description: 'Absent: as the metric is better',
      }),
    ),
    sampler: Type.Unsafe<SamplerName>({
      type: 'string',
      enum: SAMPLERS,
      default: 'tpe',
      description: 'random; tpe: where earlier trials were good; grid: all combinations in turn',
    }),
    pruner: Type.Unsafe<PrunerName>({
      type: 'string',
      enum: PRUNERS,
      default: 'none',
      description: 'Ends trials that are worse than others: median, or asha (successive halving)',
    }),
    trials: Type.Integer({ default: 30, minimum: 1, maximum: 10_000, description: 'How many, at most' }),
    parallel: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'Trials at once. It is part of what makes a study come out the same: a trial knows those that are so many before it',
    }),
    timeoutSeconds: Type.Optional(
      Type.Integer({ minimum: 1, maximum: 2_592_000, description: 'No trial begins later than this; those that run are ended' }),
    ),
    folds: Type.Integer({
      default: 1,
      minimum: 1,
      maximum: 20,
      description: 'Parts of a cross-validation that each trial is judged by; 1: the validation rows',
    }),
  },
  { title: 'Search', default: {} },
);
export type SearchSpec = Static<typeof SearchSpec>;

export const Trial = Type.Object(
  {
    number: Type.Integer({ description: 'From 0' }),
    state: Type.Unsafe<TrialState>({ type: 'string', enum: TRIAL_STATES }),
    params: Type.Record(Type.String(), Type.Unknown()),
    value: Type.Optional(Type.Number({ description: 'Of the metric; absent unless it is complete' })),
    steps: Type.Integer({ description: 'Iterations that were reported' }),
    runId: Type.String({ description: 'Its tracked run, below that of the study' }),
    error: Type.Optional(Type.String()),
    startedAt: Time,
    endedAt: Type.Optional(Time),
  },
  { title: 'Trial' },
);
export type Trial = Static<typeof Trial>;

export const Study = Type.Object(
  {
    id: Id,
    key: Type.Optional(Type.String()),
    state: Type.Unsafe<StudyState>({ type: 'string', enum: STUDY_STATES }),
    spec: TrainingSpec,
    search: SearchSpec,
    metric: Type.Optional(Type.String({ description: 'What the trials are compared by; known once the study has begun' })),
    direction: Type.Optional(Type.String()),
    trials: Type.Object({
      wanted: Type.Integer(),
      running: Type.Integer(),
      complete: Type.Integer(),
      pruned: Type.Integer(),
      failed: Type.Integer(),
    }),
    best: Type.Optional(Trial),
    importance: Type.Array(Type.Object({ param: Type.String(), value: Type.Number() }), {
      description: 'How much each hyperparameter matters, of sum 1; empty while there are too few trials to tell',
    }),
    runId: Type.String({ description: 'The tracked run above those of the trials' }),
    jobId: Type.Optional(Type.String({ description: 'The job that trains with the best hyperparameters' })),
    error: Type.Optional(Type.String()),
    createdAt: Time,
    startedAt: Type.Optional(Time),
    endedAt: Type.Optional(Time),
  },
  { title: 'Study' },
);
export type Study = Static<typeof Study>;

const byId = Type.Object({ id: Id });

export const studyOperations = {
  createStudy: operation('POST /studies', {
    summary: 'Look for good hyperparameters',
    description: 'Each trial is a run below that of the study. In the end a job trains with the best ones, and registers its model.',
    scope: 'training:train',
    headers: { key: 'idempotency-key' },
    input: Type.Object({ ...trainingFields, search: SearchSpec, key: Key }),
    output: Study,
  }),
  listStudies: operation('GET /studies', {
    summary: 'List the studies, newest first',
    scope: 'training:read',
    input: Type.Object({
      state: Type.Optional(Type.Unsafe<StudyState>({ type: 'string', enum: STUDY_STATES })),
      ...paging,
    }),
    output: Type.Object({ items: Type.Array(Study), next }, { title: 'Studies' }),
  }),
  getStudy: operation('GET /studies/:id', {
    summary: 'Get a study, with its best trial',
    scope: 'training:read',
    input: byId,
    output: Study,
  }),
  listTrials: operation('GET /studies/:id/trials', {
    summary: 'List the trials of a study, the first one first',
    scope: 'training:read',
    input: Type.Object({
      id: Id,
      state: Type.Optional(Type.Unsafe<TrialState>({ type: 'string', enum: TRIAL_STATES })),
      ...paging,
    }),
    output: Type.Object({ items: Type.Array(Trial), next }, { title: 'Trials' }),
  }),
  stopStudy: operation('POST /studies/:id/stop', {
    summary: 'Stop a study',
    description: 'No trial begins any more, and those that run are ended and forgotten. Nothing is trained with the best ones.',
    scope: 'training:train',
    input: byId,
    output: Study,
  }),
  resumeStudy: operation('POST /studies/:id/resume', {
    summary: 'Let a study that was stopped, or has failed, go on with the trials that it lacks',
    scope: 'training:train',
    input: Type.Object({
      id: Id,
      trials: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000, description: 'How many it is to have now, at most' })),
    }),
    output: Study,
  }),
};
