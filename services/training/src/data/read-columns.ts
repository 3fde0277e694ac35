import { sharedDoubles, sharedIntegers, type TableColumn, type TextField } from '@mlab/learning';
import type { DuckDBVector } from '@duckdb/node-api';
import type { Duck } from '#/data/duck.ts';
import { batches, type Readable } from '#/data/look-through.ts';

/** So many columns are read side by side. */
const AT_ONCE = 1000;

/** The values of columns in arrays that threads can share. */
export async function readColumns(duck: Duck, columns: readonly Readable[], rows: number): Promise<TableColumn[]> {
  const read = new Map<string, TableColumn>();
  for (const batch of batches(
    columns.filter(({ kind }) => kind !== 'text'),
    AT_ONCE,
  ))
    for (const one of await readNumbers(duck, batch, rows)) read.set(one.name, one);
  const texts = columns.filter(({ kind }) => kind === 'text');
  const few = texts.length === 0 || rows <= FEW_ROWS ? [] : await ofFewWords(duck, texts, rows);
  for (const one of few) read.set(one.name, await readCodes(duck, one, rows));
  for (const batch of batches(
    texts.filter((one) => !few.includes(one)),
    AT_ONCE,
  ))
    for (const one of await readWords(duck, batch, rows)) read.set(one.name, one);
  return columns.map(({ name }) => read.get(name) as TableColumn);
}

/** Of numbers, DuckDB's vectors are typed arrays, which are copied whole; NaN stands in for null already in the statement. */
async function readNumbers(duck: Duck, columns: readonly Readable[], rows: number): Promise<TableColumn[]> {
  const arrays = columns.map(() => sharedDoubles(rows));
  let start = 0;
  for await (const chunk of duck.chunks(`SELECT ${columns.map(({ value }) => `coalesce(${value}, 'nan'::DOUBLE)`).join(', ')} FROM data`)) {
    for (const [index, array] of arrays.entries()) array.set(itemsOf(chunk.getColumnVector(index), chunk.rowCount, Float64Array), start);
    start += chunk.rowCount;
  }
  return columns.map(({ name, kind }, index) => ({ name, kind: kind as 'number', values: canonical(arrays[index] as Float64Array) }));
}

/** All NaN of one pattern of bits, so that equal tables have equal bytes. */
function canonical(values: Float64Array): Float64Array {
  for (let at = 0; at < values.length; at++) if (Number.isNaN(values[at])) values[at] = Number.NaN;
  return values;
}

type Items = Float64Array | Uint8Array | Uint16Array | Uint32Array;

/** A vector's own array, which the library keeps to itself; where it has none any more, its values one by one. */
function itemsOf<T extends Items>(vector: DuckDBVector, count: number, ...kinds: (new (length: number) => T)[]): T {
  const { items } = vector as unknown as { readonly items?: unknown };
  if (kinds.some((kind) => items instanceof kind)) return (items as T).subarray(0, count) as T;
  const result = new (kinds.at(-1) as new (length: number) => T)(count);
  for (let at = 0; at < count; at++) result[at] = Number(vector.getItem(at));
  return result;
}

/** In fewer rows words are as quickly read as counted. */
const FEW_ROWS = 20_000;

async function ofFewWords(duck: Duck, columns: readonly Readable[], rows: number): Promise<Readable[]> {
  const few: Readable[] = [];
  for (const batch of batches(columns)) {
    const [row = []] = await duck.rows(`SELECT ${batch.map(({ value }) => `approx_count_distinct(${value})`).join(', ')} FROM data`);
    few.push(...batch.filter((_, index) => Number(row[index]) < rows / 4));
  }
  return few;
}

/** Text of few words: DuckDB gives them numbers, so that none is read more than once. */
async function readCodes(duck: Duck, { name, column, value }: Readable, rows: number): Promise<TextField> {
  const type = `words_of_${column}`;
  await duck.run(`CREATE OR REPLACE TEMP TABLE words AS SELECT DISTINCT ${value} AS word FROM data WHERE ${value} IS NOT NULL`);
  await duck.run(`DROP TYPE IF EXISTS ${type}`);
  await duck.run(`CREATE TYPE ${type} AS ENUM (SELECT word FROM words)`);
  const listed = (await duck.rows(`SELECT unnest(enum_range(NULL::${type}))`)).map(([word]) => String(word));
  const raw = sharedIntegers(rows);
  let start = 0;
  // One more than its number, so that 0 is no word.
  for await (const chunk of duck.chunks(`SELECT coalesce(enum_code(CAST(${value} AS ${type}))::DOUBLE + 1, 0::DOUBLE) FROM data`)) {
    raw.set(itemsOf(chunk.getColumnVector(0), chunk.rowCount, Float64Array), start);
    start += chunk.rowCount;
  }
  await duck.run(`DROP TYPE ${type}`);
  return inOrder(name, raw, (code) => listed[code - 1] as string);
}

/** Words in the order in which they come first, so that equal columns have equal codes. */
function inOrder(name: string, codes: Int32Array, wordOf: (code: number) => string): TextField {
  const places: number[] = [-1];
  const words: string[] = [];
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row] as number;
    let place = places[code];
    if (place === undefined) {
      place = words.push(wordOf(code)) - 1;
      places[code] = place;
    }
    codes[row] = place;
  }
  return { name, kind: 'text', codes, words };
}

async function readWords(duck: Duck, columns: readonly Readable[], rows: number): Promise<TextField[]> {
  const fields = columns.map(({ name }) => ({ name, kind: 'text' as const, codes: sharedIntegers(rows), words: [] as string[] }));
  const places = columns.map(() => new Map<string, number>());
  let start = 0;
  for await (const chunk of duck.chunks(`SELECT ${columns.map(({ value }) => value).join(', ')} FROM data`)) {
    for (const [index, { codes, words }] of fields.entries()) {
      const vector = chunk.getColumnVector(index);
      const known = places[index] as Map<string, number>;
      for (let at = 0; at < chunk.rowCount; at++) {
        const word = vector.getItem(at) as string | null;
        let place = word === null ? -1 : known.get(word);
        if (place === undefined) {
          place = words.push(word as string) - 1;
          known.set(word as string, place);
        }
        codes[start + at] = place;
      }
    }
    start += chunk.rowCount;
  }
  return fields;
}
