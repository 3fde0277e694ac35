import { download, operation } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { Id, next, paging, Time } from './training-data.ts';
import { TaskField, trainingFields, TrainingSpec } from './training-spec.ts';

export const JOB_STATES = ['waiting', 'running', 'succeeded', 'failed', 'cancelled'] as const;
export type TrainingState = (typeof JOB_STATES)[number];
export const PHASES = ['waiting', 'reading', 'splitting', 'preparing', 'training', 'evaluating', 'checking', 'recording', 'ended'] as const;
export type Phase = (typeof PHASES)[number];

const StateField = Type.Unsafe<TrainingState>({ type: 'string', enum: JOB_STATES });
const Metric = Type.String({ description: 'roc_auc, log_loss, rmse …' });

export const Progress = Type.Object(
  {
    phase: Type.Unsafe<Phase>({ type: 'string', enum: PHASES, description: 'What it does' }),
    share: Type.Number({ minimum: 0, maximum: 1, description: 'How far it is; training is most of it' }),
    iteration: Type.Integer({ description: 'Iterations that are done; 0: none yet' }),
    iterations: Type.Optional(Type.Integer({ description: 'Iterations at most' })),
    best: Type.Optional(
      Type.Object(
        { metric: Metric, value: Type.Number(), iteration: Type.Integer() },
        { description: 'The best value so far of the loss on the validation rows, or on the training rows where there are none' },
      ),
    ),
    secondsLeft: Type.Optional(Type.Number({ description: 'Of training, by how long it has taken so far' })),
  },
  { title: 'TrainingProgress' },
);
export type Progress = Static<typeof Progress>;

export const MetricResult = Type.Object(
  {
    name: Metric,
    value: Type.Number(),
    low: Type.Optional(Type.Number({ description: 'Lower end of its interval' })),
    high: Type.Optional(Type.Number({ description: 'Upper end of its interval' })),
    baseline: Type.Optional(Type.Number({ description: 'What the baseline has' })),
    better: Type.Unsafe<'higher' | 'lower'>({ type: 'string', enum: ['higher', 'lower'], description: 'What is better' }),
    folds: Type.Optional(
      Type.Object({ mean: Type.Number(), deviation: Type.Number() }, { description: 'Of a cross-validation, over its parts' }),
    ),
  },
  { title: 'MetricResult' },
);
export type MetricResult = Static<typeof MetricResult>;

const Threshold = Type.Object(
  {
    goal: Type.Unsafe<'f1' | 'youden' | 'cost'>({
      type: 'string',
      enum: ['f1', 'youden', 'cost'],
      description: 'Highest F1, highest recall + specificity, or lowest cost where costs are given',
    }),
    threshold: Type.Optional(Type.Number({ description: 'Absent: the second class is never answered' })),
    precision: Type.Number(),
    recall: Type.Number(),
    cost: Type.Optional(Type.Number({ description: 'The mean of a row' })),
  },
  { title: 'Threshold' },
);

export const TrainingResult = Type.Object(
  {
    runId: Type.String({ description: 'The tracked run' }),
    experiment: Type.String(),
    modelId: Type.Optional(Type.String({ description: 'The logged model' })),
    model: Type.Optional(Type.String({ description: 'The registered model' })),
    version: Type.Optional(Type.Integer({ description: 'Its new version' })),
    task: Type.Optional(TaskField),
    trainer: Type.String(),
    metric: Type.Optional(Type.String({ description: 'The metric that counts' })),
    metrics: Type.Array(MetricResult, { description: 'On the rows held back, beside those of the baseline' }),
    thresholds: Type.Optional(
      Type.Array(Threshold, {
        description: 'Of two classes: from which probability on the second would best be answered, by what is wanted',
      }),
    ),
    rows: Type.Optional(Type.Object({ training: Type.Integer(), validation: Type.Integer(), test: Type.Integer() })),
    iterations: Type.Optional(Type.Integer({ description: 'Of the model' })),
    modelBytes: Type.Optional(Type.Integer({ description: 'Size of the ONNX file' })),
    modelSha256: Type.Optional(Type.String({ description: 'Of the ONNX file: the same for the same seed and data' })),
    importance: Type.Array(Type.Object({ feature: Type.String(), value: Type.Number() }), {
      description: 'What the features tell, the most telling first',
    }),
    warnings: Type.Array(Type.String(), { description: 'What was left out, and what is to be known about the data' }),
    seconds: Type.Number({ description: 'From the first reading to the end of the evaluation' }),
  },
  { title: 'TrainingResult' },
);
export type TrainingResult = Static<typeof TrainingResult>;

