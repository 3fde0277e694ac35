import { looksLikeIdentifier, type TableColumn } from '@mlab/learning';
import { AppError } from '@mlab/kernel/errors';
import type { DuckDBValue } from '@duckdb/node-api';
import { countsInColumn } from '#/data/counts-in-column.ts';
import type { ColumnType, DatasetColumn } from '#/data/dataset.ts';
import type { Duck } from '#/data/duck.ts';
import { presentOf, valueOf, type Kind } from '#/data/expressions.ts';
import type { Loaded } from '#/data/load-table.ts';

/** A column that can be read, and how. */
export interface Readable extends Loaded {
  readonly kind: Kind;
  /** SQL that gives its values. */
  readonly value: string;
}

/** So many columns are asked about at once. */
const BATCH = 200;

export function batches<T>(items: readonly T[], size = BATCH): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, batch) => items.slice(batch * size, (batch + 1) * size));
}

/** How each column is read: a guess that does not hold for all rows becomes text, a type that was asked for and does not hold is refused. */
export async function settleKinds(duck: Duck, columns: readonly Loaded[]): Promise<{ readable: Readable[]; notes: string[] }> {
  const readable = columns.flatMap((one): Readable[] =>
    one.kind === undefined ? [] : [{ ...one, kind: one.kind, value: valueOf(one.column, { ...one, kind: one.kind }) }],
  );
  const doubtful = readable.filter(({ held, kind }) => held !== kind && kind !== 'text');
  const bad = new Map<string, number>();
  for (const batch of batches(doubtful)) {
    const counts = batch.map((one) => `count(*) FILTER (${presentOf(one.column, one)} IS NOT NULL AND ${one.value} IS NULL)`);
    const [row = []] = await duck.rows(`SELECT ${counts.join(', ')} FROM data`);
    batch.forEach(({ column }, index) => bad.set(column, Number(row[index])));
  }
  const notes: string[] = [];
  const settled: Readable[] = [];
  for (const one of readable) {
    const count = bad.get(one.column) ?? 0;
    if (count === 0) settled.push(one);
    else {
      const example = await firstBad(duck, one);
      if (!one.isGuess)
        throw new AppError(
          'invalid',
          `Row ${example.row} of "${one.name}" is ${JSON.stringify(example.text)}, which is no ${one.kind}; so are ${count} rows in all.`,
        );
      notes.push(
        `"${one.name}" looks like a ${one.kind}, but row ${example.row} is ${JSON.stringify(example.text)}, so that it is read as text.`,
      );
      settled.push({ ...one, kind: 'text', value: valueOf(one.column, { ...one, kind: 'text' }) });
    }
  }
  return { readable: settled, notes };
}

async function firstBad(duck: Duck, one: Readable): Promise<{ row: number; text: string }> {
  const present = presentOf(one.column, one);
  const [row] = await duck.rows(
    `SELECT rowid + 1, CAST(${present} AS VARCHAR) FROM data WHERE ${present} IS NOT NULL AND ${one.value} IS NULL LIMIT 1`,
  );
  return { row: Number(row?.[0]), text: String(row?.[1]).slice(0, 60) };
}

