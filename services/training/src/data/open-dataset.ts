import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@mlab/kernel/errors';
import type { TableColumn } from '@mlab/learning';
import { checkNesting } from '#/data/check-nesting.ts';
import { contentDigest } from '#/data/content-digest.ts';
import { READ_LIMITS, type DataSource, type Dataset, type DatasetDescription, type ReadLimits, type ReadOptions } from '#/data/dataset.ts';
import { openDuck, type Duck } from '#/data/duck.ts';
import { formatOf } from '#/data/format-of.ts';
import { checkRows, loadTable } from '#/data/load-table.ts';
import { lookThrough, settleKinds, type Readable } from '#/data/look-through.ts';
import { readColumns } from '#/data/read-columns.ts';
import { spool } from '#/data/spool.ts';
import { settleEncoding } from '#/data/text-encoding.ts';

export interface OpenDatasetOptions {
  readonly options?: ReadOptions;
  readonly limits?: Partial<ReadLimits>;
  /** Where a folder is made for what has to be written meanwhile. It is removed in the end. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

/** From so many columns on, all are read and then counted, instead of asking DuckDB about each. */
const WIDE = 100;
const KEPT_VALUES = 20_000_000;

/** Reads a data file and looks through it. Whatever happens, nothing of it is left in the directory once it is closed, or was refused. */
export async function openDataset(
  source: DataSource,
  { options = {}, limits: given = {}, directory, signal }: OpenDatasetOptions,
): Promise<Dataset> {
  const limits = { ...READ_LIMITS, ...given };
  await using undo = new AsyncDisposableStack();
  const folder = await mkdtemp(join(directory, 'mlab-data-'));
  undo.defer(() => rm(folder, { recursive: true, force: true }));
  const spooled = await spool(source, { folder, limits, encoding: options.encoding, signal });
  const text = spooled.isParquet ? undefined : await settleEncoding(spooled, options, signal);
  const path = text?.path ?? spooled.path;
  const format = await formatOf({ name: source.name, path, isParquet: spooled.isParquet, asked: options.format });
  if (format === 'json' || format === 'ndjson') await checkNesting(path, signal);
  const duck = undo.use(await openDuck({ files: [path, `${path}-changed`], folder, limits, signal }));
  const loaded = await loadTable(duck, path, { format, options, limits, signal });
  const rows = await countRows(duck, loaded.columns.length, limits);
  const { readable, notes } = await settleKinds(duck, loaded.columns);
  const isWide = readable.length > WIDE && rows * readable.length <= KEPT_VALUES;
  const fields = isWide ? await readColumns(duck, readable, rows) : undefined;
  const columns = await lookThrough(duck, loaded.columns, { readable, rows, fields });
  const { csv } = loaded;
  const description: DatasetDescription = {
    name: source.name,
    format,
    compression: spooled.compression,
    ...(text === undefined ? {} : { encoding: text.encoding }),
    ...(csv === undefined ? {} : { delimiter: csv.delimiter, header: csv.header }),
    bytes: spooled.bytes,
    digest: spooled.digest,
    rows,
    columns,
    notes: [...(text?.notes ?? []), ...loaded.notes, ...notes],
  };
  const byColumn = new Map(readable.map(({ column }, index) => [column, fields?.[index]]));
  const opened = undo.move();
  return {
    description,
    async readTable(names) {
      const wanted = chosen(readable, names);
      const table = {
        rows,
        columns:
          fields === undefined ? await readColumns(duck, wanted, rows) : wanted.map((one) => byColumn.get(one.column) as TableColumn),
      };
      return { table, contentDigest: contentDigest(table) };
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

async function countRows(duck: Duck, columns: number, limits: ReadLimits): Promise<number> {
  const [row] = await duck.rows('SELECT count(*) FROM data');
  const rows = Number(row?.[0]);
  if (rows === 0) throw new AppError('invalid', `The file has ${columns} columns and no row.`);
  checkRows(rows, limits);
  if (rows * columns > limits.maxCells) {
    throw new AppError('too_large', `The file has ${rows} rows of ${columns} columns, which are more than ${limits.maxCells} values.`);
  }
  return rows;
}

function chosen(readable: readonly Readable[], names: readonly string[] | undefined): readonly Readable[] {
  if (names === undefined) return readable;
  const wanted = new Set(names);
  for (const { name } of readable) wanted.delete(name);
  const [unknown] = wanted;
  if (unknown !== undefined) throw new AppError('invalid', `The file has no column "${unknown.slice(0, 200)}" that can be read.`);
  const asked = new Set(names);
  return readable.filter(({ name }) => asked.has(name));
}
