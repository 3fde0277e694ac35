import { open } from 'node:fs/promises';
import { AppError } from '@mlab/kernel/errors';
import { columnNames, type Named } from '#/data/column-names.ts';
import { csvRecords, type Head } from '#/data/csv-records.ts';
import type { ReadLimits, ReadOptions } from '#/data/dataset.ts';
import { guessType, isNumberText, type Guess } from '#/data/guess-type.ts';

/** Texts that stand for no value unless others are said: those of pandas, and the question mark of many data sets. */
const MISSING = ['', '#N/A', '#NA', '-NaN', '-nan', '<NA>', '?', 'N/A', 'NA', 'NULL', 'NaN', 'None', 'n/a', 'nan', 'null'];

export interface CsvShape {
  readonly delimiter: string;
  readonly quote: string;
  readonly header: boolean;
  readonly names: readonly Named[];
  readonly missing: readonly string[];
  /** What the first rows look like. */
  readonly guesses: readonly Guess[];
}

const HEAD_BYTES = 2 ** 22;
const SAMPLE_ROWS = 1000;
const DELIMITERS = [',', ';', '\t', '|'];

/** What a text of columns looks like, from its beginning. */
export async function csvShape(
  path: string,
  { options, isTsv, limits }: { options: ReadOptions; isTsv: boolean; limits: ReadLimits },
): Promise<CsvShape> {
  const { quote = '"', missing = MISSING } = options;
  for (const [name, value] of Object.entries({ quote, delimiter: options.delimiter ?? ',' })) {
    if (value.length !== 1 || /[\r\n\0]/.test(value))
      throw new AppError('invalid', `The ${name} has to be one character, not ${JSON.stringify(value)}.`);
  }
  const { text, goesOn } = await beginning(path);
  const head = (delimiter: string, most: number): Head => csvRecords(text, { delimiter, quote, most, goesOn });
  const delimiter = options.delimiter ?? (isTsv ? '\t' : delimiterOf((one) => head(one, 20).records));
  const { records, isOpen } = head(delimiter, SAMPLE_ROWS + 1);
  const [first] = records;
  if (isOpen && !goesOn) throw new AppError('invalid', 'The file has a quote that does not end.');
  if (first === undefined) throw new AppError('too_large', `The first row is longer than ${HEAD_BYTES} bytes.`);
  if (first.length > limits.maxColumns)
    throw new AppError('too_large', `The file has ${first.length} columns; the limit is ${limits.maxColumns}.`);
  const isMissing = new Set(missing);
  const header = options.header ?? looksLikeNames(first, records.slice(1), isMissing);
  const rows = header ? records.slice(1) : records;
  const sample = rows.slice(0, Math.max(20, Math.floor(1_000_000 / first.length)));
  const guesses = first.map((_, column) => guessType(sample.map((row) => row[column] ?? '').filter((field) => !isMissing.has(field))));
  const names = columnNames(header ? first : first.map((_, column) => `column_${column + 1}`));
  return { delimiter, quote, header, names, missing, guesses };
}

async function beginning(path: string): Promise<{ text: string; goesOn: boolean }> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return { text: buffer.toString('utf8', 0, bytesRead), goesOn: bytesRead === HEAD_BYTES };
}

/** The one by which most of the first rows have as many fields as the first, and more than one; of equal ones that of more fields. */
function delimiterOf(recordsBy: (delimiter: string) => readonly (readonly string[])[]): string {
  let [best, bestScore] = [',', 0];
  for (const delimiter of DELIMITERS) {
    const records = recordsBy(delimiter);
    const width = records[0]?.length ?? 0;
    const alike = records.filter((record) => record.length === width).length / Math.max(1, records.length);
    const score = width > 1 ? alike + Math.min(width, 1000) / 1e6 : 0;
    if (score > bestScore) [best, bestScore] = [delimiter, score];
  }
  return best;
}

/** The first row has names unless a field of it is a number or a time, as the fields below it are. */
function looksLikeNames(first: readonly string[], below: readonly (readonly string[])[], isMissing: ReadonlySet<string>): boolean {
  return !first.some((field, column) => {
    if (isMissing.has(field) || !(isNumberText(field) || guessType([field]) === 'time')) return false;
    const others = below.map((row) => row[column] ?? '').filter((one) => !isMissing.has(one));
    return others.length === 0 || guessType(others) === guessType([field]);
  });
}
