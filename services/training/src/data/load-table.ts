import { AppError } from '@mlab/kernel/errors';
import { columnNames, type Named } from '#/data/column-names.ts';
import { csvShape, type CsvShape } from '#/data/csv-shape.ts';
import type { ColumnOverride, Format, ReadLimits, ReadOptions } from '#/data/dataset.ts';
import { literal, type Duck } from '#/data/duck.ts';
import { heldOf, type Held, type Kind } from '#/data/expressions.ts';
import { guessType } from '#/data/guess-type.ts';
import { rewrite } from '#/data/text-encoding.ts';

/** A column of the table `data` in DuckDB, whose name there is its place: c0, c1 … No name of a file is ever part of SQL. */
export interface Loaded extends Named {
  readonly column: string;
  readonly held: Held;
  /** What it is to be read as; absent: it cannot be. */
  readonly kind: Kind | undefined;
  /** Whether the kind was only guessed from the first rows, so that it may turn out to be text. */
  readonly isGuess: boolean;
  readonly override: ColumnOverride | undefined;
}

export interface Loading {
  readonly format: Format;
  readonly options: ReadOptions;
  readonly limits: ReadLimits;
  readonly signal: AbortSignal;
}

export interface LoadedTable {
  readonly columns: readonly Loaded[];
  readonly csv: CsvShape | undefined;
  readonly notes: readonly string[];
}

/** Reads the file into DuckDB's table `data`. `files` are those that DuckDB may read: the file, and the changed one beside it. */
export async function loadTable(duck: Duck, path: string, loading: Loading): Promise<LoadedTable> {
  const { format } = loading;
  if (format === 'csv' || format === 'tsv') return loadCsv(duck, path, loading);
  if (format === 'parquet') await checkParquet(duck, path, loading.limits);
  const from =
    format === 'parquet'
      ? `read_parquet(${literal(path)})`
      : // Times are told by this project itself, because DuckDB does not look at their zones here: a format that no time has.
        `read_json(${literal(path)}, format = '${format === 'json' ? 'array' : 'newline_delimited'}', records = true, sample_size = -1, map_inference_threshold = -1, maximum_object_size = 16777216, dateformat = '%Y@%m', timestampformat = '%Y@%m')`;
  const described = await duck.rows(`DESCRIBE SELECT * FROM ${from}`);
  if (described.length > loading.limits.maxColumns) throw tooManyColumns(described.length, loading.limits);
  const aliases = described.map((_, index) => `c${index}`).join(', ');
  await duck.run(`CREATE TABLE data AS SELECT * FROM (SELECT * FROM ${from}) AS file(${aliases})`);
  const names = columnNames(described.map(([name]) => String(name)));
  const overrides = overridesOf(names, loading.options);
  const columns: Loaded[] = [];
  for (const [index, [, type]] of described.entries()) {
    const named = names[index] as Named;
    const override = { missing: loading.options.missing, ...overrides.get(named.name), name: named.name };
    columns.push(await loadedOf(duck, { named, column: `c${index}`, held: heldOf(String(type)), override, isJson: format !== 'parquet' }));
  }
  return { columns, csv: undefined, notes: [] };
}

async function loadedOf(
  duck: Duck,
  { named, column, held, override, isJson }: { named: Named; column: string; held: Held; override: ColumnOverride; isJson: boolean },
): Promise<Loaded> {
  const unreadable = { ...named, column, held: 'nested' as const, kind: undefined, isGuess: false, override };
  if (held === 'nested') return unreadable;
  if (held === 'json') {
    const [nested] = await duck.rows(`SELECT count(*) FROM data WHERE json_type(${column}) IN ('OBJECT', 'ARRAY')`);
    if (nested?.[0] !== 0n) return unreadable;
  }
  if (override.type !== undefined) return { ...named, column, held, kind: override.type, isGuess: false, override };
  if (held !== 'text' || !isJson) return { ...named, column, held, kind: held === 'json' ? 'text' : held, isGuess: false, override };
  const sample = await duck.rows(`SELECT ${column} FROM data WHERE ${column} IS NOT NULL LIMIT 1000`);
  const isTime = guessType(sample.map(([value]) => String(value))) === 'time';
  return { ...named, column, held, kind: isTime ? 'time' : 'text', isGuess: isTime, override };
}

/** A file of a few bytes can say that it has any number of rows. */
async function checkParquet(duck: Duck, path: string, limits: ReadLimits): Promise<void> {
  const [row] = await duck.rows(`SELECT num_rows FROM parquet_file_metadata(${literal(path)})`);
  checkRows(Number(row?.[0] ?? 0), limits);
}

