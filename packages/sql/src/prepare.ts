import { AppError, type CallMeta, rootCall, type Clock } from '@mlab/kernel';
import type { Logger } from '@mlab/telemetry';
import { sqlState } from '#/failures.ts';
import { targetOf, type Login, type Target } from '#/login.ts';
import type { Migration } from '#/migration-files.ts';
import { APPLIED, migrate, pendingMigrations, type Applied } from '#/migrate.ts';
import type { ConnectionPool } from '#/pool.ts';
import { withClient } from '#/with-client.ts';
import { provision } from '#/provision.ts';

export interface PrepareOptions {
  readonly adminUrl: string;
  readonly login: Login;
  readonly service: string;
  readonly pool: ConnectionPool;
  readonly migrations: readonly Migration[];
  readonly clock: Clock;
  readonly log: Logger;
  /** How long to wait for a server that is just starting, in milliseconds. */
  readonly patienceMs: number;
}

/** Sees to it that the service can log in and its schema is up to date. When both are so already, that is one statement. */
export async function prepare(options: PrepareOptions): Promise<void> {
  const { service, migrations, log } = options;
  const applied = await patiently(options, options.adminUrl, () => readApplied(options));
  if (applied === undefined) await asAdmin(options);
  else if (pendingMigrations(service, migrations, applied, log).length === 0) return;
  await asService(options);
}

/** undefined when the role, its schema or the table in it is not there yet. */
async function readApplied({ pool, service }: PrepareOptions): Promise<readonly Applied[] | undefined> {
  const call: CallMeta = rootCall(service, 30_000);
  try {
    const session = await pool.acquire(call);
    try {
      return (await session.query({ text: APPLIED }, call)).rows as Applied[];
    } finally {
      session.release();
    }
  } catch (error) {
    if (/^(28P01|28000|42P01|3F000|42501)$/.test(sqlState(error) ?? '')) return undefined;
    throw error;
  }
}

async function asAdmin(options: PrepareOptions): Promise<void> {
  const { adminUrl: url, login, service, log } = options;
  const target = targetOf(url);
  await patiently(options, url, () => withClient({ url, service, purpose: 'provision' }, (admin) => provision(admin, target, login, log)));
}

async function asService(options: PrepareOptions): Promise<void> {
  const { service, migrations, log } = options;
  const { url } = options.login;
  await patiently(options, url, () =>
    withClient({ url, service, purpose: 'migrate' }, (client) => migrate(client, service, migrations, log)),
  );
}

/** Tries again while the server is starting or the network is not there yet; then says in a sentence what is in the way. */
async function patiently<T>({ clock, patienceMs }: PrepareOptions, url: string, task: () => Promise<T>): Promise<T> {
  const until = clock.monotonic() + patienceMs;
  for (;;) {
    try {
      return await task();
    } catch (error) {
      if (!AppError.is(error, 'unavailable')) throw error;
      if (HOPELESS.test(sqlState(error) ?? '') || clock.monotonic() >= until) throw notUsable(targetOf(url), error.cause);
      await new Promise<void>((resolve) => void clock.schedule(100, resolve));
    }
  }
}

/** A wrong login, or a database that is not there: waiting makes neither right. */
const HOPELESS = /^(28|3D)/;

function notUsable({ host, port, user, database }: Target, cause: unknown): Error {
  const said = cause instanceof Error ? cause.message || ('code' in cause ? String(cause.code) : cause.name) : String(cause);
  const state = sqlState(cause) ?? '';
  const where = `${host}:${port}`;
  if (state === '3D000')
    return new Error(`There is no database ${database} at ${where} (DATABASE_URL): create it with CREATE DATABASE.`, { cause });
  if (state.startsWith('28')) return new Error(`PostgreSQL at ${where} (DATABASE_URL) refuses the login ${user}: ${said}.`, { cause });
  return new Error(`PostgreSQL at ${where} (DATABASE_URL) cannot be used: ${said}.`, { cause });
}
