import { defineContract, download, event, operation } from '@mlab/kernel';
import { Type, type Static } from '@mlab/schema';
import { openInference } from './open-inference.ts';
import { explainRowsInput, predictRowsInput, RowExplanations, RowPredictions } from './predictor-models.ts';
import { PredictionResponse } from './predictor.ts';

export const InputData = Type.Object(
  {
    data: Type.String({ title: 'Data', description: 'The input to log' }),
    forward_to_model: Type.Boolean({
      default: true,
      title: 'Forward To Model',
      description: 'Whether Service B is asked for a prediction',
    }),
  },
  { title: 'InputData' },
);

/** `pending`: the prediction has not come yet, or the gateway was ended before it came. */
const OUTCOMES = ['pending', 'logged', 'predicted', 'fallback', 'failed', 'cancelled'] as const;

export const LoggedInput = Type.Object(
  {
    id: Type.String({ description: 'A UUID of version 7: later inputs have greater ids' }),
    received_at: Type.String({ description: 'RFC 3339, in milliseconds' }),
    data: Type.Optional(
      Type.String({
        description:
          'The input; absent where the log is redacted. Of a question to a model: its JSON, or a summary where it is long or binary',
      }),
    ),
    length: Type.Integer({ description: 'Length of the input in Unicode code points' }),
    sha256: Type.Optional(Type.String({ description: 'Of the input as UTF-8; only where the log is redacted' })),
    outcome: Type.Unsafe<(typeof OUTCOMES)[number]>({ type: 'string', enum: OUTCOMES, description: 'What became of the input' }),
    status: Type.Optional(Type.Integer({ description: 'The HTTP status that was answered; absent while pending' })),
    class: Type.Optional(Type.String({ description: 'The class that was predicted' })),
    confidence: Type.Optional(Type.Number({ description: 'From 0 to 1' })),
    prediction: Type.Optional(
      Type.Unknown({ description: 'The whole answer of Service B; of a model: a summary where it is long or binary' }),
    ),
    latency_ms: Type.Optional(Type.Number({ description: 'How long the prediction took, in milliseconds' })),
    model: Type.Optional(
      Type.String({ description: 'The model that answered, where Service B says so; the one that was asked where none answered' }),
    ),
    model_version: Type.Optional(Type.String({ description: 'Its version, in the same way' })),
    error: Type.Optional(Type.String({ description: 'Why there is no prediction' })),
    trace_id: Type.String({ description: 'Of the request, as in the log lines' }),
  },
  { title: 'LoggedInput' },
);
export type LoggedInput = Static<typeof LoggedInput>;

const filters = {
  from: Type.Optional(Type.String({ description: 'Only inputs that came at this time or later, RFC 3339' })),
  to: Type.Optional(Type.String({ description: 'Only inputs that came before this time, RFC 3339' })),
  text: Type.Optional(Type.String({ minLength: 1, maxLength: 1000, description: 'Part of the input, without regard to case' })),
  class: Type.Optional(Type.String({ description: 'The class that was predicted' })),
  model: Type.Optional(Type.String({ description: 'The model that answered, or was asked' })),
  version: Type.Optional(Type.String({ description: 'The version of it' })),
  status: Type.Optional(
    Type.String({
      pattern: `^([1-5][0-9][0-9]|${OUTCOMES.join('|')})$`,
      description: `The HTTP status that was answered, or what became of the input: ${OUTCOMES.join(', ')}`,
    }),
  ),
};

export const gateway = defineContract({
  name: 'gateway',
  title: 'Service A - Input Logger',
  label: 'Service A',
  description: 'Logs an input and asks Service B for a prediction.',
  port: 8000,
  wire: 'fastapi',
  /** Service B's: what is inferred passes the same breakers and the same log as all inputs. */
  protocols: { openInference },
  operations: {
    processInput: operation('POST /process', {
      summary: 'Process Input',
      description: 'Logs an input and, unless told otherwise, asks Service B for a prediction.',
      scope: 'gateway:process',
      input: InputData,
      output: Type.Object({ status: Type.String(), model_prediction: Type.Optional(PredictionResponse) }, { title: 'ProcessResponse' }),
    }),
    predictRows: operation('POST /models/:name/predict', {
      summary: 'Predict for rows',
      description: 'Asks a model of Service B for rows as objects, and logs them as inputs. What does not fit the model is refused: 422.',
      scope: 'gateway:predict',
      safe: true,
      maxBodyBytes: 16_777_216,
      input: predictRowsInput,
      output: RowPredictions,
    }),
    explainRows: operation('POST /models/:name/explain', {
      summary: 'Explain predictions',
      description: 'Asks a model of Service B what each input of a row moved its prediction by, and logs the rows as inputs.',
      scope: 'gateway:predict',
      safe: true,
      input: explainRowsInput,
      output: RowExplanations,
    }),
    listInputs: operation('GET /inputs', {
      summary: 'List Inputs',
      description: 'The inputs that were logged, newest first. Without a database there is no such log: 404.',
      scope: 'gateway:inputs:read',
      input: Type.Object({
        ...filters,
        limit: Type.Integer({
          default: 100,
          minimum: 1,
          maximum: 1000,
          description: 'Most inputs of one answer; large ones make it shorter',
        }),
        cursor: Type.Optional(Type.String({ description: 'The `next` of an earlier answer' })),
      }),
      output: Type.Object(
        {
          items: Type.Array(LoggedInput),
          next: Type.Optional(Type.String({ description: 'The cursor of the next page; absent behind the last one' })),
        },
        { title: 'LoggedInputs' },
      ),
    }),
    exportInputs: download('GET /inputs/export', {
      summary: 'Export Inputs',
      description: 'All inputs that the filters let through, newest first, as a file.',
      scope: 'gateway:inputs:read',
      contentTypes: ['application/x-ndjson', 'text/csv', 'application/vnd.apache.parquet'],
      input: Type.Object({
        ...filters,
        format: Type.Unsafe<'ndjson' | 'csv' | 'parquet'>({ type: 'string', enum: ['ndjson', 'csv', 'parquet'], default: 'ndjson' }),
        formulas: Type.Unsafe<'quoted' | 'kept'>({
          type: 'string',
          enum: ['quoted', 'kept'],
          default: 'quoted',
          description: 'CSV only: whether texts that a spreadsheet would run as a formula get a quote before them, or stay as they are',
        }),
      }),
    }),
    getInput: operation('GET /inputs/:id', {
      summary: 'Get Input',
      scope: 'gateway:inputs:read',
      input: Type.Object({ id: Type.String() }),
      output: LoggedInput,
    }),
  },
  events: {
    /** `GET /inputs?from=…&to=…` gives all of them; inputs of other instances may stand between them. */
    inputsLogged: event('gateway.inputs-logged@1', {
      summary: 'Inputs, or what became of them, were committed to the input log',
      data: Type.Object({
        count: Type.Integer({ description: 'Inputs that were written' }),
        pending: Type.Integer({ description: 'Those of them whose prediction is still awaited: told once more when it has come' }),
        firstId: Type.String(),
        lastId: Type.String(),
        from: Type.String({ description: 'When the first of them came, RFC 3339' }),
        to: Type.String({ description: 'A millisecond after the last of them came, RFC 3339' }),
        byClass: Type.Record(Type.String(), Type.Integer(), { description: 'Predictions per class' }),
      }),
    }),
  },
});
