import { AppError } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import type { Entry } from '#/domain/input-log/entry.ts';
import type { Spool } from '#/input-log/spool.ts';

export interface WriterOptions {
  /** Commits entries to the database, all or none. */
  readonly commit: (entries: readonly Entry[]) => Promise<void>;
  /** Rejects while the database cannot be used. */
  readonly probe: () => Promise<void>;
  /** Where entries go meanwhile; without one they are refused. */
  readonly spool: Spool | undefined;
  readonly schedule: (ms: number, task: () => void) => () => void;
  readonly log: Logger;
  readonly wrote: (target: 'database' | 'spool', entries: number, ms: number) => void;
  readonly monotonic: () => number;
}

export interface Writer extends AsyncDisposable {
  /** Resolves when the entries are safe, with those that were refused one by one. */
  write(entries: readonly Entry[]): Promise<ReadonlyMap<string, Error>>;
  /** Writes entries of a spool to the database, whatever it is thought to be. */
  readonly replay: (entries: readonly Entry[]) => Promise<void>;
  /** Why an input would be refused at this moment. */
  refusal(): AppError | undefined;
  readonly away: boolean;
}

const FIRST_TRY_MS = 250;
const LATER_TRIES_MS = 1000;

const NONE: ReadonlyMap<string, Error> = new Map();

/**
 * Writes to the database, and to the spool while the database is away. That it is away is learned once and not by every input: until a
 * try of its own succeeds, nothing waits for the database any more.
 */
export function openWriter({ commit, probe, spool, schedule, log, wrote, monotonic }: WriterOptions): Writer {
  let away = false;
  let ended = false;
  let cancelTry: (() => void) | undefined;
  let trying: Promise<void> | undefined;
  let appending: Promise<void> | undefined;
  /** Set while it is being decided where inputs go from now on. */
  let switching: Promise<void> | undefined;

  async function write(entries: readonly Entry[]): Promise<ReadonlyMap<string, Error>> {
    if (switching !== undefined) await switching;
    if (!away) {
      try {
        return await commitAll(entries);
      } catch (error) {
        leave(error);
      }
    }
    if (spool === undefined) throw refused();
    const started = monotonic();
    appending = spool.append(entries);
    await appending;
    wrote('spool', entries.length, monotonic() - started);
    return NONE;
  }

  /** Throws when the database is away. What it does not like for another reason it gets once more, one by one, so that each fails for itself. */
  async function commitAll(entries: readonly Entry[]): Promise<ReadonlyMap<string, Error>> {
    const started = monotonic();
    try {
      await commit(entries);
      wrote('database', entries.length, monotonic() - started);
      return NONE;
    } catch (error) {
      if (isAway(error)) throw error;
      if (entries.length === 1) {
        log.error({ err: error, id: entries[0]?.id }, 'an input cannot be logged');
        return new Map([[entries[0]?.id ?? '', AppError.from(error)]]);
      }
    }
    const failed = new Map<string, Error>();
    for (const entry of entries) for (const [id, error] of await commitAll([entry])) failed.set(id, error);
    return failed;
  }

  function leave(error: unknown): void {
    if (away) return;
    away = true;
    const { message, cause } = AppError.from(error);
    log.warn(
      { error: message, cause: cause instanceof Error ? cause.message : undefined, spooling: spool !== undefined },
      'the database of the input log is away',
    );
    tryLater(FIRST_TRY_MS);
  }

  function comeBack(): void {
    away = false;
    log.info('the database of the input log is back');
  }

  function tryLater(ms: number): void {
    if (ended) return;
    cancelTry = schedule(ms, () => {
      trying = comingBack().catch((error: unknown) => {
        if (!isAway(error)) log.error({ err: error }, 'the spool cannot be replayed');
        tryLater(LATER_TRIES_MS);
      });
    });
  }

  async function comingBack(): Promise<void> {
    await probe();
    if (spool === undefined) return comeBack();
    // Most of it while inputs go on into the spool; the last of it while they wait, so that there is a last.
    await spool.replay(replay);
    const { promise, resolve } = Promise.withResolvers<void>();
    switching = promise;
    try {
      await appending?.catch(() => {});
      await spool.replay(replay);
      comeBack();
    } finally {
      switching = undefined;
      resolve();
    }
    await spool.clear();
  }

  async function replay(entries: readonly Entry[]): Promise<void> {
    await commitAll(latest(entries));
  }

  return {
    write,
    replay,
    refusal: () => (away && spool === undefined ? refused() : undefined),
    get away() {
      return away;
    },
    async [Symbol.asyncDispose]() {
      ended = true;
      cancelTry?.();
      await trying;
    },
  };
}

const isAway = (error: unknown): boolean =>
  AppError.is(error, 'unavailable') || AppError.is(error, 'deadline') || AppError.is(error, 'cancelled');

const refused = (): AppError =>
  new AppError('unavailable', 'The input log is unavailable: its database cannot be reached.', { retryAfter: 1 });

/** An entry may have been spooled before and after its prediction came; one statement cannot write it twice. */
const latest = (entries: readonly Entry[]): readonly Entry[] => [...new Map(entries.map((entry) => [entry.id, entry])).values()];
