import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { rootCall, type Owner } from '@mlab/kernel';
import { integer, openDatabase, sql, text, type DatabaseOptions, type OpenedService } from '#/index.ts';
import { openTestDatabase, testOwner, type TestDatabase } from '#/testing.ts';

let server: TestDatabase;
before(async () => {
  server = await openTestDatabase();
});
after(() => server[Symbol.asyncDispose]());

interface Folder extends AsyncDisposable {
  readonly url: URL;
  write(files: Readonly<Record<string, string>>): Promise<void>;
  remove(name: string): Promise<void>;
}

async function folderOf(files: Readonly<Record<string, string>>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'mlab-migrations-'));
  const folder: Folder = {
    url: pathToFileURL(path),
    write: async (more) => {
      for (const [name, content] of Object.entries(more)) await writeFile(join(path, name), content);
    },
    remove: (name) => rm(join(path, name)),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
  await folder.write(files);
  return folder;
}

const open = async (owner: string | Owner, migrations: URL, options: Partial<DatabaseOptions> = {}): Promise<OpenedService> =>
  await openDatabase(typeof owner === 'string' ? await testOwner(owner) : owner, { adminUrl: server.url, migrations, ...options });

/** Opens, looks, closes. */
async function tables(owner: string | Owner, migrations: URL, options: Partial<DatabaseOptions> = {}): Promise<readonly string[]> {
  await using service = await open(owner, migrations, options);
  const statement = sql`SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema() ORDER BY 1`;
  return await service.database.for(rootCall('test')).all(statement, (row) => text(row['table_name']));
}

const refused = async (owner: string, folder: Folder, sentence: RegExp): Promise<void> => {
  await assert.rejects(open(owner, folder.url), (error) => {
    assert.match((error as Error).message, sentence);
    assert.doesNotMatch((error as Error).message, /:dev@/);
    return true;
  });
};

test('each file is run once, in its order, and later ones are added', async () => {
  await using folder = await folderOf({ '0001_a.sql': 'CREATE TABLE a (id int); INSERT INTO a VALUES (1);' });
  assert.deepEqual(await tables('grows', folder.url), ['a', 'migration']);
  assert.deepEqual(await tables('grows', folder.url), ['a', 'migration']);
  await folder.write({ '0002_a-to-b.sql': 'ALTER TABLE a RENAME TO b;', '0003_c.sql': 'CREATE TABLE c AS SELECT id FROM b;' });
  assert.deepEqual(await tables('grows', folder.url), ['b', 'c', 'migration']);
});

test('ten that start at once agree: one migrates, the others wait and find it done', async () => {
  await using folder = await folderOf({
    '0001_slow.sql': 'CREATE TABLE once (id int); SELECT pg_sleep(0.2);',
    '0002_row.sql': 'INSERT INTO once VALUES (1);',
  });
  const opened = await Promise.all(Array.from({ length: 10 }, () => open('ten-at-once', folder.url)));
  const counts = opened.map(({ database }) =>
    database.for(rootCall('test')).first(sql`SELECT count(*) FROM once`, (row) => integer(row['count'])),
  );
  assert.deepEqual(
    await Promise.all(counts),
    Array.from({ length: 10 }, () => 1),
  );
  await Promise.all(opened.map((service) => service[Symbol.asyncDispose]()));
});

test('different services that start at once for the first time do not get in each other’s way', async () => {
  await using folder = await folderOf({ '0001_a.sql': 'CREATE TABLE a (id int)' });
  const names = Array.from({ length: 12 }, (_, index) => `at-once-${index}`);
  assert.deepEqual(
    await Promise.all(names.map((name) => tables(name, folder.url))),
    names.map(() => ['a', 'migration']),
  );
});

test('a file that was changed, renamed or lost after it had been run is refused', async () => {
  await using folder = await folderOf({ '0001_a.sql': 'CREATE TABLE a (id int);\n', '0002_b.sql': 'CREATE TABLE b (id int);' });
  await tables('changes', folder.url);
  await folder.write({ '0001_a.sql': '\uFEFFCREATE TABLE a (id int);\r\n' });
  assert.deepEqual(await tables('changes', folder.url), ['a', 'b', 'migration'], 'other line ends are no change');
  await folder.write({ '0001_a.sql': 'CREATE TABLE a (id int8);\n' });
  await refused('changes', folder, /^0001_a\.sql was changed after the database of changes had been migrated by it/);
  await folder.remove('0001_a.sql');
  await folder.write({ '0001_z.sql': 'CREATE TABLE a (id int);\n' });
  await refused('changes', folder, /^The database of changes was migrated by 0001_a\.sql, in whose place there is now 0001_z\.sql/);
  await folder.remove('0001_z.sql');
  await refused('changes', folder, /holds 0002_b\.sql where 0001 was expected/);
});

