import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { parquetMetadataAsync, parquetScan, type AsyncBuffer, type Compressors, type DecodedArray, type SchemaElement } from 'hyparquet';
import { CliError, messageOf } from '../../cli-error.ts';
import { unpackLz4 } from './lz4.ts';
import { badRow, type RowSource, type SourceRow } from './source-row.ts';

/** So many rows are handed on at once. A row group is read at once: whoever has written the file has chosen its size. */
const ROWS = 1000;

/**
 * Rows of a Parquet file (https://parquet.apache.org/docs/file-format/). It is read here, and not by the training service that reads them too:
 * a model may be asked where there is no training, and DuckDB is not there for every machine.
 */
export async function parquetRows(name: string, file: AsyncBuffer): Promise<RowSource> {
  const unreadable = (error: unknown, where = ''): CliError =>
    new CliError(`${name} cannot be read as Parquet${where}: ${messageOf(error).replace(/^parquet /, '')}.`, { cause: error });
  const metadata = await parquetMetadataAsync(file).catch((error: unknown) => {
    throw unreadable(error);
  });
  const [root, ...elements] = metadata.schema;
  const columns = topLevel(elements, root?.num_children ?? 0);
  const names = columns.map((column) => column.name);
  const twice = names.find((column, index) => names.indexOf(column) !== index);
  if (twice !== undefined) throw badRow(name, `two columns are called "${twice}".`);

  async function* batches(): AsyncGenerator<readonly SourceRow[], void, void> {
    const scan = await parquetScan({ file, metadata, compressors: COMPRESSORS });
    let groupStart = 0;
    for (const { num_rows: rows } of metadata.row_groups) {
      const [rowStart, rowEnd] = [groupStart, groupStart + Number(rows)];
      const read = async ({ name: column }: SchemaElement): Promise<DecodedArray> => {
        try {
          return await scan.readColumn({ column, rowStart, rowEnd });
        } catch (error) {
          throw unreadable(error, `, rows ${rowStart + 1} to ${rowEnd}, column "${column}"`);
        }
      };
      const values = await Promise.all(columns.map(read));
      for (let from = rowStart; from < rowEnd; from += ROWS) {
        const until = Math.min(from + ROWS, rowEnd);
        yield Array.from({ length: until - from }, (_, at) => ({
          place: `${name}, row ${from + at + 1}`,
          values: Object.fromEntries(
            columns.map((column, index) => [column.name, plain(values[index]?.[from + at - rowStart], column)] as const),
          ),
        }));
      }
      groupStart = rowEnd;
    }
  }
  return { kind: 'typed', columns: names, batches: batches() };
}

const inflate =
  (by: (bytes: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array) =>
  (bytes: Uint8Array, length: number): Uint8Array =>
    by(bytes, { maxOutputLength: Math.max(length, 1) });

/** Snappy and none are read without help. */
const COMPRESSORS: Compressors = {
  GZIP: inflate(gunzipSync),
  BROTLI: inflate(brotliDecompressSync),
  ZSTD: inflate(zstdDecompressSync),
  LZ4_RAW: unpackLz4,
};

/** The elements of a schema stand one behind the other, each before what it consists of. */
function topLevel(elements: readonly SchemaElement[], count: number): readonly SchemaElement[] {
  const found: SchemaElement[] = [];
  let at = 0;
  const skip = (): void => {
    const parts = elements[at++]?.num_children ?? 0;
    for (let part = 0; part < parts; part++) skip();
  };
  while (found.length < count && at < elements.length) {
    found.push(elements[at] as SchemaElement);
    skip();
  }
  return found;
}

/** A value as JSON and the model know it: times as RFC 3339, whole numbers of 64 bits as numbers, as training reads them. */
function plain(value: unknown, { scale, converted_type: type, logical_type: logical }: Partial<SchemaElement> = {}): unknown {
  if (value === undefined || value === null) return null;
  if (type === 'TIME_MILLIS' || type === 'TIME_MICROS' || logical?.type === 'TIME') return clock(BigInt(value as number), type, logical);
  if (typeof value === 'number') {
    if (Number.isNaN(value)) return null;
    // What is a decimal fraction there is the nearest number here: 0.3, and not 3 × 0.1.
    return type === 'DECIMAL' && Math.abs(value) < 1e21 ? Number(value.toFixed(Math.min(scale ?? 0, 100))) : value;
  }
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value) || ArrayBuffer.isView(value)) return Array.from(value as ArrayLike<unknown>, (each) => plain(each));
  if (typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}

/** A time of day as DuckDB writes it: `08:05:00`, with a fraction where there is one. */
function clock(value: bigint, type: SchemaElement['converted_type'], logical: SchemaElement['logical_type']): string {
  const unit = logical?.type === 'TIME' ? logical.unit : type === 'TIME_MILLIS' ? 'MILLIS' : 'MICROS';
  const micros = unit === 'MILLIS' ? value * 1000n : unit === 'NANOS' ? value / 1000n : value;
  const [seconds, part] = [Number(micros / 1_000_000n), Number(micros % 1_000_000n)];
  const of = (number: number): string => String(number).padStart(2, '0');
  const text = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60].map(of).join(':');
  return part === 0 ? text : `${text}.${String(part).padStart(6, '0').replace(/0+$/, '')}`;
}
