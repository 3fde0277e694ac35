import { AppError, type CallMeta, type Clock, type Transaction, type TransactionOptions } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { endedEarly, onEarlyEnd } from '#/early-end.ts';
import { failure, isCollision, isUnavailable } from '#/failures.ts';
import type { ConnectionPool } from '#/pool.ts';
import { queryable, type Observe } from '#/queryable.ts';
import type { Session } from '#/session.ts';

export interface TransactionsOptions {
  readonly pool: ConnectionPool;
  readonly service: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly observe: Observe;
  readonly onRetry: () => void;
}

type Work<T> = (tx: Transaction) => Promise<T>;

const BEGIN = {
  'read committed': 'BEGIN ISOLATION LEVEL READ COMMITTED',
  'repeatable read': 'BEGIN ISOLATION LEVEL REPEATABLE READ',
  serializable: 'BEGIN ISOLATION LEVEL SERIALIZABLE',
} as const;

/** Runs `work` in a transaction, and again while it collides with others, until the call is over. */
export async function runTransaction<T>(
  options: TransactionsOptions,
  call: CallMeta,
  work: Work<T>,
  { isolation = 'read committed' }: TransactionOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(options, call, work, BEGIN[isolation]);
    } catch (error) {
      if (!isCollision(error)) throw error;
      options.onRetry();
      // Doubled up to 160 ms, and scattered, so that those who met do not meet again.
      await pause(options, call, options.random() * Math.min(160, 5 * 2 ** attempt), error);
    }
  }
}

function pause({ clock }: TransactionsOptions, call: CallMeta, ms: number, cause: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = onEarlyEnd(call, clock, ({ code, message }) => {
      cancel();
      reject(new AppError(code, message, { cause }));
    });
    const cancel = clock.schedule(ms, () => {
      stop();
      resolve();
    });
  });
}

async function once<T>(options: TransactionsOptions, call: CallMeta, work: Work<T>, begin: string): Promise<T> {
  const { pool, clock, log, service } = options;
  const session = await pool.acquire(call);
  const tasks: (() => void)[] = [];
  let result: T;
  try {
    const limit = Math.max(1, Math.min(pool.statementMs, Math.ceil(call.deadline - clock.monotonic())));
    await session.query({ text: `${begin}; SET LOCAL statement_timeout = ${limit}` }, call).catch((error: unknown) => {
      throw failure(error, service);
    });
    let firstFailure: unknown;
    const statements = queryable(options, (query) =>
      session.query(query, call).catch((error: unknown) => {
        firstFailure ??= error;
        throw error;
      }),
    );
    try {
      result = await untilOver(call, clock, work({ ...statements, afterCommit: (task) => void tasks.push(task) }));
    } catch (error) {
      // Work may have put its own error in the place of the collision; it is done again all the same.
      throw isCollision(firstFailure) ? firstFailure : error;
    }
    await commit(options, session, call, firstFailure);
  } finally {
    session.release();
  }
  for (const task of tasks)
    try {
      task();
    } catch (error) {
      log.error({ err: error }, 'A task that was to follow a commit failed; the commit stands.');
    }
  return result;
}

/** Work that waits for something other than the database does not keep its transaction open for longer than its call lasts. */
function untilOver<T>(call: CallMeta, clock: Clock, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onEarlyEnd(call, clock, reject);
    work.then(resolve, reject).finally(stop);
  });
}

async function commit({ clock, service }: TransactionsOptions, session: Session, call: CallMeta, firstFailure: unknown): Promise<void> {
  if (!session.inTransaction()) throw new Error(`A transaction of ${service} was ended by a statement in it: only its work's end ends it.`);
  const over = endedEarly(call, clock);
  if (over !== undefined) throw over;
  let command: string;
  try {
    ({ command } = await session.query({ text: 'COMMIT' }, call));
  } catch (error) {
    if (isUnavailable(error) || AppError.is(error)) throw unknownOutcome(service, error);
    throw isCollision(error) ? error : failure(error, service);
  }
  // PostgreSQL answers COMMIT with ROLLBACK when a statement has failed, even if the work has caught that.
  if (command !== 'COMMIT')
    throw isCollision(firstFailure)
      ? firstFailure
      : new Error(`A transaction of ${service} was rolled back, because a statement in it had failed and its work went on.`, {
          cause: firstFailure,
        });
}

function unknownOutcome(service: string, error: unknown): AppError {
  const code = AppError.is(error) ? error.code : 'unavailable';
  const sentence = `The database of ${service} did not confirm a commit: it is not known whether it was made.`;
  return new AppError(code, sentence, { cause: error, retryAfter: code === 'unavailable' ? 1 : undefined });
}
