import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError, type PutOptions } from '@mlab/kernel';
import { abandoned } from '#/abandoned.ts';

/** Smaller chunks are put together: each costs a system call or a signature. */
const LEAST_BYTES = 64 * 1024;
/** Larger chunks are cut: hashing one holds up everything else in this thread. */
const MOST_BYTES = 1024 * 1024;

/** What is being put. Read once, to its end: only then its size and its checksum are known, and known to be those asked for. */
export interface Incoming {
  readonly chunks: AsyncGenerator<Uint8Array, void, undefined>;
  /** Known before the first byte when the caller has said it. */
  readonly expectedSha256: string | undefined;
  /** Whether `chunks` has ended, and all is as it should be. */
  readonly isMeasured: boolean;
  /** Throws before that. */
  measured(): { readonly size: number; readonly sha256: string };
  /** The store cannot take it: `chunks` fails with this error, also while the source hangs. */
  giveUp(error: unknown): void;
  /** Why `chunks` has failed, if it has: an error of the source or of a limit, not of the store. */
  readonly failure: { readonly error: unknown } | undefined;
}

type Limits = Pick<PutOptions, 'sha256' | 'maxBytes' | 'signal'>;

export function openIncoming(source: AsyncIterable<Uint8Array> | Uint8Array, { sha256, maxBytes, signal }: Limits): Incoming {
  let failure: Incoming['failure'];
  let measured: ReturnType<Incoming['measured']> | undefined;
  const givenUp = new AbortController();
  const stop = signal === undefined ? givenUp.signal : AbortSignal.any([signal, givenUp.signal]);
  const whyStopped = (): unknown => (signal?.aborted === true ? abandoned(signal) : givenUp.signal.reason);

  async function* measure(): AsyncGenerator<Uint8Array, void, undefined> {
    const hash = createHash('sha256');
    let size = 0;
    try {
      const chunks = source instanceof Uint8Array ? [source] : until(source, stop, whyStopped);
      for await (const piece of cut(limited(chunks, maxBytes))) {
        if (stop.aborted) throw whyStopped();
        hash.update(piece);
        size += piece.length;
        yield piece;
      }
      const digest = hash.digest('hex');
      if (sha256 !== undefined && sha256 !== digest)
        throw new AppError('invalid', `The checksum of what arrived is ${digest}, and ${sha256} was announced.`);
      measured = { size, sha256: digest };
    } catch (error) {
      if (!givenUp.signal.aborted) failure = { error };
      throw error;
    }
  }

  return {
    chunks: measure(),
    expectedSha256: sha256,
    get isMeasured() {
      return measured !== undefined;
    },
    measured: () => {
      if (measured === undefined) throw new Error('The size and the checksum are known when all has arrived.');
      return measured;
    },
    giveUp: (error) => givenUp.abort(error),
    get failure() {
      return failure;
    },
  };
}

async function* limited(source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, maxBytes = Infinity): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of source) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError(`A source of an object yields bytes, and this one yielded a ${typeof chunk}.`);
    size += chunk.length;
    if (size > maxBytes) throw new AppError('too_large', `It has more than the ${maxBytes} bytes that are allowed here.`);
    yield chunk;
  }
}

async function* cut(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let small: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of source) {
    small.push(chunk);
    held += chunk.length;
    if (held < LEAST_BYTES) continue;
    const bytes = small.length === 1 ? chunk : Buffer.concat(small);
    for (let start = 0; start < held; start += MOST_BYTES) yield bytes.subarray(start, start + MOST_BYTES);
    small = [];
    held = 0;
  }
  if (held > 0) yield Buffer.concat(small);
}

/** The source, left when it must stop, also while it hangs. */
async function* until(source: AsyncIterable<Uint8Array>, stop: AbortSignal, whyStopped: () => unknown): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const step = await next(iterator, stop, whyStopped);
      isOpen = step.done !== true;
      if (step.done === true) return;
      yield step.value;
    }
  } catch (error) {
    isOpen = stop.aborted;
    throw error;
  } finally {
    if (isOpen) {
      const returned = iterator.return?.();
      if (source instanceof Readable) source.destroy();
      // A generator that hangs takes `return` only once it wakes.
      if (stop.aborted) returned?.catch(() => {});
      else await returned;
    }
  }
}

/** A listener for each step and gone after it: a race against one promise would collect one reaction per chunk. */
async function next<T>(iterator: AsyncIterator<T>, stop: AbortSignal, whyStopped: () => unknown): Promise<IteratorResult<T>> {
  if (stop.aborted) throw whyStopped();
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(whyStopped());
  stop.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, iterator.next()]);
  } finally {
    stop.removeEventListener('abort', onAbort);
  }
}
