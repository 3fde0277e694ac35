import { operation, route } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';

const name = Type.String({ minLength: 1, maxLength: 256, description: 'Of the model' });

/** Which version is meant. Neither: the alias that MLAB_PREDICTOR_DEFAULT_ALIAS names where it is there, else the newest version. */
const which = {
  version: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647, description: 'Of the model; not together with `alias`' })),
  alias: Type.Optional(Type.String({ minLength: 1, maxLength: 255, description: 'That names the version; not together with `version`' })),
};

const Row = Type.Record(Type.String(), Type.Unknown(), {
  description:
    'A value for each input of the model, by its name. A missing value, or null, is unknown, where the model takes unknown values',
});

/** Largest body of rows. */
const MAX_ROWS_BYTES = 16_777_216;

const rows = Type.Array(Row, { minItems: 1, maxItems: 10_000, description: 'What to predict for' });

const answered = {
  model: Type.String({ description: 'Which model answered' }),
  version: Type.Integer({ description: 'Which version of it: the same for all rows' }),
};

export const RowPrediction = Type.Object(
  {
    prediction: Type.Unknown({ description: 'The class, or the value' }),
    probabilities: Type.Optional(
      Type.Unsafe<Readonly<Record<string, number | null>>>({
        type: 'object',
        additionalProperties: { type: ['number', 'null'] },
        description: 'Of each class, where the model gives them; null: no finite number',
      }),
    ),
    outputs: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'All that the model gave, where it is none of our trainers' }),
    ),
  },
  { title: 'RowPrediction' },
);
export type RowPrediction = Static<typeof RowPrediction>;

export const RowPredictions = Type.Object(
  { ...answered, predictions: Type.Array(RowPrediction, { description: 'One for each row, in their order' }) },
  { title: 'RowPredictions' },
);
export type RowPredictions = Static<typeof RowPredictions>;

export const RowExplanation = Type.Object(
  {
    prediction: Type.Unknown({ description: 'The class, or the value' }),
    class: Type.Optional(Type.Unknown({ description: 'The class whose score is explained, where each row has its own' })),
    /** Of a class: of its raw score, before it becomes a probability. */
    base: Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'What the model would say knowing nothing of the row' }),
    score: Type.Unsafe<number | null>({ type: ['number', 'null'], description: 'What it says: the base and all contributions together' }),
    contributions: Type.Unsafe<Readonly<Record<string, number | null>>>({
      type: 'object',
      additionalProperties: { type: ['number', 'null'] },
      description: 'By the name of the input: what it moved the score by',
    }),
  },
  { title: 'RowExplanation' },
);

export const RowExplanations = Type.Object(
  {
    ...answered,
    method: Type.Unsafe<'tree-shap' | 'linear'>({
      type: 'string',
      enum: ['tree-shap', 'linear'],
      description: 'SHAP values of trees, or weight times distance from the mean of a linear model',
    }),
    class: Type.Optional(
      Type.Unknown({ description: 'The class whose score is explained; absent: the model has none, or each row has its own' }),
    ),
    explanations: Type.Array(RowExplanation, { description: 'One for each row, in their order' }),
  },
  { title: 'RowExplanations' },
);
export type RowExplanations = Static<typeof RowExplanations>;

export const MODEL_STATES = ['loading', 'ready', 'failed', 'quarantined'] as const;

export const ServedVersion = Type.Object(
  {
    model: Type.String(),
    version: Type.Integer(),
    aliases: Type.Array(Type.String(), { description: 'That named it when they were last looked up' }),
    state: Type.Unsafe<(typeof MODEL_STATES)[number]>({
      type: 'string',
      enum: MODEL_STATES,
      description: '`quarantined`: its worker has died of it too often; it is tried again later',
    }),
    detail: Type.Optional(Type.String({ description: 'Why it has failed, or is quarantined' })),
    backend: Type.Optional(Type.Unsafe<'compiled' | 'onnxruntime'>({ type: 'string', enum: ['compiled', 'onnxruntime'] })),
    reason: Type.Optional(Type.String({ description: 'Why it is not compiled' })),
    sha256: Type.Optional(Type.String({ description: 'Of its file, as it was verified' })),
    bytes: Type.Optional(Type.Integer({ description: 'Of its file' })),
    memoryBytes: Type.Optional(Type.Integer({ description: 'What it is reckoned to take' })),
    rows: Type.Integer({ description: 'How many were predicted here' }),
    lastUsedAt: Type.Optional(Type.String({ format: 'date-time' })),
  },
  { title: 'ServedVersion' },
);
export type ServedVersion = Static<typeof ServedVersion>;

