import type { IncomingMessage } from 'node:http';
import { AppError } from '#/errors.ts';
import { Gathered } from '#/http/gathered.ts';
import { InTurns } from '#/http/in-turns.ts';

const NOTHING = Buffer.alloc(0);

/**
 * Collects a request's body, at most `limit` bytes of it. What comes beyond is read and thrown away while the refusal is
 * already on its way: closing the connection at once would tear the answer out of the hands of a client that still sends.
 */
export function readBody(request: IncomingMessage, limit: number, done: (error: AppError | undefined, body: Buffer) => void): void {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) {
    request.resume();
    done(tooLarge(limit), NOTHING);
    return;
  }
  let first: Buffer | undefined;
  let rest: Gathered | undefined;
  let turns: InTurns | undefined;
  const onData = (chunk: Buffer): void => {
    if ((rest?.size ?? first?.length ?? 0) + chunk.length > limit) {
      request.off('data', onData);
      request.off('end', onEnd);
      request.resume();
      done(tooLarge(limit), NOTHING);
    } else if (first === undefined) first = chunk;
    else {
      if (rest === undefined) {
        rest = new Gathered(announced || undefined, limit);
        rest.add(first);
      }
      rest.add(chunk);
      if (rest.isLarge) (turns ??= new InTurns(request)).took(chunk.length);
    }
  };
  const onEnd = (): void => done(undefined, rest?.take() ?? first ?? NOTHING);
  request.on('data', onData);
  request.on('end', onEnd);
}

function tooLarge(limit: number): AppError {
  return new AppError('too_large', `The body is larger than ${limit} bytes.`);
}

/** The body as it comes. Who stops reading leaves the connection as it is, and the rest is thrown away. */
export async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array, void, void> {
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) yield chunk as Uint8Array;
  } finally {
    leaveRest(request);
  }
}

/** Reads what is left of a body and throws it away. Not at once: an iterator that has just ended still holds the stream. */
export function leaveRest(request: IncomingMessage): void {
  if (!request.complete) setImmediate(() => void request.resume());
}
