import { Type, type Static } from '@mlab/schema';
import { ColumnKindField, ColumnName, Tags } from './training-data.ts';
import { PreprocessingSpec } from './training-preprocessing.ts';

export const TASK_KINDS = ['binary', 'multiclass', 'regression', 'clustering', 'anomaly'] as const;
export type TaskKind = (typeof TASK_KINDS)[number];
export const SPLIT_KINDS = ['random', 'stratified', 'time', 'group', 'column'] as const;
export type SplitKind = (typeof SPLIT_KINDS)[number];
/** Where a job trains: in threads of the service, or as a program of the executor that the service is configured with. */
export const TRAINING_PLACES = ['threads', 'local', 'ray', 'kubernetes'] as const;
export type TrainingPlace = (typeof TRAINING_PLACES)[number];
export const METRIC_NAME = '^[a-z][a-z0-9_]{0,63}$';

export const TaskField = Type.Unsafe<TaskKind>({ type: 'string', enum: TASK_KINDS, description: 'What the model is to answer' });

/** How rows are held back. */
export const SplitSpec = Type.Object(
  {
    kind: Type.Unsafe<SplitKind>({
      type: 'string',
      enum: SPLIT_KINDS,
      default: 'random',
      description:
        'random: by chance; stratified: with the same share of each class on both sides; time: the latest rows are held back; group: rows with the same value stay on one side; column: a column says train, validation or test',
    }),
    test: Type.Number({
      default: 0.2,
      minimum: 0.01,
      maximum: 0.9,
      description: 'Share of the rows that are kept back, and that the model is judged on',
    }),
    validation: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 0.5,
        description:
          'Share of the rows that training is stopped early by, and that the trials of a study are judged on; absent: 0.1 where it is stopped early, else 0',
      }),
    ),
    column: Type.Optional({ ...ColumnName, description: 'Of time, group and column: the one that says so' }),
    gap: Type.Optional(
      Type.Number({
        minimum: 0,
        description: 'Of time: so much before the test rows is left out, in milliseconds, or in the units of a column of numbers',
      }),
    ),
  },
  { title: 'Split', description: 'How rows are held back; absent: stratified for classes, else random' },
);
export type SplitSpec = Static<typeof SplitSpec>;

const Cost = Type.Number({ minimum: -1e12, maximum: 1e12 });

/** Of two classes, of which the second is looked for. */
const CostsSpec = Type.Object(
  {
    falsePositive: { ...Cost, description: 'Of a row of the first class that is taken for one of the second' },
    falseNegative: { ...Cost, description: 'Of a row of the second class that is taken for one of the first' },
    truePositive: Type.Optional({ ...Cost, description: 'Of a row of the second class that is found; absent: 0' }),
    trueNegative: Type.Optional({ ...Cost, description: 'Of a row of the first class that is left alone; absent: 0' }),
  },
  {
    title: 'Costs',
    description:
      'Of two classes: what a row costs by what it is and what is said of it; less than 0 is a gain. The threshold that costs least is told',
  },
);

export const EvaluationSpec = Type.Object(
  {
    kind: Type.Unsafe<'hold_out' | 'cross_validation'>({
      type: 'string',
      enum: ['hold_out', 'cross_validation'],
      default: 'hold_out',
      description: 'cross_validation also trains on parts of the training rows in turn, and tells mean and deviation of each metric',
    }),
    folds: Type.Integer({ default: 5, minimum: 2, maximum: 20, description: 'Of a cross-validation' }),
    metric: Type.Optional(
      Type.String({ pattern: METRIC_NAME, description: 'The one that counts: roc_auc, log_loss, rmse …; absent: as suits the task' }),
    ),
    slices: Type.Array(ColumnName, { default: [], maxItems: 20, description: 'Columns by whose values the metrics are told too' }),
    bootstrap: Type.Integer({
      default: 200,
      minimum: 0,
      maximum: 5000,
      description: 'Resamples that the intervals come from; 0: no intervals',
    }),
    confidence: Type.Number({ default: 0.95, minimum: 0.5, maximum: 0.999, description: 'Of the intervals' }),
    permutations: Type.Integer({
      default: 3,
      minimum: 0,
      maximum: 50,
      description: 'How often each feature is shuffled to see how much it tells; 0: not at all',
    }),
    threshold: Type.Number({
      default: 0.5,
      minimum: 0,
      maximum: 1,
      description: 'Of two classes: the probability from which the second is answered',
    }),
    costs: Type.Optional(CostsSpec),
  },
  { title: 'EvaluationSettings', default: {} },
);
export type EvaluationSpec = Static<typeof EvaluationSpec>;

