import type { Table } from '@mlab/learning';

/* What is known about a data file, and what a caller may say about it. */

export const FORMATS = ['csv', 'tsv', 'json', 'ndjson', 'parquet'] as const;
export type Format = (typeof FORMATS)[number];

export const ENCODINGS = ['utf-8', 'utf-16', 'latin-1'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** `category` is text of few words, `identifier` text or whole numbers that are all different; both are read as what they are. */
export const COLUMN_TYPES = [
  'integer',
  'number',
  'boolean',
  'text',
  'category',
  'time',
  'identifier',
  'constant',
  'empty',
  'nested',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** What a column is to be read as, where that is not what its values look like. */
export interface ColumnOverride {
  readonly name: string;
  /** A value that is none of the type is refused, with its row. */
  readonly type?: 'number' | 'boolean' | 'text' | 'time' | undefined;
  /** Texts that stand for no value, instead of those of the file. */
  readonly missing?: readonly string[] | undefined;
  /** Numbers are written 1.234,5. */
  readonly decimalComma?: boolean | undefined;
}

export interface ReadOptions {
  /** Absent: by the name's end, or by what the file begins with. */
  readonly format?: Format | undefined;
  readonly encoding?: Encoding | undefined;
  /** Bytes that are not of the encoding become U+FFFD and are counted, instead of being refused. */
  readonly replaceInvalid?: boolean | undefined;
  /** Of CSV. One character each. */
  readonly delimiter?: string | undefined;
  readonly quote?: string | undefined;
  /** Whether the first line has names. Absent: it has, unless it looks like the lines below it. */
  readonly header?: boolean | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly columns?: readonly ColumnOverride[] | undefined;
}

export interface ReadLimits {
  readonly maxBytes: number;
  /** Of what is within a compressed file. */
  readonly maxPlainBytes: number;
  readonly maxRows: number;
  readonly maxColumns: number;
  /** Rows × columns. */
  readonly maxCells: number;
  /** Of DuckDB, in MiB. */
  readonly memoryMiB: number;
  readonly threads: number;
}

export const READ_LIMITS: ReadLimits = {
  maxBytes: 2 ** 31,
  maxPlainBytes: 2 ** 33,
  maxRows: 50_000_000,
  maxColumns: 20_000,
  maxCells: 400_000_000,
  memoryMiB: 2048,
  threads: 2,
};

export interface DatasetColumn {
  readonly name: string;
  /** How it is called in the file, where that is not a name that could be kept. */
  readonly nameInFile?: string;
  readonly type: ColumnType;
  /** What it is in the table; absent: it cannot be read, and is in none. */
  readonly kind?: 'number' | 'boolean' | 'text' | 'time';
  readonly missing: number;
  /** How many different values; beyond 1,000 nearly. */
  readonly distinct: number;
  /** Up to five different values, as text. */
  readonly examples: readonly string[];
  /** What to do about it, as a sentence. */
  readonly suggestion?: string;
}

export interface DatasetDescription {
  readonly name: string;
  readonly format: Format;
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly encoding?: Encoding;
  readonly delimiter?: string;
  readonly header?: boolean;
  readonly bytes: number;
  /** SHA-256 of the file's bytes, in hexadecimal. */
  readonly digest: string;
  readonly rows: number;
  readonly columns: readonly DatasetColumn[];
  /** What was decided or changed while reading, as sentences. */
  readonly notes: readonly string[];
}

/** Bytes under a name, which says of what format they are. */
export interface DataSource {
  readonly name: string;
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** A file that was looked through; closing it removes what was written for it. */
export interface Dataset extends AsyncDisposable {
  readonly description: DatasetDescription;
  /** Columns by name, in the order of the file; absent: all that can be read. */
  readTable(columns?: readonly string[]): Promise<{ readonly table: Table; readonly contentDigest: string }>;
}
