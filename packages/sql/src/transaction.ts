import { AppError, type CallMeta, type Clock, type Transaction, type TransactionOptions } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { endedEarly, onEarlyEnd } from '#/early-end.ts';
import { isCollision, isUnavailable } from '#/failures.ts';
import type { ConnectionPool } from '#/pool.ts';
import { observed, queryable, type Observed } from '#/queryable.ts';
import type { Session } from '#/session.ts';

export interface TransactionsOptions extends Observed {
  readonly pool: ConnectionPool;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
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
  const tasks: (() => void)[] = [];
  const session = await started(options, call, begin);
  let result: T;
  try {
    let firstFailure: unknown;
    const statements = queryable(options, async (query) => {
      try {
        return await session.query(query, call);
      } catch (error) {
        firstFailure ??= error;
        throw error;
      }
    });
    try {
      result = await untilOver(options, call, work({ ...statements, call, afterCommit: (task) => void tasks.push(task) }));
    } catch (error) {
      // The work may have put an error of its own in the place of the collision; it is done again all the same.
      throw isCollision(firstFailure) ? firstFailure : error;
    }
    await observed(options, { text: 'COMMIT' }, () => commit(options, session, call, firstFailure));
  } finally {
    session.release();
  }
  for (const task of tasks) follow(options, task);
  return result;
}

async function started(options: TransactionsOptions, call: CallMeta, begin: string): Promise<Session> {
  const { pool, clock } = options;
  return await observed(options, { text: begin }, async () => {
    const session = await pool.acquire(call);
    const limit = Math.max(1, Math.min(pool.statementMs, Math.ceil(call.deadline - clock.monotonic())));
    try {
      await session.query({ text: `${begin}; SET LOCAL statement_timeout = ${limit}` }, call);
      return session;
    } catch (error) {
      session.release();
      throw error;
    }
  });
}

/** Work that waits for something other than the database does not keep its transaction open for longer than its call lasts. */
function untilOver<T>({ clock }: TransactionsOptions, call: CallMeta, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = onEarlyEnd(call, clock, reject);
    void work.then(resolve, reject).finally(stop);
  });
}

async function commit({ clock, service }: TransactionsOptions, session: Session, call: CallMeta, firstFailure: unknown): Promise<void> {
  if (!session.inTransaction())
    throw new Error(`A statement in a transaction of ${service} ended it, which only the end of its work does.`);
  const over = endedEarly(call, clock);
  if (over !== undefined) throw over;
  // The connection was lost before this, so nothing can be committed any more.
  if (isUnavailable(firstFailure)) throw firstFailure;
  let command: string;
  try {
    ({ command } = await session.query({ text: 'COMMIT' }, call));
  } catch (error) {
    throw isUnavailable(error) || AppError.is(error) ? unknownOutcome(service, error) : error;
  }
  if (command === 'COMMIT') return;
  // PostgreSQL answers so when a statement has failed, even if the work has caught that and gone on.
  if (isCollision(firstFailure)) throw firstFailure;
  const sentence = `A transaction of ${service} was rolled back: a statement in it had failed, and its work went on as if it had not.`;
  throw new Error(sentence, { cause: firstFailure });
}

function unknownOutcome(service: string, cause: unknown): AppError {
  const code = AppError.is(cause) ? cause.code : 'unavailable';
  const sentence = `The database of ${service} did not confirm a commit: it is not known whether it was made.`;
  return new AppError(code, sentence, { cause, retryAfter: code === 'unavailable' ? 1 : undefined });
}

function follow({ log }: TransactionsOptions, task: () => void): void {
  try {
    task();
  } catch (error) {
    log.error({ err: error }, 'A task that was to follow a commit failed; the commit stands.');
  }
}
