import { CliError } from '../cli-error.ts';
import { HttpError } from '../import/http/ask.ts';
import { fitRow, type AskedRow } from './fit-rows.ts';
import type { ModelDoor } from './model-door.ts';
import { explanationOf, type Explained, type Explanation, type Model, type Prediction } from './model.ts';
import type { RowSource } from './rows/source-row.ts';

/** A row with what the model says of it. */
export interface AnsweredRow {
  readonly row: AskedRow;
  readonly prediction: Prediction;
  readonly explanation?: Explanation;
}

export interface AnsweredBatch {
  readonly rows: readonly AnsweredRow[];
}

/** So many rows are asked at once, of at most so many characters, with their names; and so many questions are under way. */
const ROWS = 1000;
const CHARACTERS = 4_000_000;
const UNDER_WAY = 3;

/** Asks for all rows of a source, some at a time, and answers in their order; memory is bounded, however many there are. */
export async function* askRows(
  door: ModelDoor,
  model: Model,
  source: RowSource,
  explains: boolean,
): AsyncGenerator<AnsweredBatch, void, void> {
  const underWay: Promise<AnsweredBatch>[] = [];
  for await (const rows of portions(source, model)) {
    const answer = askPortion(door, model, rows, explains);
    // It is looked at when its turn comes.
    answer.catch(() => undefined);
    underWay.push(answer);
    if (underWay.length >= UNDER_WAY) yield await (underWay.shift() as Promise<AnsweredBatch>);
  }
  for (const answer of underWay) yield await answer;
}

async function* portions(source: RowSource, model: Model): AsyncGenerator<readonly AskedRow[], void, void> {
  let portion: AskedRow[] = [];
  let characters = 0;
  for await (const batch of source.batches) {
    for (const each of batch) {
      const row = fitRow(each, source.kind, model);
      portion.push(row);
      for (const [name, value] of Object.entries(row.inputs)) characters += name.length + sizeOf(value);
      if (portion.length < ROWS && characters < CHARACTERS) continue;
      yield portion;
      portion = [];
      characters = 0;
    }
  }
  if (portion.length > 0) yield portion;
}

const sizeOf = (value: unknown): number =>
  typeof value === 'string' ? value.length : typeof value === 'object' && value !== null ? JSON.stringify(value).length : 24;

async function askPortion(door: ModelDoor, model: Model, rows: readonly AskedRow[], explains: boolean): Promise<AnsweredBatch> {
  const inputs = rows.map((row) => row.inputs);
  const which = { version: model.version };
  try {
    const [answer, explained] = await Promise.all([
      door.predict(model.model, which, inputs),
      explains ? door.explain(model.model, which, inputs) : Promise.resolve<Explained | undefined>(undefined),
    ]);
    if (answer.predictions.length !== rows.length)
      throw new CliError(`${model.model} was asked for ${rows.length} rows and answered for ${answer.predictions.length}.`);
    return {
      rows: rows.map((row, index) => {
        const explanation = explained && explanationOf(explained, index);
        const prediction = answer.predictions[index] as Prediction;
        return explanation === undefined ? { row, prediction } : { row, prediction, explanation };
      }),
    };
  } catch (error) {
    throw error instanceof HttpError ? refusalOf(error, rows) : error;
  }
}

interface Detail {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
}

/** What the server refuses, at the row and the column that it names. */
function refusalOf(error: HttpError, rows: readonly AskedRow[]): CliError {
  const details = error.fields['detail'];
  const [first] = Array.isArray(details) ? (details as Partial<Detail>[]) : [];
  if (first === undefined || !Array.isArray(first.loc)) return new CliError(endSentence(error.message), { cause: error });
  const at = first.loc.indexOf('rows');
  const row = rows[Number(first.loc[at + 1])];
  const field = first.loc[at + 2];
  const place = row === undefined ? first.loc.join('.') : `${row.source.place}${field === undefined ? '' : `, column "${field}"`}`;
  return new CliError(endSentence(`${place}: ${first.msg ?? 'refused'}`), { cause: error });
}

const endSentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
