import { Readable, type Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';

/** What is given to the operating system at once. Larger bytes are written in parts. */
export const PART_BYTES = 1_048_576;

/**
 * Writes bytes part by part, each when the one before has gone. Given all at once, libuv goes on writing for as long as the other side takes
 * what comes: 64 MB for a quick neighbour held the loop for 60 ms. `last` is handed the last part.
 */
export function writeInParts(to: Writable, bytes: Uint8Array, last: (part: Uint8Array) => void): void {
  let at = 0;
  const next = (): void => {
    const part = bytes.subarray(at, (at += PART_BYTES));
    if (at >= bytes.length) last(part);
    else to.write(part, (error) => void (error ?? setImmediate(next)));
  };
  next();
}

/** The same for whoever takes what he writes himself. */
export const inParts = (bytes: Uint8Array): Readable => Readable.from(parts(bytes), { objectMode: false, highWaterMark: PART_BYTES });

async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PART_BYTES) {
    yield bytes.subarray(at, at + PART_BYTES);
    await turn();
  }
}
