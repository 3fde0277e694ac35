import { createReadStream } from 'node:fs';
import { AppError } from '@mlab/kernel/errors';

const DEEPEST = 64;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Refuses JSON of deeper nesting than a table has: DuckDB goes down into it on its stack, and a file could thereby end the process. */
export async function checkNesting(path: string, signal: AbortSignal): Promise<void> {
  let [depth, line, isText, isEscaped] = [0, 1, false, false];
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20, signal }) as AsyncIterable<Buffer>) {
    for (const byte of chunk) {
      if (isText) {
        if (isEscaped) isEscaped = false;
        else if (byte === BACKSLASH) isEscaped = true;
        else if (byte === QUOTE) isText = false;
      } else if (byte === QUOTE) isText = true;
      else if (byte === 0x7b || byte === 0x5b) depth++;
      else if (byte === 0x7d || byte === 0x5d) depth--;
      else if (byte === 0x0a) line++;
      if (depth > DEEPEST) throw new AppError('invalid', `Line ${line} has lists or objects within each other more than ${DEEPEST} deep.`);
    }
  }
}
