import { closeSync, fstatSync, openSync, readSync } from 'node:fs';

const READ_AT_ONCE = 65_536;
const NEWLINE = 10;

/** The last lines of a log, going on in its rotated predecessor when it has fewer. */
export function lastLines(file: string, count: number): string[] {
  const current = lastLinesOf(file, count);
  const missing = count - current.length;
  return missing > 0 ? [...lastLinesOf(`${file}.1`, missing), ...current] : current;
}

/** Reads from the end, so that a large file costs no more than a small one. */
function lastLinesOf(file: string, count: number): string[] {
  let handle: number;
  try {
    handle = openSync(file, 'r');
  } catch {
    return [];
  }
  try {
    let start = fstatSync(handle).size;
    let found = 0;
    const parts: Buffer[] = [];
    // One newline more than lines: the one before the first line wanted.
    while (start > 0 && found <= count) {
      const length = Math.min(READ_AT_ONCE, start);
      const part = Buffer.allocUnsafe(length);
      start -= length;
      readSync(handle, part, 0, length, start);
      for (let index = part.indexOf(NEWLINE); index >= 0; index = part.indexOf(NEWLINE, index + 1)) found += 1;
      parts.unshift(part);
    }
    const lines = Buffer.concat(parts).toString('utf8').split('\n');
    if (lines.at(-1) === '') lines.pop();
    return lines.slice(-count);
  } finally {
    closeSync(handle);
  }
}
