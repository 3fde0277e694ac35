import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { AppError } from '@mlab/kernel/errors';
import type { DataSource, DatasetDescription, Encoding, ReadLimits } from '#/data/dataset.ts';
import { TextWatch, type Seen } from '#/data/text-watch.ts';

export interface Spooled {
  readonly path: string;
  readonly bytes: number;
  readonly digest: string;
  readonly compression: DatasetDescription['compression'];
  readonly isParquet: boolean;
  readonly seen: Seen;
}

/**
 * Writes what a source has into a file of the folder, unpacked and as UTF-8. What is read later is thereby what was counted and summed up here,
 * whatever becomes of the source.
 */
export async function spool(
  source: DataSource,
  { folder, limits, encoding, signal }: { folder: string; limits: ReadLimits; encoding: Encoding | undefined; signal: AbortSignal },
): Promise<Spooled> {
  const hash = createHash('sha256');
  let bytes = 0;
  const chunks = (await source.open(signal))[Symbol.asyncIterator]();
  const first = await chunks.next();
  const head = first.done === true ? Buffer.alloc(0) : Buffer.from(first.value);
  const compression = compressionOf(head, source.name);
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    try {
      for (let next = first; next.done !== true; next = await chunks.next()) {
        bytes += next.value.length;
        if (bytes > limits.maxBytes)
          throw new AppError('too_large', `The file is larger than ${limits.maxBytes} bytes, which is the limit.`);
        hash.update(next.value);
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  };
  const path = join(folder, 'data');
  const watch = new TextWatch(encoding);
  const unpack =
    compression === 'gzip'
      ? [createGunzip({ chunkSize: 2 ** 18 })]
      : compression === 'zstd'
        ? [createZstdDecompress({ chunkSize: 2 ** 18 })]
        : [];
  try {
    await pipeline(
      [Readable.from(counted()), ...unpack, limited(limits.maxPlainBytes), watch, createWriteStream(path, { flags: 'wx', mode: 0o600 })],
      { signal },
    );
  } catch (error) {
    if (signal.aborted || AppError.is(error)) throw signal.aborted ? (signal.reason as Error) : error;
    const { code = '' } = error as { code?: string };
    if (code === 'ENOSPC') throw new AppError('storage_full', 'There is no room to unpack the file.', { cause: error });
    if (compression === 'none') throw error;
    throw new AppError('invalid', `The file is not whole: it cannot be unpacked as ${compression} (${(error as Error).message}).`, {
      cause: error,
    });
  }
  return { path, bytes, digest: hash.digest('hex'), compression, isParquet: watch.isParquet, seen: watch.seen };
}

function limited(most: number): Transform {
  let plain = 0;
  return new Transform({
    highWaterMark: 2 ** 20,
    transform(chunk: Buffer, _encoding, done) {
      plain += chunk.length;
      if (plain > most) done(new AppError('too_large', `The file unpacks to more than ${most} bytes, which is the limit.`));
      else done(null, chunk);
    },
  });
}

const MAGIC: readonly (readonly [bytes: readonly number[], what: string])[] = [
  [[0x50, 0x4b, 3, 4], 'a zip archive (or a spreadsheet)'],
  [[0x42, 0x5a, 0x68], 'packed by bzip2'],
  [[0xfd, 0x37, 0x7a, 0x58, 0x5a], 'packed by xz'],
  [[0x25, 0x50, 0x44, 0x46], 'a PDF'],
  [[0xd0, 0xcf, 0x11, 0xe0], 'a spreadsheet of an old form'],
  [[0x89, 0x48, 0x44, 0x46], 'an HDF5 file'],
  [[0x41, 0x52, 0x52, 0x4f, 0x57, 0x31], 'an Arrow file'],
];

function compressionOf(head: Buffer, name: string): DatasetDescription['compression'] {
  const begins = (bytes: readonly number[]): boolean => bytes.every((byte, at) => head[at] === byte);
  if (begins([0x1f, 0x8b])) return 'gzip';
  if (begins([0x28, 0xb5, 0x2f, 0xfd])) return 'zstd';
  const other = MAGIC.find(([bytes]) => begins(bytes));
  if (other !== undefined) {
    throw new AppError(
      'invalid',
      `"${name.slice(0, 200)}" is ${other[1]}; CSV, TSV, JSON, NDJSON and Parquet are read, plain or packed by gzip or zstd.`,
    );
  }
  return 'none';
}
