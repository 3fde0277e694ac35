import type { CallMeta, Database, OpenedDatabase, Owner } from '@mlab/kernel';
import { queryable, type Observe } from '#/queryable.ts';
import { loginOf } from '#/login.ts';
import { readMigrations } from '#/migration-files.ts';
import { openPool, type PoolSettings } from '#/pool.ts';
import { prepare } from '#/prepare.ts';
import type { Query } from '#/session.ts';
import { runTransaction } from '#/transaction.ts';

export interface DatabaseOptions {
  /** Of a login that may create roles, and schemas in its database: `DATABASE_URL`. */
  readonly adminUrl: string;
  /** The folder of the service's own numbered SQL files. */
  readonly migrations?: URL;
  /** What the platform keeps in the same schema, such as an outbox: applied before the service's own. */
  readonly systemMigrations?: readonly SystemMigrations[];
  readonly settings?: PoolSettings;
  /** How long to wait at first for a server that is just starting, in milliseconds. Default 5,000. */
  readonly patienceMs?: number;
}

export interface SystemMigrations {
  /** `events`, `jobs`: kept beside each file, so that two owners may count from 1. */
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
  const { name: service, clock, random, telemetry } = owner;
  const { adminUrl, migrations: folder, systemMigrations = [], settings = {}, patienceMs = 5000 } = options;
  const { log } = telemetry;
  const login = loginOf(adminUrl, service);
  const read = await Promise.all([
    ...systemMigrations.map((part) => readMigrations(part.owner, part.folder)),
    ...(folder === undefined ? [] : [readMigrations('service', folder)]),
  ]);

  await using stack = new AsyncDisposableStack();
  const pool = stack.use(openPool({ url: login.url, service, settings, clock, log }));
  await prepare({ adminUrl, login, service, pool, migrations: read.flat(), clock, log, patienceMs });

  const observe: Observe = () => undefined;
  const send = async (call: CallMeta, query: Query): ReturnType<typeof sendOne> => sendOne(call, query);
  async function sendOne(call: CallMeta, query: Query): Promise<import('pg').QueryResult> {
    const session = await pool.acquire(call);
    try {
      const result = await session.query(query, call);
      if (session.inTransaction()) throw new Error(`A statement of ${service} began a transaction: transaction() does that.`);
      return result;
    } finally {
      session.release();
    }
  }
  const transactions = { pool, service, clock, random, log, observe, onRetry: () => undefined };
  const database: Database = {
    for: (call) => queryable({ service, observe }, (query) => send(call, query)),
    transaction: (call, work, transactionOptions) => runTransaction(transactions, call, work, transactionOptions),
  };
  const disposing = stack.move();
  return { database, url: login.url, schema: login.schema, [Symbol.asyncDispose]: () => disposing.disposeAsync() };
}
