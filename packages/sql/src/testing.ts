import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Clock, Owner } from '@mlab/kernel';
import { openLog, openTelemetry } from '@mlab/telemetry';
import { openDatabase, type DatabaseOptions, type OpenedService } from '#/database.ts';
import { createDatabase, dropDatabase, openTestServer, urlOf } from '#/test-server.ts';
import { createPrepared, newTestName, type Preparation } from '#/test-template.ts';

export { folderForTests } from '#/test-folder.ts';

export interface TestDatabase extends AsyncDisposable {
  /** Of a login that may do everything in a database that is nobody else's. */
  readonly url: string;
}

/**
 * A database for one test file, dropped in the end. It is made on the server of `MLAB_TEST_DATABASE_URL`, or else on one that is started
 * for it alone, which takes seconds. With `prepare`, one and the same function for all that are to be alike, it is not empty.
 */
export async function openTestDatabase(prepare?: Preparation): Promise<TestDatabase> {
  const server = await openTestServer();
  const name = newTestName();
  if (prepare === undefined) await createDatabase(server, name);
  else await createPrepared(server, name, prepare, openLog({ level: 'silent' }).logger);
  return {
    url: urlOf(server, name),
    [Symbol.asyncDispose]: async () => {
      await dropDatabase(server, name);
      await server.stop();
    },
  };
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
