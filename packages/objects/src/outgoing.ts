import { pipeline, Transform, type Readable } from 'node:stream';
import { abandoned } from '#/abandoned.ts';

interface Watch {
  readonly signal: AbortSignal | undefined;
  readonly count: (bytes: number) => void;
  readonly explain: (error: unknown) => unknown;
}

/** The body of an object on its way to a reader: counted, ended by the signal, its errors explained, its source closed with it. */
export function openOutgoing(source: Readable, { signal, count, explain }: Watch): Readable {
  const body = new Transform({
    transform: (chunk: Uint8Array, _encoding, done) => {
      count(chunk.length);
      done(null, chunk);
    },
    destroy: (error, done) => done(error === null ? null : (explain(error) as Error)),
  });
  const onAbort = (): void => {
    if (signal !== undefined) body.destroy(abandoned(signal));
  };
  // Whoever reads is told by reading. Without a listener, a body that nobody has begun to read would take the process down.
  body.on('error', () => {});
  body.once('close', () => signal?.removeEventListener('abort', onAbort));
  pipeline(source, body, () => {});
  if (signal?.aborted === true) onAbort();
  else signal?.addEventListener('abort', onAbort, { once: true });
  return body;
}
