import { isAscii, isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '@mlab/kernel/errors';
import type { Encoding, ReadOptions } from '#/data/dataset.ts';
import type { Spooled } from '#/data/spool.ts';

export interface Text {
  readonly path: string;
  readonly encoding: Encoding;
  readonly notes: readonly string[];
}

/** A spooled file as UTF-8 throughout, or a refusal that names the line where it is not. */
export async function settleEncoding(
  { path, seen }: Spooled,
  { encoding, replaceInvalid = false }: ReadOptions,
  signal: AbortSignal,
): Promise<Text> {
  if (seen.zeroAt !== undefined) {
    const line = await lineAt(path, seen.zeroAt);
    throw new AppError('invalid', `Line ${line} has a byte of value 0: this is no text file.`);
  }
  const marked = seen.hasMark ? ' with a mark' : '';
  if (seen.encoding === 'utf-16' && seen.isInvalid) {
    if (!replaceInvalid) throw new AppError('invalid', `The file is UTF-16${marked}, and has ${seen.replaced} parts that are none.`);
    return { path, encoding: 'utf-16', notes: [`${seen.replaced} parts that are no UTF-16 were replaced.`] };
  }
  if (!seen.isInvalid)
    return { path, encoding: seen.encoding, notes: seen.encoding === 'utf-8' ? [] : [`It is read as ${seen.encoding}${marked}.`] };
  const lines = await linesOf(path);
  if (replaceInvalid) {
    const replaced = await rewrite(path, decoding('utf-8'), signal);
    return {
      path: replaced,
      encoding: 'utf-8',
      notes: [
        `${lines.invalid} lines have bytes that are no UTF-8, which were replaced by U+FFFD; the first is line ${lines.firstInvalid}.`,
      ],
    };
  }
  if (lines.control > 0) throw new AppError('invalid', `Line ${lines.control} has bytes that are of no text: this is no text file.`);
  if (encoding === 'utf-8' || seen.hasMark || lines.firstUtf8 > 0) {
    const other = lines.firstUtf8 > 0 ? `, while line ${lines.firstUtf8} is` : '';
    throw new AppError(
      'invalid',
      `Line ${lines.firstInvalid} has the byte 0x${lines.byte.toString(16).toUpperCase()}, which is no UTF-8${other}; save the file in one encoding, or let such bytes be replaced.`,
    );
  }
  const latin = await rewrite(path, decoding('windows-1252'), signal);
  return {
    path: latin,
    encoding: 'latin-1',
    notes: [`It is no UTF-8 (the first time in line ${lines.firstInvalid}) and is read as Latin-1.`],
  };
}

async function lineAt(path: string, place: number): Promise<number> {
  let [line, at] = [1, 0];
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    for (let next = chunk.indexOf(10); next >= 0 && at + next < place; next = chunk.indexOf(10, next + 1)) line++;
    at += chunk.length;
    if (at >= place) break;
  }
  return line;
}

interface Lines {
  invalid: number;
  firstInvalid: number;
  /** The first byte that is no UTF-8. */
  byte: number;
  /** The first line of UTF-8 that is no ASCII; 0: none. */
  firstUtf8: number;
  /** The first line that has control characters, which are in no text. */
  control: number;
}

async function linesOf(path: string): Promise<Lines> {
  const lines: Lines = { invalid: 0, firstInvalid: 0, byte: 0, firstUtf8: 0, control: 0 };
  let [number, rest] = [0, Buffer.alloc(0)];
  const look = (line: Buffer): void => {
    number++;
    if (lines.control === 0 && line.some((byte) => byte < 9 || (byte > 13 && byte < 32 && byte !== 27))) lines.control = number;
    if (isAscii(line)) return;
    if (isUtf8(line)) {
      if (lines.firstUtf8 === 0) lines.firstUtf8 = number;
      return;
    }
    if (lines.invalid++ === 0) {
      lines.firstInvalid = number;
      lines.byte = firstBad(line);
    }
  };
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 }) as AsyncIterable<Buffer>) {
    let [from, bytes] = [0, rest.length === 0 ? chunk : Buffer.concat([rest, chunk])];
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      look(bytes.subarray(from, end));
      from = end + 1;
    }
    // A file of a single endless line is looked at in pieces.
    bytes = bytes.subarray(from);
    if (bytes.length > 2 ** 24) {
      look(bytes);
      bytes = Buffer.alloc(0);
    }
    rest = Buffer.from(bytes);
  }
  if (rest.length > 0) look(rest);
  return lines;
}

function firstBad(line: Buffer): number {
  for (let at = 0; at < line.length;) {
    const byte = line[at] as number;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    if (!isUtf8(line.subarray(at, at + length))) return byte;
    at += length;
  }
  return 0;
}

type Change = (chunk: Buffer | undefined) => Buffer | string;

function decoding(label: string): Change {
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  return (chunk) => (chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true }));
}

/** A copy of a file beside it, changed; its path. */
export async function rewrite(path: string, change: Change, signal: AbortSignal): Promise<string> {
  const changed = `${path}-changed`;
  const transform = new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, change(chunk)),
    flush: (done) => done(null, change(undefined)),
  });
  await pipeline([createReadStream(path, { highWaterMark: 2 ** 20 }), transform, createWriteStream(changed, { mode: 0o600 })], { signal });
  return changed;
}
