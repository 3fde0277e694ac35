import { randomInt } from 'node:crypto';
import { AppError, rootCall, type CallMeta, type Clock, type Database, type Transaction } from '@mlab/kernel';
import { boolean, sql } from '@mlab/sql';
import type { Logger } from '@mlab/telemetry';
import { openLoop } from '#/loop.ts';
import { createWake } from '#/wake.ts';

/** With it, and with a member's number, a lock is held that anybody can see for as long as the member lives. */
export const MEMBER_LOCKS = 0x6d_6c_61_62;

export interface Standing {
  /** What the member writes beside what it has taken. */
  readonly id: number;
  /** Aborted when the member counts as dead, though its process may live: it has lost its database. It may join anew. */
  readonly lost: AbortSignal;
}

/** One service in one process, as the others see it. */
export interface Member {
  standing(): Standing | undefined;
  /** The same, once it is so. */
  arrived(signal: AbortSignal): Promise<Standing>;
  leave(): Promise<void>;
}

export interface Members extends AsyncDisposable {
  join(): Member;
}

const KEEP_ALIVE_MS = 5000;
const ANSWER_MS = 10_000;
/**
 * A SELECT would keep its snapshot until the next statement, for its portal stays open as long as the transaction; meanwhile nothing in the
 * whole database that is overwritten could be cleared away, and rows that change often would become slow. SHOW takes no snapshot.
 */
const GLANCE = sql`SHOW server_version_num`;
/** Timers in Node go no further than 24 days. */
const SESSION_MS = 7 * 86_400_000;

/**
 * Shows who lives by locks that PostgreSQL lets go of when a connection ends: at once when its process is killed. One connection
 * serves all members of a process.
 */
export function openMembers({
  database,
  log,
  clock,
  random,
}: {
  readonly database: Database;
  readonly log: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}): Members {
  const joined = new Set<{ arrive(tx: Transaction): Promise<void>; lose(): void }>();
  let session: Transaction | undefined;
  const keepAlive = createWake(clock);

  const hold = async (tx: Transaction, signal: AbortSignal): Promise<void> => {
    session = tx;
    for (const member of joined) await member.arrive(tx);
    while (!signal.aborted) {
      await keepAlive.wait(KEEP_ALIVE_MS, signal);
      if (!signal.aborted) await within(ANSWER_MS, clock, tx.run(GLANCE));
    }
    await tx.run(sql`SELECT pg_advisory_unlock_all()`);
  };

  const loop = openLoop({
    clock,
    random,
    backoff: { baseMs: 100, capMs: 2000 },
    step: async (signal) => {
      // Not the loop's signal: it would break the connection instead of letting it go.
      const call: CallMeta = rootCall('mlab-events', SESSION_MS);
      try {
        await database.transaction(call, (tx) => hold(tx, signal));
      } finally {
        session = undefined;
        for (const member of joined) member.lose();
      }
      return 0;
    },
    failed: (error, failures) => {
      if (failures === 1) log.warn({ err: error }, 'the connection by which others see that this process lives was lost');
    },
  });

  const join = (): Member => {
    let standing: { readonly now: Standing; readonly lose: () => void } | undefined;
    let changed = Promise.withResolvers<void>();
    let arrivedIn: Transaction | undefined;
    const self = {
      arrive: async (tx: Transaction): Promise<void> => {
        if (arrivedIn === tx) return;
        arrivedIn = tx;
        for (;;) {
          const id = randomInt(1, 2 ** 31 - 1);
          const mine = await tx.first(sql`SELECT pg_try_advisory_lock(${MEMBER_LOCKS}, ${id}) AS mine`, (row) => boolean(row['mine']));
          if (mine !== true) continue;
          const controller = new AbortController();
          const lost = new AppError('unavailable', 'The connection to the database was lost.');
          standing = { now: { id, lost: controller.signal }, lose: () => controller.abort(lost) };
          changed.resolve();
          changed = Promise.withResolvers<void>();
          await tx.run(GLANCE);
          return;
        }
      },
      lose: (): void => {
        standing?.lose();
        standing = undefined;
      },
    };
    joined.add(self);
    if (session !== undefined) self.arrive(session).catch(() => undefined);
    return {
      standing: () => standing?.now,
      arrived: async (signal) => {
        for (;;) {
          if (standing !== undefined) return standing.now;
          signal.throwIfAborted();
          const { promise, resolve } = Promise.withResolvers<void>();
          signal.addEventListener('abort', () => resolve(), { once: true });
          await Promise.race([changed.promise, promise]);
        }
      },
      leave: async () => {
        joined.delete(self);
        const id = standing?.now.id;
        self.lose();
        if (id !== undefined) await session?.run(sql`SELECT pg_advisory_unlock(${MEMBER_LOCKS}, ${id})`).catch(() => undefined);
      },
    };
  };

  return { join, [Symbol.asyncDispose]: () => loop[Symbol.asyncDispose]() };
}

function within<T>(ms: number, clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => reject(new AppError('deadline', 'The database did not answer.')));
    work.then(resolve, reject).finally(cancel);
  });
}
