import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { integer, sql, text } from '#/index.ts';
import { requireVersion } from '#/provision.ts';
import { openTestDatabase, openTestService, testOwner } from '#/testing.ts';
import { connect } from './admin.ts';

const migrations = ['CREATE TABLE thing (id int)'];

/** The URL with another login, host, port or database. */
function changed(url: string, part: Partial<URL>): string {
  return Object.assign(new URL(url), part).href;
}

async function refusal(url: string, service = 'thing'): Promise<string> {
  let message = '';
  await assert.rejects(openTestService(await testOwner(service), url, { migrations, patienceMs: 0 }), (error: Error) => {
    message = error.message;
    return true;
  });
  return message;
}

test('a DATABASE_URL that leads nowhere is told in one sentence, without its password', async () => {
  await using server = await openTestDatabase();
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  const database = new URL(server.url).pathname.slice(1);
  const { host: where, username: user } = new URL(server.url);

  const refused: readonly [string, string][] = [
    [
      'mysql://a:secret@localhost/x',
      'DATABASE_URL is not the URL of a PostgreSQL database: expected postgres://user:password@host:5432/database.',
    ],
    [
      'postgres://a:secret@local host:x/y',
      'DATABASE_URL is not the URL of a PostgreSQL database: expected postgres://user:password@host:5432/database.',
    ],
    [
      `postgres://a:secret@127.0.0.1:${port}/x`,
      `PostgreSQL at 127.0.0.1:${port} (DATABASE_URL) cannot be used: connect ECONNREFUSED 127.0.0.1:${port}.`,
    ],
    [
      changed(server.url, { password: 'secret' }),
      `PostgreSQL at ${where} (DATABASE_URL) refuses the login ${user}: password authentication failed for user "${user}".`,
    ],
    [
      changed(server.url, { pathname: '/nowhere' }),
      `There is no database nowhere at ${where} (DATABASE_URL): create it with CREATE DATABASE.`,
    ],
  ];
  for (const [url, sentence] of refused) assert.equal(await refusal(url), sentence);
  assert.match(
    await refusal('postgres://a:secret@no.such.host.invalid/x'),
    /^PostgreSQL at no\.such\.host\.invalid:5432 \(DATABASE_URL\) cannot be used: getaddrinfo/,
  );

  await using admin = await connect(server.url);
  await admin.run(`CREATE ROLE "${database}_login" LOGIN PASSWORD 'secret'`);
  const login = changed(server.url, { username: `${database}_login`, password: 'secret' });
  assert.match(await refusal(login), /lacks a right \(permission denied to create role\)\. Grant it: ALTER ROLE "\w+_login" CREATEROLE;$/);
  await admin.run(`ALTER ROLE "${database}_login" CREATEROLE`);
  assert.match(
    await refusal(login),
    /lacks a right \(permission denied for database \w+\)\. Grant it: GRANT CREATE ON DATABASE "\w+" TO "\w+_login";$/,
  );
});

test('a login that may make roles and schemas is enough', async () => {
  await using server = await openTestDatabase();
  const database = new URL(server.url).pathname.slice(1);
  await using admin = await connect(server.url);
  await admin.run(`CREATE ROLE "${database}_login" LOGIN CREATEROLE PASSWORD 'a b%/c'`);
  await admin.run(`GRANT CREATE ON DATABASE "${database}" TO "${database}_login"`);
  await admin.run('REVOKE CONNECT ON DATABASE ' + database + ' FROM PUBLIC');
  await admin.run(`GRANT CONNECT ON DATABASE "${database}" TO "${database}_login" WITH GRANT OPTION`);
  const url = changed(server.url, { username: `${database}_login`, password: 'a b%25/c' });

  for (const name of ['one', 'two']) {
    await using service = await openTestService(await testOwner(name), url, { migrations });
    const owner = sql`SELECT tableowner FROM pg_tables WHERE tablename = 'thing' AND schemaname = current_schema()`;
    assert.equal(await service.database.for(rootCall('test')).first(owner, (row) => text(row['tableowner'])), `${database}_${name}`);
  }
  // Everything is in place, so the login of the owner is not needed: it could not even log in.
  await admin.run(`ALTER ROLE "${database}_login" NOLOGIN`);
  await using again = await openTestService(await testOwner('one'), url, { migrations });
  assert.equal(await again.database.for(rootCall('test')).first(sql`SELECT count(*) FROM thing`, (row) => integer(row['count'])), 0);
  await admin.run(`ALTER ROLE "${database}_one" PASSWORD 'another'`);
  assert.match(await refusal(url, 'one'), /refuses the login \w+_login: role "\w+_login" is not permitted to log in\.$/);
  await admin.run(`ALTER ROLE "${database}_login" LOGIN`);
  await using restored = await openTestService(await testOwner('one'), url, { migrations });
  assert.equal(restored.schema, 'one');
});

test('a server older than 14 is refused', () => {
  const target = { host: 'db', port: 5432, user: 'a', database: 'b', password: undefined };
  assert.throws(
    () => requireVersion({ number: 130_022, name: '13.22' }, target),
    /^Error: PostgreSQL 13\.22 answers at db:5432 \(DATABASE_URL\): 14 or newer is needed\.$/,
  );
  requireVersion({ number: 140_000, name: '14.0' }, target);
});
