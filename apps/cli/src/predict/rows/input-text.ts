import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { CliError, messageOf } from '../../cli-error.ts';

/** The bytes of a file, or of standard input where it is `-`. */
export async function inputBytes(file: string, standardInput: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  if (file === '-') return standardInput;
  const info = await stat(file).catch((error: unknown) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError(`${file} cannot be read: ${isMissing ? 'there is no such file' : messageOf(error)}.`, { cause: error });
  });
  if (info.isDirectory()) throw new CliError(`${file} is a folder, and no file with rows.`);
  return createReadStream(file);
}

const GZIP = [0x1f, 0x8b];
const ZSTD = [0x28, 0xb5, 0x2f, 0xfd];
const PARQUET = [0x50, 0x41, 0x52, 0x31];

/** What the bytes say: unpacked where they are packed, and UTF-16 where they begin with its mark. */
export async function* inputText(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  const packed = await peek(bytes);
  const unpacked = begins(packed.head, GZIP)
    ? unpack(packed.all, createGunzip())
    : begins(packed.head, ZSTD)
      ? unpack(packed.all, createZstdDecompress())
      : packed.all;
  const { head, all } = await peek(told(name, unpacked));
  if (begins(head, PARQUET)) throw new CliError(`${name} is a Parquet file; mlab predict reads CSV, TSV, NDJSON and JSON.`);
  const encoding = begins(head, [0xff, 0xfe]) ? 'utf-16le' : begins(head, [0xfe, 0xff]) ? 'utf-16be' : 'utf-8';
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for await (const chunk of all) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ENCODING_INVALID_ENCODED_DATA') throw error;
    throw new CliError(`${name} is not in UTF-8; iconv -f latin1 -t utf-8 turns a file in Latin-1 into one that is.`, { cause: error });
  }
}

const begins = (head: Uint8Array, mark: readonly number[]): boolean => mark.every((byte, index) => head[index] === byte);

const unpack = (bytes: AsyncIterable<Uint8Array>, through: NodeJS.ReadWriteStream): AsyncIterable<Uint8Array> =>
  pipeline(Readable.from(bytes), through, () => undefined) as unknown as AsyncIterable<Uint8Array>;

/** The first bytes, and all of them. */
async function peek(bytes: AsyncIterable<Uint8Array>): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = bytes[Symbol.asyncIterator]();
  let head = new Uint8Array(0);
  while (head.length < 4) {
    const next = await iterator.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  async function* all(): AsyncGenerator<Uint8Array, void, void> {
    try {
      if (head.length > 0) yield head;
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
    } finally {
      await iterator.return?.();
    }
  }
  return { head, all: all() };
}

async function* told(name: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* bytes;
  } catch (error) {
    throw new CliError(`${name} cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}
