import { open } from 'node:fs/promises';
import { AppError } from '@mlab/kernel/errors';
import type { Format } from '#/data/dataset.ts';

const ENDS: ReadonlyMap<string, Format> = new Map([
  ['csv', 'csv'],
  ['txt', 'csv'],
  ['data', 'csv'],
  ['tsv', 'tsv'],
  ['tab', 'tsv'],
  ['json', 'json'],
  ['ndjson', 'ndjson'],
  ['jsonl', 'ndjson'],
  ['parquet', 'parquet'],
  ['pq', 'parquet'],
]);

/** What was asked for, what the file begins with, or what its name ends in; in this order. */
export async function formatOf({
  name,
  path,
  isParquet,
  asked,
}: {
  name: string;
  path: string;
  isParquet: boolean;
  asked: Format | undefined;
}): Promise<Format> {
  if (isParquet && (asked === undefined || asked === 'parquet')) return 'parquet';
  const first = await firstCharacter(path);
  if (first === '') throw new AppError('invalid', `"${name.slice(0, 200)}" is empty.`);
  if (isParquet) throw new AppError('invalid', `"${name.slice(0, 200)}" is a Parquet file, and ${asked} was asked for.`);
  const ends = name
    .toLowerCase()
    .replace(/\.(gz|gzip|zst|zstd)$/, '')
    .split('.');
  const ended = ends.length > 1 ? ENDS.get(ends.at(-1) ?? '') : undefined;
  const format = asked ?? ended ?? (first === '[' ? 'json' : first === '{' ? 'ndjson' : 'csv');
  if (format === 'parquet') throw new AppError('invalid', `"${name.slice(0, 200)}" is no Parquet file: it does not begin with PAR1.`);
  if (asked === undefined && format === 'json' && first === '{') return 'ndjson';
  if (format === 'json' && first !== '[')
    throw new AppError('invalid', `A JSON file has to be an array of objects, and this one begins with ${JSON.stringify(first)}.`);
  if (format === 'ndjson' && first !== '{')
    throw new AppError('invalid', `Each line of NDJSON has to be an object, and the first one begins with ${JSON.stringify(first)}.`);
  return format;
}

/** That is no white space; '' where there is none. */
async function firstCharacter(path: string): Promise<string> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2 ** 16), 0, 2 ** 16, 0);
  return Array.from(buffer.toString('utf8', 0, bytesRead).trimStart())[0] ?? '';
}
