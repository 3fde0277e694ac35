import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCall, type Queryable } from '@mlab/kernel';
import { identifier, loginOf, sql, text, type OpenedService } from '#/index.ts';
import { connect } from './admin.ts';
import { openTestDatabase, openTestService, testOwner, type TestDatabase } from '#/testing.ts';

const open = async (server: TestDatabase, name: string): Promise<OpenedService> =>
  await openTestService(await testOwner(name), server.url, { migrations: ['CREATE TABLE secret (id int PRIMARY KEY, word text)'] });

const db = (service: OpenedService): Queryable => service.database.for(rootCall('test', 20_000));

test('a service sees nothing of what another keeps, and can make nothing outside of its own schema', async () => {
  await using server = await openTestDatabase();
  await using mine = await open(server, 'feature-store');
  await using other = await open(server, 'registry');
  await db(other).run(sql`INSERT INTO secret (id, word) VALUES (1, 'hidden')`);
  assert.deepEqual([mine.schema, other.schema], ['feature_store', 'registry']);

  const theirs = sql`${identifier(other.schema)}.secret`;
  const role = identifier(loginOf(server.url, 'registry').role);
  const forbidden = [
    sql`SELECT word FROM ${theirs}`,
    sql`INSERT INTO ${theirs} (id) VALUES (2)`,
    sql`UPDATE ${theirs} SET word = 'mine'`,
    sql`DELETE FROM ${theirs}`,
    sql`TRUNCATE ${theirs}`,
    sql`DROP TABLE ${theirs}`,
    sql`CREATE TABLE ${identifier(other.schema)}.more (id int)`,
    sql`CREATE TABLE public.more (id int)`,
    sql`CREATE SCHEMA more`,
    sql`SET ROLE ${role}`,
    sql`SET SESSION AUTHORIZATION ${role}`,
    sql`ALTER ROLE ${role} PASSWORD 'mine'`,
    sql`GRANT ${role} TO CURRENT_USER`,
    sql`CREATE ROLE more`,
    sql`COPY secret TO PROGRAM 'cat'`,
    sql`SELECT pg_read_file('/etc/passwd')`,
    sql`SELECT rolpassword FROM pg_authid`,
  ];
  for (const statement of forbidden)
    await assert.rejects(db(mine).run(statement), /permission denied|must be (superuser|owner)|must have admin option/, statement.text);

  const visible = sql`SELECT table_schema || '.' || column_name AS name FROM information_schema.columns
    WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_name = 'secret' ORDER BY 1`;
  assert.deepEqual(await db(mine).all(visible, (row) => text(row['name'])), ['feature_store.id', 'feature_store.word']);
  assert.deepEqual(await db(mine).all(sql`SELECT word FROM secret`, (row) => row), []);
  assert.deepEqual(await db(other).all(sql`SELECT word FROM secret`, (row) => text(row['word'])), ['hidden']);
});

test('each process finds the same login, each service and each database has its own', () => {
  const url = 'postgres://admin:p%40ss@db:5432/mlab?sslmode=verify-full';
  const login = loginOf(url, 'feature-store');
  assert.deepEqual(login, loginOf(url, 'feature-store'));
  assert.deepEqual([login.schema, login.role], ['feature_store', 'mlab_feature_store']);
  assert.equal(login.url, `postgres://mlab_feature_store:${login.password}@db:5432/mlab?sslmode=verify-full`);
  const passwords = [
    login,
    loginOf(url, 'registry'),
    loginOf(url.replace('mlab?', 'staging?'), 'feature-store'),
    loginOf(url.replace('p%40ss', 'other'), 'feature-store'),
    loginOf('postgres://admin@db/mlab', 'feature-store'),
  ].map(({ password }) => password);
  assert.equal(new Set(passwords).size, passwords.length);
  assert.equal(loginOf('postgres:///mlab?host=/run/postgresql&user=admin', 'registry').url.includes('user=mlab_registry'), true);

  const [long, longer] = ['a'.repeat(70), 'a'.repeat(71)].map((name) => loginOf(url, name)) as [typeof login, typeof login];
  assert.notEqual(long.schema, longer.schema);
  for (const name of [long.schema, long.role, longer.role]) assert.ok(Buffer.byteLength(name) <= 63, name);
});

test('a role that may more than it should is not taken over, nor is the schema of somebody else', async () => {
  await using server = await openTestDatabase();
  const { role } = loginOf(server.url, 'mighty');
  await using admin = await connect(server.url);
  await admin.run(`CREATE ROLE "${role}" LOGIN CREATEROLE`);
  await assert.rejects(open(server, 'mighty'), /The role \S+ may more than a service's role should/);
  await admin.run('CREATE SCHEMA taken');
  await assert.rejects(open(server, 'taken'), /The schema taken of \S+ belongs to \S+; expected \S+_taken/);
});
