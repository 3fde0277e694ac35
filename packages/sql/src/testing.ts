import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock, Owner } from '@mlab/kernel';
import { openLog, openTelemetry } from '@mlab/telemetry';
import { Client, escapeIdentifier } from 'pg';
import { openDatabase, type DatabaseOptions, type OpenedService } from '#/database.ts';

export interface TestDatabase extends AsyncDisposable {
  /** Of a login that may do everything in a database that is nobody else's. */
  readonly url: string;
}

/**
 * A database for one test file, dropped in the end. It is made on the server of `MLAB_TEST_DATABASE_URL`, or else on one that is started
 * for it alone, which takes seconds.
 */
export async function openTestDatabase(): Promise<TestDatabase> {
  const server = await testServer();
  const name = `mlab_test_${randomBytes(6).toString('hex')}`;
  await withAdmin(server.url, async (ask) => {
    const [version] = await ask("SELECT current_setting('server_version_num')::int AS number");
    // An empty database is copied as files in a sixth of the time that it takes to log each of its pages. PostgreSQL 14 knows one way only.
    const strategy = (version?.['number'] as number) >= 150_000 ? ' STRATEGY = FILE_COPY' : '';
    await ask(`CREATE DATABASE ${name} TEMPLATE = template0${strategy}`);
  });
  const url = new URL(server.url);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    [Symbol.asyncDispose]: async () => {
      await withAdmin(server.url, async (ask) => {
        await ask(`DROP DATABASE ${name} WITH (FORCE)`);
        const roles = await ask(`SELECT rolname FROM pg_roles WHERE starts_with(rolname, '${name}_')`);
        if (roles.length > 0) await ask(`DROP ROLE ${roles.map(({ rolname }) => escapeIdentifier(rolname as string)).join(', ')}`);
      });
      await server.stop();
    },
  };
}

interface TestServer {
  readonly url: string;
  stop(): Promise<void>;
}

async function testServer(): Promise<TestServer> {
  const url = process.env['MLAB_TEST_DATABASE_URL'];
  if (url !== undefined) return { url, stop: () => Promise.resolve() };
  const { startEmbedded } = await import('#/embedded/index.ts');
  const folder = await mkdtemp(join(tmpdir(), 'mlab-test-'));
  const server = await startEmbedded({ folder });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

type Ask = (statement: string) => Promise<readonly Record<string, unknown>[]>;

async function withAdmin(url: string, work: (ask: Ask) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(async (statement) => (await client.query<Record<string, unknown>>(statement)).rows);
  } finally {
    await client.end();
  }
}

const clock: Clock = {
  now: () => new Date(),
  monotonic: () => performance.now(),
  schedule: (ms, task) => {
    const timer = setTimeout(task, ms);
    return () => clearTimeout(timer);
  },
};

/** Somebody to open a facility for, who logs nothing. */
export async function testOwner(name: string): Promise<Owner> {
  const { logger } = openLog({ level: 'silent' });
  const telemetry = await openTelemetry({ service: name, version: '0.0.0', logger, env: {} });
  return { name, telemetry, clock, random: Math.random };
}

/** Opens a service's database whose migrations are given as texts, in their order. */
export async function openTestService(
  owner: Owner,
  adminUrl: string,
  { migrations, ...options }: Omit<DatabaseOptions, 'adminUrl' | 'migrations'> & { readonly migrations: readonly string[] },
): Promise<OpenedService> {
  const folder = await mkdtemp(join(tmpdir(), 'mlab-migrations-'));
  try {
    for (const [index, text] of migrations.entries()) await writeFile(join(folder, `${String(index + 1).padStart(4, '0')}_test.sql`), text);
    return await openDatabase(owner, { ...options, adminUrl, migrations: pathToFileURL(folder) });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
