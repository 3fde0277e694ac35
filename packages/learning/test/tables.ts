import type { Column } from '@mlab/onnx';
import { columnsByName, sharedDoubles, sharedIntegers, type Table, type TableColumn, type TextField } from '#/table.ts';
import type { PreparingInput } from '#/preparing/preparing.ts';

/* Tables for tests: from plain lists, and by chance. */

export const number = (name: string, values: readonly (number | undefined)[]): TableColumn => ({
  kind: 'number',
  name,
  values: doubles(values),
});
export const boolean = (name: string, values: readonly (boolean | undefined)[]): TableColumn => ({
  kind: 'boolean',
  name,
  values: doubles(values.map((value) => (value === undefined ? undefined : Number(value)))),
});
export const time = (name: string, values: readonly (string | number | undefined)[]): TableColumn => ({
  kind: 'time',
  name,
  values: doubles(values.map((value) => (value === undefined ? undefined : typeof value === 'string' ? Date.parse(value) : value))),
});

export function text(name: string, values: readonly (string | undefined)[]): TextField {
  const places = new Map<string, number>();
  const codes = sharedIntegers(values.length);
  values.forEach((value, row) => {
    if (value !== undefined && !places.has(value)) places.set(value, places.size);
    codes[row] = value === undefined ? -1 : (places.get(value) as number);
  });
  return { kind: 'text', name, codes, words: [...places.keys()] };
}

export const tableOf = (...columns: TableColumn[]): Table => {
  const [first] = columns;
  return { rows: first === undefined ? 0 : first.kind === 'text' ? first.codes.length : first.values.length, columns };
};

function doubles(values: readonly (number | undefined)[]): Float64Array {
  const result = sharedDoubles(values.length);
  values.forEach((value, row) => (result[row] = value ?? Number.NaN));
  return result;
}

/** Columns of a table as a model asks for them. */
export function columnsFor(inputs: readonly PreparingInput[], table: Table): Record<string, Column> {
  const byName = columnsByName(table);
  const entries = inputs.map(({ name, type }): [string, Column] => {
    const column = byName.get(name) as TableColumn;
    if (column.kind === 'text') return [name, Array.from(column.codes, (code) => column.words[code] ?? '')];
    return [name, type === 'float' ? Float32Array.from(column.values) : Float64Array.from(column.values)];
  });
  return Object.fromEntries(entries);
}

const HOSTILE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e300, -1e300, 3e38, 2 ** 53 + 2, 1e-45, 1e9];
const WORDS = ['a', 'b', 'c', 'é', '', '__rare__', '__missing__', '__proto__', ' a', 'A', 'a long word of many letters', '7'];
const DAY = 86_400_000;

/** A table of all kinds, with hostile values in it. `more`: also values and words that no training row has. */
export function randomTable(random: () => number, rows: number, more = false): Table {
  const list = <T>(make: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => make(row));
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  const share = more ? 0.3 : 0.05;
  const numbers = (make: () => number): (number | undefined)[] =>
    list(() => (random() < share ? pick(HOSTILE) : random() < 0.1 ? undefined : make()));
  const words = (known: readonly string[]): (string | undefined)[] =>
    list(() => (random() < 0.1 ? undefined : random() < share ? pick(WORDS) : (known[Math.floor(random() ** 2 * known.length)] as string)));
  return tableOf(
    number(
      'plain',
      numbers(() => random() * 20 - 10),
    ),
    number(
      'skewed',
      numbers(() => Math.exp(random() * 8)),
    ),
    number(
      'count',
      numbers(() => Math.floor(random() * 1000)),
    ),
    number(
      'far',
      numbers(() => 1.7e9 + random() * 1e6),
    ),
    boolean(
      'flag',
      list(() => (random() < 0.1 ? undefined : random() < 0.4)),
    ),
    text('word', words(WORDS.slice(0, 4))),
    text('level', words(['low', 'middle', 'high'])),
    text('many', words(Array.from({ length: 60 }, (_, index) => `w${index}`))),
    time(
      'when',
      list(() =>
        random() < 0.1
          ? undefined
          : more && random() < 0.2
            ? pick([8.64e15, -8.64e15, -1, 0, 951_782_400_000])
            : Math.floor(random() * 4e12) - 1e12,
      ),
    ),
    time(
      'day',
      list(() => Math.floor(random() * 20_000) * DAY),
    ),
  );
}
