import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, escapeIdentifier } from 'pg';
import { folderForTests } from '#/test-folder.ts';

/** Where databases of tests are made. */
export interface TestServer {
  readonly url: string;
  /** Whether it is there for longer than one database. */
  readonly stays: boolean;
  stop(): Promise<void>;
}

export async function openTestServer(): Promise<TestServer> {
  const url = process.env['MLAB_TEST_DATABASE_URL'];
  if (url !== undefined) return { url, stays: true, stop: () => Promise.resolve() };
  const { startEmbedded } = await import('#/embedded/index.ts');
  const folder = await mkdtemp(join(folderForTests(), 'mlab-test-'));
  const server = await startEmbedded({ folder });
  return {
    url: server.url,
    stays: false,
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function urlOf({ url }: TestServer, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

export async function createDatabase(server: TestServer, name: string, template = 'template0'): Promise<void> {
  await withAdmin(server.url, async (ask) => {
    const [version] = await ask("SELECT current_setting('server_version_num')::int AS number");
    // Files are copied in a sixth of the time that it takes to log each of their pages. PostgreSQL 14 knows one way only.
    const strategy = (version?.['number'] as number) >= 150_000 ? ' STRATEGY = FILE_COPY' : '';
    await ask(`CREATE DATABASE ${name} TEMPLATE = ${template}${strategy}`);
  });
}

/** The database, and the roles that services have in it. */
export async function dropDatabase(server: TestServer, name: string): Promise<void> {
  await withAdmin(server.url, async (ask) => {
    await ask(`DROP DATABASE ${name} WITH (FORCE)`);
    const roles = await rolesOf(ask, name);
    if (roles.length > 0) await ask(`DROP ROLE ${roles.map((role) => escapeIdentifier(role)).join(', ')}`);
  });
}

export async function rolesOf(ask: Ask, database: string): Promise<readonly string[]> {
  const rows = await ask(`SELECT rolname FROM pg_roles WHERE starts_with(rolname, '${database}_')`);
  return rows.map(({ rolname }) => rolname as string);
}

type Ask = (statement: string) => Promise<readonly Record<string, unknown>[]>;

export async function withAdmin(url: string, work: (ask: Ask, client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await work(async (statement) => (await client.query<Record<string, unknown>>(statement)).rows, client);
  } finally {
    await client.end();
  }
}
