import { rootCall, type Clock, type Database, type Objects } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { forgetGarbage, listGarbage, type Garbage } from '#/store/artifact-garbage.ts';

interface SweeperOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Deletes the objects that nothing refers to any more. */
export interface Sweeper extends AsyncDisposable {
  /** There is garbage: begin, or look once more. */
  readonly wake: () => void;
  /** Resolves when all that was garbage when it was called is gone, or could not be deleted. */
  readonly sweep: () => Promise<void>;
}

const BATCH = 256;
const AT_ONCE = 8;
const PASS_MS = 60_000;
const RETRY_MS = 30_000;

/**
 * Garbage is written down in the transaction that makes it, so none is forgotten: what a process does not come to do, the next one does that
 * starts or that makes garbage. Two may sweep the same at once.
 */
export function openSweeper({ database, objects, clock, log }: SweeperOptions): Sweeper {
  const end = new AbortController();
  let running: Promise<void> | undefined;
  let again = false;
  let cancelRetry = (): void => {};

  async function remove({ no, objectKey }: Garbage): Promise<number | undefined> {
    try {
      await objects.delete(objectKey, end.signal);
      return no;
    } catch (err) {
      if (!end.signal.aborted) log.warn({ err, objectKey }, 'an object could not be deleted; it is tried again later');
      return undefined;
    }
  }

  async function pass(): Promise<void> {
    let after = 0;
    let failures = 0;
    while (!end.signal.aborted) {
      const db = database.for(rootCall('tracking', PASS_MS, end.signal));
      const batch = await listGarbage(db, after, BATCH);
      const removed: number[] = [];
      for (let at = 0; at < batch.length; at += AT_ONCE) {
        const done = await Promise.all(batch.slice(at, at + AT_ONCE).map(remove));
        removed.push(...done.filter((no) => no !== undefined));
      }
      if (removed.length > 0) await forgetGarbage(db, removed);
      failures += batch.length - removed.length;
      after = batch.at(-1)?.no ?? after;
      if (batch.length < BATCH) break;
    }
    if (failures > 0) retry();
  }

  function retry(): void {
    cancelRetry();
    if (!end.signal.aborted) cancelRetry = clock.schedule(RETRY_MS, () => void sweep());
  }

  async function run(): Promise<void> {
    try {
      do {
        again = false;
        await pass();
      } while (again && !end.signal.aborted);
    } catch (err) {
      if (end.signal.aborted) return;
      log.warn({ err }, 'objects that nothing refers to could not be deleted; it is tried again later');
      retry();
    }
  }

  function sweep(): Promise<void> {
    if (running !== undefined) again = true;
    running ??= run().finally(() => (running = undefined));
    return running;
  }

  return {
    wake: () => void sweep(),
    sweep,
    [Symbol.asyncDispose]: async () => {
      end.abort(new Error('This service ends.'));
      cancelRetry();
      await running;
    },
  };
}
