import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';

const READ_AT_ONCE = 65_536;
const NEWLINE = 10;

export interface FollowLimits {
  /** More than this unread, and the reader skips … */
  readonly backlogBytes: number;
  /** … all but so much of the end. */
  readonly keptBytes: number;
}

interface NewLines {
  readonly lines: readonly string[];
  /** Lines that were passed over, before the ones given. */
  readonly skipped: number;
}

/**
 * Reads what is added to a log file, also across its rotation (the file gets another name, and a new one takes its place).
 * It is read, not watched: under load a file changes thousands of times a second, and a few reads a second cost the least.
 */
export interface FollowedFile extends Disposable {
  readonly path: string;
  read(limits: FollowLimits): NewLines;
}

export function followFile(path: string, from: 'start' | 'end'): FollowedFile {
  let handle = open(path);
  let position = handle !== undefined && from === 'end' ? fstatSync(handle).size : 0;

  function readOpen(limits: FollowLimits): NewLines {
    if (handle === undefined) return NOTHING;
    const { size } = fstatSync(handle);
    if (size < position) position = 0;
    if (size - position <= limits.backlogBytes) return { lines: readLines(handle, size), skipped: 0 };
    const leap = size - limits.keptBytes;
    // The line that the leap cut in two is dropped with those before it.
    const skipped = countLines(handle, position, leap) + 1;
    position = leap;
    return { lines: readLines(handle, size).slice(1), skipped };
  }

  /** Whole lines only: the rest of one that is still being written is read again next time. */
  function readLines(open: number, end: number): string[] {
    const buffer = Buffer.allocUnsafe(end - position);
    const read = readSync(open, buffer, 0, buffer.length, position);
    const lastNewline = buffer.subarray(0, read).lastIndexOf(NEWLINE);
    if (lastNewline < 0) return [];
    position += lastNewline + 1;
    return buffer.toString('utf8', 0, lastNewline).split('\n');
  }

  return {
    path,
    read(limits) {
      const found = readOpen(limits);
      if (handle !== undefined && fstatSync(handle).ino === statSync(path, { throwIfNoEntry: false })?.ino) return found;
      const next = open(path);
      if (next === undefined) return found;
      if (handle !== undefined) closeSync(handle);
      handle = next;
      position = 0;
      const more = readOpen(limits);
      return { lines: [...found.lines, ...more.lines], skipped: found.skipped + more.skipped };
    },
    [Symbol.dispose]() {
      if (handle !== undefined) closeSync(handle);
      handle = undefined;
    },
  };
}

const NOTHING: NewLines = { lines: [], skipped: 0 };

function open(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch {
    return undefined;
  }
}

function countLines(handle: number, from: number, to: number): number {
  const buffer = Buffer.allocUnsafe(READ_AT_ONCE);
  let count = 0;
  for (let at = from; at < to;) {
    const read = readSync(handle, buffer, 0, Math.min(buffer.length, to - at), at);
    if (read === 0) break;
    const part = buffer.subarray(0, read);
    for (let index = part.indexOf(NEWLINE); index >= 0; index = part.indexOf(NEWLINE, index + 1)) count += 1;
    at += read;
  }
  return count;
}
