import { messageOf } from '../../cli-error.ts';
import { HttpError } from '../http/ask.ts';
import type { Kind } from '../progress/told.ts';
import { Hopeless, type Bring } from './bring.ts';

/** Refusals that whatever comes next would get as well: nobody is there, nobody is let in, nothing fits in. */
const HOPELESS = new Set([0, 401, 403, 507]);

/** Does one thing. That it fails is told, and the others go on, unless they would fail as well. Answers whether it succeeded. */
export async function guarded({ report, signal }: Bring, kind: Kind, id: string, task: () => Promise<void>): Promise<boolean> {
  try {
    signal.throwIfAborted();
    await task();
    return true;
  } catch (error) {
    if (signal.aborted || error instanceof Hopeless) throw error;
    report.failed(kind, id, messageOf(error));
    if (error instanceof HttpError && HOPELESS.has(error.status)) throw new Hopeless(error.message, { cause: error });
    return false;
  }
}

/** Does the same with each, a few at a time, in the order in which they come. */
export async function withEach<T>(items: AsyncIterable<T>, atOnce: number, task: (item: T) => Promise<void>): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  try {
    for await (const item of items) {
      if (failure !== undefined) break;
      const one: Promise<void> = task(item)
        .catch((error: unknown) => void (failure ??= { error }))
        .finally(() => running.delete(one));
      running.add(one);
      if (running.size >= atOnce) await Promise.race(running);
    }
  } finally {
    await Promise.all(running);
  }
  if (failure !== undefined) throw failure.error;
}
