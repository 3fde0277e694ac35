import { basename } from 'node:path';
import { CliError } from '../../cli-error.ts';
import { delimitedRows } from './delimited-rows.ts';
import { anyPart, beginsAsParquet, inputBytes, inputText, unpacked } from './input-text.ts';
import { jsonRows } from './json-rows.ts';
import type { RowSource } from './source-row.ts';

export const ROW_FORMATS = ['csv', 'tsv', 'ndjson', 'json', 'parquet'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Rows of a file, or of standard input where it is `-`. Without a format the end of the name says which, else what comes first. */
export async function openRows(file: string, input: AsyncIterable<Uint8Array>, format: RowFormat | undefined): Promise<RowSource> {
  const name = file === '-' ? 'standard input' : basename(file);
  const bytes = await unpacked(name, await inputBytes(file, input));
  const isParquet = beginsAsParquet(bytes) || /\.parquet(\.(gz|zst))?$/i.test(name);
  if (format === 'parquet' || (format === undefined && isParquet)) {
    const [parts, { parquetRows }] = await Promise.all([anyPart(name, file, bytes), import('./parquet-rows.ts')]);
    return parquetRows(name, parts);
  }
  const [first, all] = await firstText(inputText(name, bytes));
  const ending = /\.(csv|tsv|json|ndjson|jsonl)(\.(gz|zst))?$/i.exec(name)?.[1]?.toLowerCase();
  const kind = format ?? ending ?? (/^\s*[[{]/.test(first) ? 'json' : 'csv');
  if (/^\s*$/.test(first)) throw new CliError(`${name} has no rows.`);
  if (kind === 'csv' || kind === 'tsv') return delimitedRows(name, all, kind === 'tsv' ? '\t' : undefined);
  return jsonRows(name, all);
}

/** The first text that is more than space, and all of it. */
async function firstText(text: AsyncGenerator<string, void, void>): Promise<[string, AsyncIterable<string>]> {
  let first = '';
  while (first.trim() === '') {
    const next = await text.next();
    if (next.done === true) break;
    first += next.value;
  }
  async function* all(): AsyncGenerator<string, void, void> {
    yield first;
    yield* text;
  }
  return [first, all()];
}