export const TrainingJob = Type.Object(
  {
    id: Id,
    key: Type.Optional(Type.String({ description: 'As it was given' })),
    study: Type.Optional(Type.String({ description: 'The study whose best it trains' })),
    state: StateField,
    spec: TrainingSpec,
    progress: Progress,
    runId: Type.String({ description: 'The tracked run; there once the job has begun' }),
    attempts: Type.Integer({ description: 'How often it was begun: more than once when its process was killed' }),
    result: Type.Optional(TrainingResult),
    error: Type.Optional(Type.String({ description: 'Why it has failed, or fails at the moment' })),
    createdAt: Time,
    startedAt: Type.Optional(Time),
    endedAt: Type.Optional(Time),
  },
  { title: 'TrainingJob' },
);
export type TrainingJob = Static<typeof TrainingJob>;

const byId = Type.Object({ id: Id });
export const Key = Type.Optional(
  Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'Chosen by who asks, also as the header Idempotency-Key: asking again with it answers what the first time has made',
  }),
);

export const jobOperations = {
  createJob: operation('POST /jobs', {
    summary: 'Train a model',
    description: 'Answers at once; GET /jobs/:id says how far it is.',
    scope: 'training:train',
    headers: { key: 'idempotency-key' },
    input: Type.Object({ ...trainingFields, key: Key }),
    output: TrainingJob,
  }),
  listJobs: operation('GET /jobs', {
    summary: 'List the training jobs, newest first',
    scope: 'training:read',
    input: Type.Object({
      state: Type.Optional(StateField),
      dataset: Type.Optional(Type.String({ maxLength: 64, description: 'Only those that learn from it' })),
      model: Type.Optional(Type.String({ maxLength: 256, description: 'Only those for this registered model' })),
      trainer: Type.Optional(Type.String({ maxLength: 64 })),
      tag: Type.Optional(Type.String({ maxLength: 5300, description: 'A key, or key=value: only those that have it' })),
      ...paging,
    }),
    output: Type.Object({ items: Type.Array(TrainingJob), next }, { title: 'TrainingJobs' }),
  }),
  getJob: operation('GET /jobs/:id', {
    summary: 'Get a training job',
    description: 'Its state, how far it is, and in the end what came of it.',
    scope: 'training:read',
    input: byId,
    output: TrainingJob,
  }),
  cancelJob: operation('POST /jobs/:id/cancel', {
    summary: 'Cancel a training job',
    description: 'One that waits never begins; one that runs ends with its next iteration. Its run ends as KILLED.',
    scope: 'training:train',
    input: byId,
    output: TrainingJob,
  }),
  retryJob: operation('POST /jobs/:id/retry', {
    summary: 'Let a job that failed or was cancelled begin anew, with a run of its own',
    scope: 'training:train',
    input: byId,
    output: TrainingJob,
  }),
  deleteJob: operation('DELETE /jobs/:id', {
    summary: 'Forget a job that has ended',
    description: 'Its run, its model and its versions stay where they are.',
    scope: 'training:train',
    input: byId,
    output: Type.Object({}),
  }),
  jobLogs: download('GET /jobs/:id/logs', {
    summary: 'Hear what a job says, and how far it is',
    description:
      'Server-sent events. `log`: a line, with time and level. `progress`: how far it is. `end`: the job as it has ended; nothing more comes. Whoever comes again with the id of the last line gets those behind it.',
    scope: 'training:read',
    timeoutMs: 3_600_000,
    contentTypes: ['text/event-stream'],
    headers: { after: 'last-event-id' },
    input: Type.Object({
      id: Id,
      after: Type.Optional(Type.String({ pattern: '^\\d{1,15}$', description: 'The id of the last line that was heard' })),
      follow: Type.Boolean({ default: true, description: 'false: only what is there' }),
    }),
  }),
  jobReport: download('GET /jobs/:id/report', {
    summary: 'The report of a job that has succeeded, as one page of HTML',
    scope: 'training:read',
    contentTypes: ['text/html'],
    input: byId,
  }),
};

export const TrainerView = Type.Object(
  {
    name: Type.String(),
    title: Type.String(),
    tasks: Type.Array(TaskField),
    parallel: Type.Boolean({ description: 'Whether more threads make it faster' }),
    params: Type.Unknown({ description: 'JSON Schema of its hyperparameters, with defaults, bounds and descriptions' }),
    space: Type.Unknown({ description: 'Where a study looks unless told otherwise' }),
  },
  { title: 'Trainer' },
);
export type TrainerView = Static<typeof TrainerView>;

export const trainerOperations = {
  listTrainers: operation('GET /trainers', {
    summary: 'List the trainers, with their hyperparameters',
    scope: 'training:read',
    input: Type.Object({ task: Type.Optional({ ...TaskField, description: 'Only those for it' }) }),
    output: Type.Object({ items: Type.Array(TrainerView) }, { title: 'Trainers' }),
  }),
};
