import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { isAlive, testCli, type TestCli, until } from './cli-for-test.ts';

/** The database as a service is told of it. */
async function databaseUrl(cli: TestCli): Promise<string> {
  return (JSON.parse(await cli.get('gateway')) as { databaseUrl: string }).databaseUrl;
}

async function query(url: string, text: string): Promise<readonly unknown[]> {
  const client = new Client(url);
  // A server that goes away cuts the connection, which nobody waits for here.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows.map((row) => Object.values(row)[0]);
  } finally {
    await client.end();
  }
}

/** Which port it had last: that it will have again, unless somebody else has it by then. */
const remember = (home: string, port: number): void => writeFileSync(join(home, 'postgres.port'), `${port}\n`);

/** Another program on a port, until it is disposed of. */
async function occupy(): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { port, [Symbol.asyncDispose]: async () => void (server.listening && (await once(server.close(), 'close'))) };
}

test('up brings a database for all, which lives, falls and ends as the other processes do', async (t) => {
  await using cli = await testCli();
  // Labs of other tests begin with the usual one, and would take it while this one is down.
  const own = await occupy();
  await own[Symbol.asyncDispose]();
  mkdirSync(cli.home);
  remember(cli.home, own.port);
  const up = await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase });
  assert.equal(up.code, 0, up.err);
  assert.match(up.out, /postgres +postgres +postgres:\/\/127\.0\.0\.1:\d+\/mlab +\d+ +ready/);
  const url = await databaseUrl(cli);
  const port = Number(new URL(url).port);

  await t.test('ps shows it, and nobody its password', async () => {
    const { services, state, memory, restarts } = await cli.process('postgres');
    assert.deepEqual({ port: services[0]?.port, state, restarts }, { port, state: 'ready', restarts: 0 });
    assert.ok((memory?.bytes ?? 0) > 5e6);
    const { password } = new URL(url);
    assert.ok(password.length >= 20);
    for (const text of [(await cli.run(['ps', '--json'])).out, up.out, cli.log('postgres'), cli.log('supervisor')])
      assert.ok(!text.includes(password));
    assert.match((await cli.run(['logs', 'postgres'])).out, /"process":"postgres","msg":"database system is ready to accept connections"/);
  });

  await t.test('it starts before all others', () => {
    assert.match(cli.log('supervisor'), /postgres is ready[^]*(predictor|gateway) starts/);
  });

  await t.test('after SIGKILL it comes back where it was, with all that was committed', async () => {
    await query(url, 'CREATE TABLE kept (n int)');
    await query(url, 'INSERT INTO kept SELECT generate_series(1, 1000)');
    const { pid } = await cli.process('postgres');
    process.kill(pid ?? 0, 'SIGKILL');
    await until('it is back', async () => {
      const now = await cli.process('postgres');
      return now.restarts === 1 && now.state === 'ready';
    });
    assert.deepEqual(await query(url, 'SELECT count(*)::int FROM kept'), [1000]);
    assert.match(cli.log('supervisor'), /postgres was ended by SIGKILL; the next try is in 0\.\d s/);
    assert.match(cli.log('postgres'), /automatic recovery in progress/);
  });

  await t.test('stop, start and restart act on it; the others go on', async () => {
    const before = await cli.process('gateway');
    assert.equal((await cli.run(['stop', 'postgres'])).out, 'postgres is stopped.\n');
    await assert.rejects(query(url, 'SELECT 1'), { code: 'ECONNREFUSED' });
    assert.equal((await cli.run(['start', 'postgres'])).code, 0);
    assert.equal((await cli.run(['restart', 'postgres'])).code, 0);
    assert.deepEqual(await query(url, 'SELECT count(*)::int FROM kept'), [1000]);
    assert.equal((await cli.process('gateway')).pid, before.pid);
    const scale = await cli.run(['scale', 'postgres', '2']);
    assert.deepEqual([scale.code, scale.err], [2, 'postgres runs once; a larger one is set by DATABASE_URL.\n']);
  });

  await t.test('it ends last, and down leaves nothing', async () => {
    const { pid } = await cli.process('postgres');
    await cli.run(['down']);
    assert.equal(isAlive(pid), false);
    assert.match(cli.log('supervisor'), /(predictor|gateway) has stopped[^]*postgres stops/);
    assert.match(cli.log('postgres'), /database system is shut down/);
  });

  await t.test(
    'after a SIGKILL of the supervisor down leaves nothing, and the next start has the same database on the same port',
    async () => {
      await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase });
      assert.equal(await databaseUrl(cli), url);
      const { supervisor, processes } = await cli.ps();
      process.kill(supervisor.pid, 'SIGKILL');
      await until('the supervisor is gone', () => !isAlive(supervisor.pid));
      assert.equal((await cli.run(['down'])).code, 0);
      for (const { pid } of processes) assert.equal(isAlive(pid), false);
      assert.equal(existsSync(join(cli.home, 'postgres', 'data', 'postmaster.pid')), false);
    },
  );

  await t.test('a port that was chosen and is taken: a sentence; the others run', async () => {
    await using other = await occupy();
    const taken = other.port;
    const ill = await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase, MLAB_POSTGRES_PORT: String(taken) });
    assert.equal(ill.code, 1);
    assert.match(ill.out, new RegExp(`\\n {2}postgres cannot start: Port ${taken} for postgres is taken by .*MLAB_POSTGRES_PORT=`));
    assert.match(await cli.get('predictor'), /predictor/);
    await other[Symbol.asyncDispose]();
    await until('the port is free, and postgres has it', async () => (await cli.process('postgres')).state === 'ready');
    await cli.run(['down']);
  });

  await t.test('a port that nobody has chosen gives way to another program', async () => {
    await using other = await occupy();
    remember(cli.home, other.port);
    assert.equal((await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase })).code, 0);
    const instead = new URL(await databaseUrl(cli)).port;
    assert.notEqual(Number(instead), other.port);
    assert.equal(readFileSync(join(cli.home, 'postgres.port'), 'utf8'), `${instead}\n`);
    assert.equal((await cli.run(['down'])).code, 0);
  });

  await t.test('a database that cannot be opened says why, and keeps nobody from running', async () => {
    writeFileSync(join(cli.home, 'postgres', 'data', 'PG_VERSION'), '9\n');
    const ill = await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase });
    assert.equal(ill.code, 1);
    assert.match(ill.out, /\n {2}postgres cannot start: The database in .* was made by PostgreSQL 9, and this is PostgreSQL 18/);
    assert.match(await cli.get('predictor'), /predictor/);
    assert.match(await cli.get('gateway'), /"--peer"/, 'without a database they are told where their neighbours are');
  });
});

test('Ctrl-C while the database is being created ends everything, and the next start creates it', async () => {
  await using cli = await testCli();
  const up = cli.begin(['up'], { env: { MLAB_TOPOLOGY: cli.withDatabase } });
  await until('it is being created', () => existsSync(join(cli.home, 'postgres')));
  assert.equal((await cli.process('postgres')).state, 'starting');
  up.interrupt();
  assert.equal((await up.ended).code, 0);
  assert.doesNotMatch(cli.log('supervisor'), /(predictor|gateway) starts/);
  const again = await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase });
  assert.equal(again.code, 0, again.out);
  assert.equal((await cli.process('postgres')).state, 'ready');
});

test('DATABASE_URL names the database of all, and none is brought', async () => {
  await using cli = await testCli();
  const url = 'postgres://somebody@127.0.0.1:1/else';
  await cli.run(['up', '--detach'], { MLAB_TOPOLOGY: cli.withDatabase, DATABASE_URL: url });
  assert.equal(await databaseUrl(cli), url);
  assert.deepEqual(
    (await cli.ps()).processes.map(({ process }) => process),
    ['predictor', 'gateway'],
  );
  assert.equal(existsSync(join(cli.home, 'postgres')), false);
});