export const CommandTrainer = Type.Object(
  {
    command: Type.Array(Type.String({ minLength: 1, maxLength: 10_000 }), {
      minItems: 1,
      maxItems: 200,
      description:
        'Any program and its arguments. It finds what it needs in its environment: MLFLOW_TRACKING_URI, MLFLOW_RUN_ID, MLAB_DATASET, MLAB_OUTPUT …',
    }),
    env: Type.Record(Type.String(), Type.String({ maxLength: 10_000 }), {
      default: {},
      propertyNames: { pattern: '^[A-Za-z_][A-Za-z0-9_]*$' },
      description: 'Further variables of its environment',
    }),
    timeoutSeconds: Type.Integer({ default: 3600, minimum: 1, maximum: 604_800, description: 'It is ended when it takes longer' }),
    memoryMb: Type.Integer({
      default: 4096,
      minimum: 16,
      maximum: 1_048_576,
      description: 'Most memory it may have, where the system can hold it to that',
    }),
  },
  { title: 'CommandTrainer' },
);
export type CommandTrainer = Static<typeof CommandTrainer>;

/** How one column is read. */
const ColumnType = Type.Object(
  {
    column: ColumnName,
    kind: Type.Optional({
      ...ColumnKindField,
      description: 'What it is read as; a value that is none is refused. Absent: what it looks like',
    }),
    missing: Type.Optional(
      Type.Array(Type.String({ maxLength: 1000 }), {
        maxItems: 100,
        description: 'Texts that stand for no value, instead of the usual ones',
      }),
    ),
    decimalComma: Type.Optional(Type.Boolean({ description: 'Whether its numbers are written 1.234,5' })),
  },
  { title: 'ColumnType' },
);

/** What a job and a study have in common. */
export const trainingFields = {
  dataset: Type.String({ minLength: 1, maxLength: 64, description: 'The id of a dataset' }),
  target: Type.Optional(
    Type.String({ minLength: 1, maxLength: 1000, description: 'The column to be learnt; none for clustering and anomaly' }),
  ),
  task: Type.Optional({ ...TaskField, description: 'What the model is to answer; absent: as the values of the target suggest' }),
  features: Type.Optional(
    Type.Array(ColumnName, {
      minItems: 1,
      maxItems: 20_000,
      description: 'Columns to learn from; absent: all that have no other part here',
    }),
  ),
  exclude: Type.Array(ColumnName, { default: [], maxItems: 20_000, description: 'Columns that are not looked at' }),
  types: Type.Array(ColumnType, {
    default: [],
    maxItems: 20_000,
    description: 'What columns are read as, instead of what they look like',
  }),
  split: Type.Optional(SplitSpec),
  preprocessing: PreprocessingSpec,
  trainer: Type.Union(
    [Type.String({ minLength: 1, maxLength: 64, pattern: '^[a-z][a-z0-9-]*$', description: 'One of GET /trainers' }), CommandTrainer],
    { default: 'boosting' },
  ),
  params: Type.Record(Type.String({ maxLength: 100 }), Type.Unknown(), {
    default: {},
    description: 'Hyperparameters, as GET /trainers describes them; those that are absent have their defaults',
  }),
  evaluation: EvaluationSpec,
  model: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      pattern: '^[^/:\\u0000-\\u001f]+$',
      description: 'The registered model that gets a new version; absent: nothing is registered',
    }),
  ),
  experiment: Type.String({
    default: 'Default',
    minLength: 1,
    maxLength: 500,
    description: 'Where the run is tracked; made when it is not there',
  }),
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 250, description: 'Of the run; absent: the trainer and the dataset' })),
  seed: Type.Integer({
    default: 0,
    minimum: 0,
    maximum: 2_147_483_647,
    description: 'All chance comes from it: the same seed and data make the same model',
  }),
  weights: Type.Optional({ ...ColumnName, description: 'A column with the weight of each row, ≥ 0' }),
  classWeights: Type.Optional(
    Type.Union([
      Type.Literal('balanced', { description: 'Each class as much as the others together' }),
      Type.Array(Type.Object({ class: Type.String({ maxLength: 1000 }), weight: Type.Number({ minimum: 0, maximum: 1e9 }) }), {
        minItems: 1,
        maxItems: 1000,
        description: 'Of classes; 1 for those that are not named',
      }),
    ]),
  ),
  earlyStopping: Type.Optional(
    Type.Object(
      { rounds: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Iterations without a better loss on the validation rows' }) },
      { description: 'Ends training when it does not help any more' },
    ),
  ),
  tags: Type.Unsafe<Readonly<Record<string, string>>>({ ...Tags, default: {}, description: 'Of the job, its run and its version' }),
  executor: Type.Optional(
    Type.Unsafe<TrainingPlace>({
      type: 'string',
      enum: TRAINING_PLACES,
      description:
        'Where it trains: threads of the service, or the executor of MLAB_TRAINING_EXECUTOR; each trial of a study by itself. Absent: as MLAB_TRAINING_TRAINERS_RUN says',
    }),
  ),
};

export const TrainingSpec = Type.Object(trainingFields, { title: 'TrainingSpec' });
export type TrainingSpec = Static<typeof TrainingSpec>;
