import type { CallMeta, Clock } from '@mlab/kernel';
import type { PoolClient, QueryResult } from 'pg';
import type { Backend } from '#/cancel-request.ts';
import { endedEarly, onEarlyEnd } from '#/early-end.ts';
import { isCancelled, spoilsConnection, sqlState, unavailable } from '#/failures.ts';

export interface Query {
  readonly text: string;
  /** Absent for the program's own texts, which may hold several statements. */
  readonly values?: readonly unknown[];
  readonly name?: string | undefined;
}

/** One connection, lent to one call. Its statements run one after the other. */
export interface Session {
  /** Rejects as soon as the call is over; the statement is then cancelled behind its back. */
  query(query: Query, call: CallMeta): Promise<QueryResult>;
  /** Whether a transaction is open, as PostgreSQL said after the last statement. */
  inTransaction(): boolean;
  /** Gives the connection back, once nothing runs on it and no transaction is open. */
  release(): void;
}

export interface SessionOptions {
  readonly service: string;
  readonly clock: Clock;
  readonly cancel: (backend: Backend) => Promise<void>;
}

/** How long a cancelled statement may take to end, in milliseconds. After that its connection is closed. */
const PATIENCE_MS = 2000;

export function openSession(client: PoolClient, { service, clock, cancel }: SessionOptions): Session {
  let usable = true;
  let released = false;
  let last: Promise<QueryResult> | undefined;
  let interruptRunning: ((reason: Error) => void) | undefined;
  /** Set once a statement was cancelled: resolves when it has ended, or is not waited for any longer. */
  let settled: Promise<void> | undefined;

  function send(query: Query, call: CallMeta | undefined): Promise<QueryResult> {
    return new Promise((resolve, reject) => {
      let whenEnded: (() => void) | undefined;
      const interrupt = (reason: Error): void => {
        interruptRunning = undefined;
        const ended = new Promise<void>((done) => (whenEnded = done));
        settled = patiently(Promise.all([ended, cancel(client as unknown as Backend)]));
        reject(reason);
      };
      const stopWatching = call === undefined ? undefined : onEarlyEnd(call, clock, interrupt);
      interruptRunning = (reason) => {
        stopWatching?.();
        interrupt(reason);
      };
      client.query(wire(query), (failed: Error | undefined, result: QueryResult) => {
        stopWatching?.();
        interruptRunning = undefined;
        // What PostgreSQL has not said, the driver says, about a connection that is gone.
        const error = failed && sqlState(failed) === undefined ? unavailable(service, failed) : failed;
        if (spoilsConnection(error)) usable = false;
        if (whenEnded !== undefined) {
          // It ended by itself, so the cancellation has found nothing to end. Should it come late, it must not meet another statement.
          if (!isCancelled(error)) usable = false;
          whenEnded();
        } else if (error) reject(error);
        else resolve(result);
      });
    });
  }

  function patiently(task: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const stop = clock.schedule(PATIENCE_MS, () => {
        usable = false;
        resolve();
      });
      void task.then(() => {
        stop();
        resolve();
      });
    });
  }

  async function next(query: Query, call: CallMeta): Promise<QueryResult> {
    await last?.catch(() => undefined);
    if (released) throw new Error('A statement came after the end of its transaction: await every statement inside of it.');
    const over = endedEarly(call, clock);
    if (over !== undefined) throw over;
    return send(query, call);
  }

  const inTransaction = (): boolean => client.getTransactionStatus() !== 'I';

  async function giveBack(): Promise<void> {
    await settled;
    const rollback = (): Promise<unknown> => send({ text: 'ROLLBACK' }, undefined).catch(() => (usable = false));
    if (usable && inTransaction()) await patiently(rollback());
    client.release(!usable);
  }

  return {
    query: (query, call) => (last = next(query, call)),
    inTransaction,
    release: () => {
      released = true;
      interruptRunning?.(new Error('The transaction ended before this statement did: await every statement inside of it.'));
      void giveBack();
    },
  };
}

/** In the extended protocol, which takes one statement at a time, except where there are none but the program's own texts. */
function wire({ text, values, name }: Query): { text: string; values?: unknown[] } {
  if (values === undefined) return { text };
  return { text, values, ...(name === undefined ? {} : { name }), queryMode: 'extended' } as unknown as { text: string; values: unknown[] };
}