test('a folder with a gap, a number twice, or anything else in it is refused', async () => {
  const wrong: readonly [Readonly<Record<string, string>>, RegExp][] = [
    [{ '0001_a.sql': '', '0003_c.sql': '' }, /holds 0003_c\.sql where 0002 was expected/],
    [{ '0001_a.sql': '', '0001_b.sql': '' }, /holds 0001_b\.sql where 0002 was expected/],
    [{ '0000_a.sql': '' }, /where 0001 was expected/],
    [{ '0001_a.sql': '', '2_b.sql': '' }, /holds 2_b\.sql, which is no migration/],
    [{ '0001_a.sql': '', 'readme.md': '' }, /holds readme\.md, which is no migration/],
    [{ '0001_A.SQL': '' }, /which is no migration/],
    [{}, /There are no migrations in/],
  ];
  for (const [files, sentence] of wrong) {
    await using folder = await folderOf(files);
    await refused('wrong-folder', folder, sentence);
  }
  await using folder = await folderOf({ '0001_a.sql': 'SELECT 1', '.DS_Store': '' });
  assert.deepEqual(await tables('wrong-folder', folder.url), ['migration']);
});

test('a migration that fails leaves nothing, names its file and line, and can be put right', async () => {
  await using folder = await folderOf({
    '0001_a.sql': 'CREATE TABLE a (id int);',
    '0002_bad.sql': '-- größer als 𝕏\nCREATE TABLE b (id int);\n\nCREATE TABLE c (id nosuchtype);\n',
  });
  await refused('fails', folder, /^Migration 0002_bad\.sql of fails failed in line 4: type "nosuchtype" does not exist\./);
  await folder.write({ '0002_bad.sql': 'CREATE TABLE b (id int);\nCOMMIT;\nCREATE TABLE c (id int);' });
  await refused('fails', folder, /0002_bad\.sql of fails failed: it ends its transaction/);
  await folder.write({ '0002_bad.sql': 'CREATE TABLE b (id int);' });
  assert.deepEqual(await tables('fails', folder.url), ['a', 'b', 'migration']);
});

test('a database that newer code has migrated is used by older code, with a warning', async () => {
  await using folder = await folderOf({ '0001_a.sql': 'CREATE TABLE a (id int)', '0002_b.sql': 'CREATE TABLE b (id int)' });
  await tables('older', folder.url);
  await folder.remove('0002_b.sql');
  const owner = await testOwner('older');
  const warnings: unknown[] = [];
  owner.telemetry.log.warn = (...words: unknown[]) => void warnings.push(words);
  assert.deepEqual(await tables(owner, folder.url), ['a', 'b', 'migration']);
  assert.deepEqual(warnings, [
    [{ origin: 'service', newer: ['0002_b.sql'] }, 'Newer code has migrated the database; this code goes on with it.'],
  ]);
});

test('what the platform keeps in the same schema has numbers of its own', async () => {
  await using folder = await folderOf({ '0001_a.sql': 'CREATE TABLE a (id int)' });
  await using events = await folderOf({ '0001_outbox.sql': 'CREATE TABLE outbox (id int)' });
  await tables('with-events', folder.url);
  const systemMigrations = [{ owner: 'events', folder: events.url }];
  assert.deepEqual(await tables('with-events', folder.url, { systemMigrations }), ['a', 'migration', 'outbox']);
  await events.write({ '0002_inbox.sql': 'CREATE TABLE inbox (id int)' });
  assert.deepEqual(await tables('with-events', folder.url, { systemMigrations }), ['a', 'inbox', 'migration', 'outbox']);
  assert.deepEqual(await tables('with-events', folder.url), ['a', 'inbox', 'migration', 'outbox'], 'without events again');
});