export const ModelInput = Type.Object(
  {
    name: Type.String(),
    kind: Type.Unsafe<'number' | 'integer' | 'boolean' | 'text' | 'time' | 'tensor'>({
      type: 'string',
      enum: ['number', 'integer', 'boolean', 'text', 'time', 'tensor'],
      description: '`time`: an RFC 3339 text, or milliseconds since 1970. `tensor`: nested lists of the shape',
    }),
    datatype: Type.String({ description: 'Of the Open Inference Protocol: FP32, INT64, BYTES …' }),
    shape: Type.Array(Type.Integer(), { description: 'Of one row; -1: any' }),
    mayBeUnknown: Type.Boolean({ description: 'Whether null is taken' }),
  },
  { title: 'ModelInput' },
);
export type ModelInput = Static<typeof ModelInput>;

export const ModelDescription = Type.Object(
  {
    ...answered,
    sha256: Type.String(),
    backend: Type.String({ description: 'compiled, or onnxruntime' }),
    task: Type.Optional(Type.String({ description: 'binary, multiclass, regression …, where the file says so' })),
    inputs: Type.Array(ModelInput),
    outputs: Type.Array(
      Type.Object({ name: Type.String(), datatype: Type.String(), shape: Type.Array(Type.Integer()) }, { title: 'ModelOutput' }),
    ),
    classes: Type.Optional(Type.Array(Type.Unknown())),
    explains: Type.Boolean({ description: 'Whether its predictions can be explained' }),
    example: Type.Optional(Type.Array(Type.Unknown(), { description: 'Rows that it was tested with, where its files have some' })),
  },
  { title: 'ModelDescription' },
);
export type ModelDescription = Static<typeof ModelDescription>;

/** What is asked of both Service A and Service B. */
export const predictRowsInput = Type.Object({ name, ...which, rows }, { title: 'RowsToPredict' });
export const explainRowsInput = Type.Object(
  {
    name,
    ...which,
    rows: Type.Array(Row, { minItems: 1, maxItems: 1000, description: 'What to explain the predictions of' }),
    class: Type.Optional(
      Type.Unknown({ description: 'The class whose score is explained; absent: the second of two, the predicted of more' }),
    ),
  },
  { title: 'RowsToExplain' },
);

export const modelOperations = {
  predictRows: operation('POST /models/:name/predict', {
    summary: 'Predict for rows',
    description:
      'Each row is an object with a value for each input of the model. What does not fit is refused with its place, what was expected and what came: 422.',
    scope: 'predictor:predict',
    safe: true,
    maxBodyBytes: MAX_ROWS_BYTES,
    input: predictRowsInput,
    output: RowPredictions,
  }),
  explainRows: operation('POST /models/:name/explain', {
    summary: 'Explain predictions',
    description:
      'What each input of a row moved the prediction by. Models of trees and linear models can be explained; others are refused: 409.',
    scope: 'predictor:predict',
    safe: true,
    input: explainRowsInput,
    output: RowExplanations,
  }),
  listServed: operation('GET /models', {
    summary: 'List the versions of models that this instance has in memory, or could not load',
    scope: 'predictor:read',
    input: Type.Object({}),
    output: Type.Object({ items: Type.Array(ServedVersion) }, { title: 'ServedVersions' }),
  }),
  describeModel: operation('GET /models/:name', {
    summary: 'What a model asks for and gives',
    description: 'Loads it when it is not there yet.',
    scope: 'predictor:read',
    input: Type.Object({ name, ...which }),
    output: ModelDescription,
  }),
  loadModel: operation('POST /models/:name/load', {
    summary: 'Load a version, so that the first question need not wait',
    description: 'Also tries one again that had failed or was quarantined.',
    scope: 'predictor:load',
    safe: true,
    timeoutMs: 120_000,
    input: Type.Object({ name, ...which }),
    output: ServedVersion,
  }),
  unloadModel: operation('POST /models/:name/unload', {
    summary: 'Take a version out of memory, or all versions of a model',
    description: 'Questions under way are answered first. The next question loads it again.',
    scope: 'predictor:load',
    safe: true,
    input: Type.Object({ name, ...which }),
    output: Type.Object({ unloaded: Type.Integer({ description: 'How many versions' }) }, { title: 'Unloaded' }),
  }),
};

/** The question of many rows as bytes, for whoever hands on what he does not read: it is the operation `predictRows`, with whatever it answers. */
export const rowsAsBytes = {
  title: 'Rows as bytes',
  root: '/models',
  routes: {
    predictRows: route('POST /:name/predict', {
      summary: 'Predict for rows',
      scope: 'predictor:predict',
      safe: true,
      maxBodyBytes: MAX_ROWS_BYTES,
    }),
  },
} as const;