/** What the columns of `rows` rows have in them; `fields` are the readable ones where they were read already. */
export async function lookThrough(
  duck: Duck,
  columns: readonly Loaded[],
  { readable, rows, fields }: { readable: readonly Readable[]; rows: number; fields: readonly TableColumn[] | undefined },
): Promise<DatasetColumn[]> {
  const read = fields?.map((field, index) => ({ column: readable[index]?.column ?? '', ...countsInColumn(field) }));
  const counts = read === undefined ? await countsOf(duck, readable) : new Map(read.map((one) => [one.column, one]));
  const examples = read === undefined ? await examplesOf(duck, readable) : new Map(read.map((one) => [one.column, one.examples]));
  const known = new Map(readable.map((one) => [one.column, one]));
  return columns.map(({ name, inFile, column }): DatasetColumn => {
    const named = { name, ...(inFile === undefined ? {} : { nameInFile: inFile }) };
    const one = known.get(column);
    const count = counts.get(column);
    if (one === undefined || count === undefined) {
      return {
        ...named,
        type: 'nested',
        missing: 0,
        distinct: 0,
        examples: [],
        suggestion: 'Its values are lists or objects, which no model learns from; it is left out.',
      };
    }
    const type = typeOf(one, count, rows);
    const suggestion = SUGGESTIONS[type];
    return {
      ...named,
      type,
      kind: one.kind,
      missing: rows - count.present,
      distinct: count.distinct,
      examples: examples.get(column) ?? [],
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  });
}

const SUGGESTIONS: Partial<Record<ColumnType, string>> = {
  identifier: 'Its values are all different, so that it only names rows; leave it out.',
  constant: 'It is the same in all rows, so that there is nothing to learn from it; leave it out.',
  empty: 'It has no value in any row; leave it out.',
  text: 'It has many different words; only those that are frequent tell something.',
};

export interface Counts {
  readonly present: number;
  readonly distinct: number;
  readonly min: number;
  readonly max: number;
  readonly areWhole: boolean;
}

/** More different values than this are counted nearly, unless they might all be different. */
const EXACT = 1000;

async function countsOf(duck: Duck, columns: readonly Readable[]): Promise<ReadonlyMap<string, Counts>> {
  const counts = new Map<string, Counts>();
  for (const batch of batches(columns, BATCH / 4)) {
    const asked = batch.flatMap(({ value, kind }) => {
      const isNumber = kind === 'number';
      return [
        `count(${value})`,
        `approx_count_distinct(${value})`,
        ...(isNumber ? [`min(${value})`, `max(${value})`, `bool_and(${value} = floor(${value}))`] : ['0', '0', 'false']),
      ];
    });
    const [row = []] = await duck.rows(`SELECT ${asked.join(', ')} FROM data`);
    batch.forEach(({ column }, index) => {
      const [present, distinct, min, max, areWhole] = row.slice(index * 5, index * 5 + 5);
      counts.set(column, {
        present: Number(present),
        distinct: Number(distinct),
        min: Number(min),
        max: Number(max),
        areWhole: areWhole === true,
      });
    });
  }
  const exact = columns.filter(({ column, kind }) => {
    const { present, distinct, areWhole, min, max } = counts.get(column) as Counts;
    const mayDiffer = distinct > 0.8 * present && (kind === 'text' || (areWhole && max - min >= present - 1));
    return distinct <= 1.2 * EXACT || mayDiffer;
  });
  for (const batch of batches(exact, BATCH / 4)) {
    const [row = []] = await duck.rows(`SELECT ${batch.map(({ value }) => `count(DISTINCT ${value})`).join(', ')} FROM data`);
    batch.forEach(({ column }, index) => counts.set(column, { ...(counts.get(column) as Counts), distinct: Number(row[index]) }));
  }
  return counts;
}

/** Text of so few words is a category. */
const FEW_WORDS = 100;

function typeOf({ name, kind }: Readable, { present, distinct, min, max, areWhole }: Counts, rows: number): ColumnType {
  if (present === 0) return 'empty';
  if (distinct === 1 && present === rows) return 'constant';
  if (looksLikeIdentifier({ name, kind, count: present, distinct, min, max, areWhole })) return 'identifier';
  if (kind === 'number') return areWhole ? 'integer' : 'number';
  if (kind === 'text') return distinct <= FEW_WORDS && (distinct <= 10 || distinct < present / 2) ? 'category' : 'text';
  return kind;
}

async function examplesOf(duck: Duck, columns: readonly Readable[]): Promise<ReadonlyMap<string, string[]>> {
  const examples = new Map<string, string[]>();
  const rows = columns.length > BATCH ? 10 : 100;
  for (const batch of batches(columns)) {
    const found = await duck.rows(
      `SELECT ${batch.map((one) => `left(CAST(${presentOf(one.column, one)} AS VARCHAR), 100)`).join(', ')} FROM data LIMIT ${rows}`,
    );
    batch.forEach(({ column, held }, index) => {
      const values = new Set(found.map((row): DuckDBValue => row[index] ?? null).filter((value) => value !== null));
      examples.set(
        column,
        [...values].slice(0, 5).map((value) => shownAs(String(value), held)),
      );
    });
  }
  return examples;
}

/** Whole numbers without the `.0` of doubles. */
const shownAs = (text: string, held: string): string => (held === 'number' && text.endsWith('.0') ? text.slice(0, -2) : text);
