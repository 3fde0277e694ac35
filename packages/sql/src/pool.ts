import { AppError, type CallMeta, type Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { Pool, type ClientConfig, type PoolClient } from 'pg';
import { requestCancel } from '#/cancel-request.ts';
import { columnTypes } from '#/column-types.ts';
import { endedEarly, onEarlyEnd } from '#/early-end.ts';
import { unavailable } from '#/failures.ts';
import { openSession, type Session } from '#/session.ts';

export interface PoolSettings {
  /** Connections at most. Default 10. */
  readonly maxConnections?: number;
  /** A connection that nobody has used for so long is closed, in milliseconds. Default 10,000. */
  readonly idleMs?: number;
  /** Longest wait for a connection, whatever time its call still has, in milliseconds. Default 5,000. */
  readonly connectMs?: number;
  /** The server ends any statement after so long, even when this process is no longer there to ask for it, in milliseconds. Default 900,000. */
  readonly statementMs?: number;
}

export interface ConnectionCounts {
  readonly open: number;
  readonly idle: number;
  readonly waiting: number;
}

export interface ConnectionPool extends AsyncDisposable {
  /** Waits for a connection, until the call is over. */
  acquire(call: CallMeta): Promise<Session>;
  /** The longest that a statement may run, in milliseconds. */
  readonly statementMs: number;
  readonly counts: () => ConnectionCounts;
}

export interface PoolOptions {
  readonly url: string;
  readonly service: string;
  readonly settings: PoolSettings;
  readonly clock: Clock;
  readonly log: Logger;
}

/** How long closing waits for statements under way, in milliseconds. */
const CLOSING_MS = 5000;

export function openPool({ url, service, settings, clock, log }: PoolOptions): ConnectionPool {
  const { maxConnections: max = 10, idleMs = 10_000, connectMs = 5000, statementMs = 900_000 } = settings;
  const config: ClientConfig = {
    connectionString: url,
    application_name: `mlab ${service}`,
    types: columnTypes,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: statementMs,
    // For a process that has been halted in the middle of a transaction.
    idle_in_transaction_session_timeout: Math.min(statementMs, 60_000),
  };
  const pool = new Pool({ ...config, max, idleTimeoutMillis: idleMs, connectionTimeoutMillis: connectMs });
  // While a connection is lent, the pool does not listen for its end. Its statement fails, which says the same.
  pool.on('connect', (client) => client.on('error', () => undefined));
  const lent = new Set<PoolClient>();
  pool.on('acquire', (client) => lent.add(client));
  pool.on('release', (_error, client) => lent.delete(client));
  pool.on('error', (error) => log.warn({ error: error.message }, 'An idle connection to the database was lost.'));
  const cancel = requestCancel.bind(undefined, config);

  function refused(error: Error): AppError {
    const busy = pool.totalCount - pool.idleCount >= max && error.message.startsWith('timeout exceeded');
    if (!busy) return unavailable(service, error);
    const sentence = `All ${max} connections of ${service} to its database were busy for ${connectMs} ms.`;
    return new AppError('unavailable', sentence, { cause: error, retryAfter: 1 });
  }

  return {
    statementMs,
    acquire: (call) =>
      new Promise((resolve, reject) => {
        const over = endedEarly(call, clock);
        if (over !== undefined) return reject(over);
        let waiting = true;
        const giveUp = (reason: AppError): void => {
          waiting = false;
          reject(reason);
        };
        // One that is idle is lent at once, and most are, so there is nothing to watch.
        const stop = pool.idleCount > pool.waitingCount ? undefined : onEarlyEnd(call, clock, giveUp);
        pool.connect((error: Error | undefined, client: PoolClient | undefined) => {
          if (!waiting) return client?.release();
          stop?.();
          if (client === undefined) reject(refused(error ?? new Error('The pool gave no connection.')));
          else resolve(openSession(client, { service, clock, cancel }));
        });
      }),
    counts: () => ({ open: pool.totalCount, idle: pool.idleCount, waiting: pool.waitingCount }),
    [Symbol.asyncDispose]: async () => {
      if (pool.ending) return;
      const timeUp = Promise.withResolvers<void>();
      const stop = clock.schedule(CLOSING_MS, timeUp.resolve);
      await Promise.race([pool.end(), timeUp.promise]);
      stop();
      for (const client of lent) client.connection.stream.destroy();
    },
  };
}
