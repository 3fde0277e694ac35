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

export interface Unpacked {
  /** The first four bytes, where there are so many. */
  readonly head: Uint8Array;
  readonly all: AsyncIterable<Uint8Array>;
  readonly wasPacked: boolean;
}

/** The bytes, unpacked where they are packed. */
export async function unpacked(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Unpacked> {
  const { head, all } = await peek(told(name, bytes));
  const through = begins(head, GZIP) ? createGunzip() : begins(head, ZSTD) ? createZstdDecompress() : undefined;
  if (through === undefined) return { head, all, wasPacked: false };
  return { ...(await peek(told(name, unpack(all, through)))), wasPacked: true };
}

export const beginsAsParquet = ({ head }: Unpacked): boolean => begins(head, PARQUET);

/** Any part of a file, or of what was to be unpacked or came through a pipe: that is kept in memory, for it is read from its end. */
export async function anyPart(name: string, file: string, { all, wasPacked }: Unpacked): Promise<Parts> {
  if (file === '-' || wasPacked) {
    const bytes = await collected(name, all);
    return { byteLength: bytes.length, slice: (from, to) => copyOf(bytes.subarray(from, to)) };
  }
  await all[Symbol.asyncIterator]().return?.();
  const { size } = await stat(file);
  const read = (from: number, to: number): Promise<Uint8Array[]> => Array.fromAsync(createReadStream(file, { start: from, end: to - 1 }));
  return { byteLength: size, slice: async (from, to = size) => copyOf(to > from ? Buffer.concat(await read(from, to)) : Buffer.of()) };
}

export interface Parts {
  readonly byteLength: number;
  readonly slice: (from: number, to?: number) => ArrayBuffer | Promise<ArrayBuffer>;
}

const MOST_IN_MEMORY = 1_073_741_824;

async function collected(name: string, bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MOST_IN_MEMORY)
      throw new CliError(`${name} has more than 1 GiB of Parquet, which must be a file, and not packed, to be read.`);
  }
  return Buffer.concat(chunks);
}

const copyOf = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer;

/** What the bytes say: UTF-16 where they begin with its mark. */
export async function* inputText(name: string, { head, all }: Unpacked): AsyncGenerator<string, void, void> {
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
