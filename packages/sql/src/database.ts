import { AppError, type CallMeta, type Database, type OpenedDatabase, type Owner } from '@mlab/kernel';
import type { QueryConfig, QueryResult } from 'pg';
import { isStalePlan } from '#/failures.ts';
import { loginOf } from '#/login.ts';
import { readMigrations, type Migration } from '#/migration-files.ts';
import { openPool, type ConnectionPool, type PoolSettings } from '#/pool.ts';
import { prepare } from '#/prepare.ts';
import { queryable, type Observe } from '#/queryable.ts';
import { openReachability } from '#/reachability.ts';
import type { Query } from '#/session.ts';
import { openStatementMetrics } from '#/statement-metrics.ts';
import { runTransaction } from '#/transaction.ts';
import { withClient } from '#/with-client.ts';

export interface DatabaseOptions {
  /** Of a login that may create roles, and schemas in its database: `DATABASE_URL`. */
  readonly adminUrl: string;
  /** The folder of the service's own numbered SQL files. */
  readonly migrations?: URL | undefined;
  /** What the platform keeps in the same schema, such as an outbox: applied before the service's own. */
  readonly systemMigrations?: readonly SystemMigrations[];
  readonly settings?: PoolSettings;
  /** How long to wait at first for a server that is just starting, in milliseconds. Default 5,000. */
  readonly patienceMs?: number;
}

export interface SystemMigrations {
  /** `events`, `jobs`: kept beside each file, so that each owner may count from 1. */
  readonly owner: string;
  readonly folder: URL;
}

export interface OpenedService extends OpenedDatabase {
  /** To connect as the service's own role, for what needs a connection to itself: LISTEN, a library with a pool of its own. */
  readonly url: string;
  readonly schema: string;
}

/** Opens a schema of its own under a role of its own for a service, or for anything else that has a name; makes and migrates both. */
export async function openDatabase(owner: Owner, options: DatabaseOptions): Promise<OpenedService> {
  const { name: service, clock, random } = owner;
  const { log, metrics } = owner.telemetry;
  const { adminUrl, settings = {}, patienceMs = 5000 } = options;
  const login = loginOf(adminUrl, service);
  const migrations = await readAll(options);

  await using stack = new AsyncDisposableStack();
  const pool = stack.use(openPool({ url: login.url, service, settings, clock, log }));
  await prepare({ adminUrl, login, service, pool, migrations, clock, log, patienceMs });

  const counted = stack.use(openStatementMetrics(metrics, pool.counts));
  const reachability = stack.use(openReachability(() => probe(login.url, service), clock, log));
  const observe: Observe = (started, error) => {
    counted.observe(started, error);
    if (AppError.is(error, 'unavailable')) reachability.failed();
  };
  const transactions = { pool, service, clock, random, log, observe, onRetry: counted.onRetry };
  const database: Database = {
    for: (call) => queryable({ service, observe }, (query) => sendAlone(pool, service, call, query)),
    transaction: (call, work, transactionOptions) => runTransaction(transactions, call, work, transactionOptions),
  };
  const disposing = stack.move();
  return {
    database,
    url: login.url,
    schema: login.schema,
    checks: reachability.checks,
    [Symbol.asyncDispose]: () => disposing.disposeAsync(),
  };
}

async function readAll({ migrations, systemMigrations = [] }: DatabaseOptions): Promise<readonly Migration[]> {
  const system = systemMigrations.map(({ owner, folder }) => readMigrations(owner, folder));
  const own = migrations === undefined ? [] : [readMigrations('service', migrations)];
  return (await Promise.all([...system, ...own])).flat();
}

/** On a connection of its own: that all of the pool's are busy does not make the service unready. */
async function probe(url: string, service: string): Promise<void> {
  await withClient({ url, service, purpose: 'probe' }, (client) => client.query({ text: 'SELECT 1', query_timeout: 5000 } as QueryConfig));
}

/** One statement on a connection that is nobody's afterwards. */
async function sendAlone(pool: ConnectionPool, service: string, call: CallMeta, query: Query): Promise<QueryResult> {
  for (;;) {
    const session = await pool.acquire(call);
    try {
      const result = await session.query(query, call);
      if (session.inTransaction()) throw new Error(`A statement of ${service} began a transaction: transaction() does that.`);
      return result;
    } catch (error) {
      if (!isStalePlan(error)) throw error;
    } finally {
      session.release();
    }
  }
}
