import { CliError } from '../cli-error.ts';
import { cellValue, type CellValue } from './cell-value.ts';
import type { Model, ModelInput } from './model.ts';
import { badRow, type RowSource, type SourceRow } from './rows/source-row.ts';

/** A row as the model is asked it, and as it came. */
export interface AskedRow {
  readonly source: SourceRow;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** What is to be said about the columns of a table before any row of it: of inputs that it lacks, and of columns that nobody asks for. */
export function notesOf({ columns }: RowSource, { model, inputs }: Model): readonly string[] {
  if (columns === undefined) return [];
  const names = inputs.map(({ name }) => name);
  const lacking = inputs.filter(({ name }) => !columns.includes(name));
  if (lacking.length === inputs.length)
    throw new CliError(`None of the columns is one that ${model} asks for. It asks for ${listed(names)}; there is ${listed(columns)}.`);
  const needed = lacking.filter(({ mayBeUnknown }) => !mayBeUnknown).map(({ name }) => name);
  if (needed.length > 0)
    throw new CliError(
      `${model} also needs ${needed.length === 1 ? 'the column' : 'the columns'} ${listed(needed)}; there is ${listed(columns)}.`,
    );
  const unasked = columns.filter((column) => !names.includes(column));
  return [
    ...(lacking.length === 0 ? [] : [`There is no ${listed(lacking.map(({ name }) => name))}: unknown in every row.`]),
    ...(unasked.length === 0 ? [] : [`${model} does not ask for ${listed(unasked)}.`]),
  ];
}

/** What the model is asked for one row. Throws where a value cannot be what the model says, with the place and the column. */
export function fitRow(source: SourceRow, kind: RowSource['kind'], { model, inputs }: Model): AskedRow {
  const { place, values } = source;
  const given = inputs.filter(({ name }) => Object.hasOwn(values, name));
  if (given.length === 0)
    throw badRow(place, `there is nothing that ${model} asks for. It asks for ${listed(inputs.map(({ name }) => name))}.`);
  if (kind === 'values') return { source, inputs: Object.fromEntries(given.map(({ name }) => [name, values[name]])) };
  return {
    source,
    inputs: Object.fromEntries(
      given.map((input) => {
        const value = values[input.name];
        const read = kind === 'typed' ? typedValue(value, input) : cellValue(String(value), input);
        if ('problem' in read) throw badRow(`${place}, column "${input.name}"`, `${read.problem}.`);
        return [input.name, read.value];
      }),
    ),
  };
}

function typedValue(value: unknown, input: ModelInput): CellValue {
  if (typeof value === 'string' && input.kind !== 'text') return cellValue(value, input);
  // JSON has no such number, and would say nothing instead.
  if (typeof value === 'number' && !Number.isFinite(value)) return { problem: `${value} came, which no model is asked` };
  return { value };
}

const SHOWN = 12;

function listed(names: readonly string[]): string {
  const quoted = names.slice(0, SHOWN).map((name) => `"${name}"`);
  if (names.length > SHOWN) return `${quoted.join(', ')} and ${names.length - SHOWN} more`;
  return quoted.length < 2 ? quoted.join('') : `${quoted.slice(0, -1).join(', ')} and ${quoted.at(-1)}`;
}