export function checkRows(rows: number, { maxRows }: ReadLimits): void {
  if (rows > maxRows) throw new AppError('too_large', `The file has ${rows} rows; the limit is ${maxRows}.`);
}

const tooManyColumns = (count: number, { maxColumns }: ReadLimits): AppError =>
  new AppError('too_large', `The file has ${count} columns; the limit is ${maxColumns}.`);

function overridesOf(names: readonly Named[], { columns = [] }: ReadOptions): ReadonlyMap<string, ColumnOverride> {
  const known = new Set(names.map(({ name }) => name));
  const overrides = new Map<string, ColumnOverride>();
  for (const override of columns) {
    if (!known.has(override.name))
      throw new AppError('invalid', `The file has no column "${override.name.slice(0, 200)}", which was said how to read.`);
    if (overrides.has(override.name))
      throw new AppError('invalid', `The column "${override.name.slice(0, 200)}" is said twice how to read.`);
    overrides.set(override.name, override);
  }
  return overrides;
}

async function loadCsv(duck: Duck, path: string, { format, options, limits, signal }: Loading): Promise<LoadedTable> {
  const csv = await csvShape(path, { options, isTsv: format === 'tsv', limits });
  const overrides = overridesOf(csv.names, options);
  const wanted = csv.names.map((named, index): Loaded => {
    const override = overrides.get(named.name);
    const guess = csv.guesses[index] ?? 'text';
    const kind = override?.type ?? (override?.decimalComma === true ? 'number' : guess);
    return { ...named, column: `c${index}`, held: 'text', kind, isGuess: override?.type === undefined, override };
  });
  // As what they look like, which is faster than as text and then again; if one is something else, all as text.
  const direct = wanted.map((one): Loaded => {
    const isPlain = one.override?.missing === undefined && one.override?.decimalComma !== true && one.isGuess;
    return isPlain && (one.kind === 'number' || one.kind === 'boolean') ? { ...one, held: one.kind, isGuess: false } : one;
  });
  const notes: string[] = [];
  const load = async (columns: readonly Loaded[], from: string): Promise<readonly Loaded[]> => {
    await duck.run(`CREATE OR REPLACE TABLE data AS SELECT * FROM ${readCsv(from, csv, columns)}`);
    return columns;
  };
  const loadAny = (from: string): Promise<readonly Loaded[]> =>
    load(direct, from).catch((error: unknown) => {
      if (!AppError.is(error, 'invalid')) throw error;
      return load(wanted, from);
    });
  try {
    return { columns: await loadAny(path), csv, notes };
  } catch (error) {
    // DuckDB takes one end of lines in a file.
    if (!AppError.is(error, 'invalid') || !error.message.includes('state machine')) throw error;
    let hasReturn = false;
    const unix = await rewrite(
      path,
      (chunk) => {
        const text = (hasReturn ? '\r' : '') + (chunk?.toString('latin1') ?? '');
        hasReturn = chunk !== undefined && text.endsWith('\r');
        return Buffer.from((hasReturn ? text.slice(0, -1) : text).replace(/\r\n?/g, '\n'), 'latin1');
      },
      signal,
    );
    notes.push('Its lines have different ends, which were made the same.');
    return { columns: await loadAny(unix), csv, notes };
  }
}

function readCsv(path: string, { delimiter, quote, header, missing }: CsvShape, columns: readonly Loaded[]): string {
  const types = { number: 'DOUBLE', boolean: 'BOOLEAN', text: 'VARCHAR' };
  const shape = columns.map(({ column, held }) => `'${column}': '${types[held as 'text']}'`).join(', ');
  const own = columns.filter(({ override }) => override?.missing !== undefined).map(({ column }) => `'${column}'`);
  const settings = [
    'auto_detect = false',
    `columns = {${shape}}`,
    `delim = ${literal(delimiter)}`,
    `quote = ${literal(quote)}`,
    `escape = ${literal(quote)}`,
    `header = ${header}`,
    `nullstr = [${missing.map(literal).join(', ')}]`,
    'strict_mode = true',
    `max_line_size = ${MAX_LINE}`,
    ...(own.length === 0 ? [] : [`force_not_null = [${own.join(', ')}]`]),
  ];
  return `read_csv(${literal(path)}, ${settings.join(', ')})`;
}

const MAX_LINE = 4_000_000;
