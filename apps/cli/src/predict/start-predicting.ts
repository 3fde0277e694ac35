import { CliError, usageError } from '../cli-error.ts';
import { formatDuration } from '../format.ts';
import { HttpError } from '../import/http/ask.ts';
import { visibleText } from '../visible-text.ts';
import { askRows } from './ask-rows.ts';
import { notesOf } from './fit-rows.ts';
import type { ModelDoor } from './model-door.ts';
import type { Model } from './model.ts';
import { csvWriter } from './output/csv-writer.ts';
import { jsonWriter } from './output/json-writer.ts';
import { openOutputFile, standardOutput, type Output } from './output/output-file.ts';
import type { PredictionWriter } from './output/prediction-writer.ts';
import { tableWriter } from './output/table-writer.ts';
import type { PredictOrder } from './predict-order.ts';
import { openRows } from './rows/open-rows.ts';
import type { RowSource } from './rows/source-row.ts';

export interface PredictWish {
  readonly order: PredictOrder;
  readonly door: ModelDoor;
  readonly signal: AbortSignal;
  readonly input: AsyncIterable<Uint8Array>;
  readonly output: NodeJS.WritableStream;
  /** Where it is said how far it is, and what is to be known. */
  readonly messages: { write(text: string): unknown; readonly isTTY?: boolean };
}

const SAY_EVERY_MS = 100;

/** From the rows to what the model says of them: one version for all, whatever is deployed meanwhile. */
export async function startPredicting({ order, door, signal, input, output: stdout, messages }: PredictWish): Promise<void> {
  const model = await describe(door, order);
  const source = typeof order.rows === 'string' ? await openRows(order.rows, input, order.format) : setRow(order.rows, model);
  const notes = notesOf(source, model);
  if (order.form === 'table' || order.output !== undefined) for (const note of notes) messages.write(`note: ${visibleText(note)}\n`);
  await using output: Output = order.output === undefined ? standardOutput(stdout, signal) : await openOutputFile(order.output);
  const writer = writerOf(order, model);
  const began = performance.now();
  let said = began;
  let rows = 0;
  const progress = (): void => {
    if (messages.isTTY !== true || performance.now() - said < SAY_EVERY_MS) return;
    said = performance.now();
    messages.write(`\r\u001B[K${rows} rows …`);
  };
  try {
    for await (const batch of askRows(door, model, source, order.explains)) {
      signal.throwIfAborted();
      rows += batch.rows.length;
      await output.write(writer.batch(batch));
      if (order.output !== undefined) progress();
    }
  } finally {
    if (said !== began) messages.write('\r\u001B[K');
  }
  if (rows === 0) throw new CliError(`${typeof order.rows === 'string' ? order.rows : 'It'} has no rows.`);
  await output.write(writer.end());
  await output.finish();
  const name = `${visibleText(model.model)} version ${model.version}`;
  const count = rows === 1 ? '1 row' : `${rows} rows`;
  if (order.output !== undefined) messages.write(`${order.output}: ${count}, ${name}, ${formatDuration(performance.now() - began)}\n`);
  else if (order.form === 'table') stdout.write(`${count}, ${name}\n`);
}

async function describe(door: ModelDoor, { model, which, explains }: PredictOrder): Promise<Model> {
  const found = await door.describe(model, which).catch((error: unknown) => {
    throw error instanceof HttpError ? new CliError(endSentence(error.message), { cause: error }) : error;
  });
  if (explains && !found.explains)
    throw new CliError(`${found.model} version ${found.version} cannot be explained: trees and linear models can.`);
  return found;
}

/** The one row of the command line. */
function setRow(values: readonly (readonly [string, string])[], { model, inputs }: Model): RowSource {
  const stray = values.find(([name]) => !inputs.some((input) => input.name === name));
  if (stray !== undefined)
    throw usageError(`${model} does not ask for "${stray[0]}". It asks for ${inputs.map(({ name }) => `"${name}"`).join(', ')}.`);
  async function* batches(): AsyncGenerator<[{ place: string; values: Record<string, string> }], void, void> {
    yield [{ place: '--set', values: Object.fromEntries(values) }];
  }
  return { kind: 'cells', columns: values.map(([name]) => name), batches: batches() };
}

function writerOf({ form, explains }: PredictOrder, model: Model): PredictionWriter {
  if (form === 'table') return tableWriter({ explains });
  return form === 'csv' ? csvWriter(model, { explains }) : jsonWriter(model, form);
}

const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
