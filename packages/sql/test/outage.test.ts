import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as dial, createServer, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, rootCall, type Queryable } from '@mlab/kernel';
import { integer, openListener, sql, type OpenedService } from '#/index.ts';
import { openTestDatabase, openTestService, testOwner } from '#/testing.ts';
import { connect } from './admin.ts';

const migrations = ['CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL); INSERT INTO counter VALUES (1, 0)'];
const db = (service: OpenedService, ms = 5000): Queryable => service.database.for(rootCall('test', ms));
const increment = sql`UPDATE counter SET n = n + 1`;
const count = (service: OpenedService): Promise<number | undefined> =>
  db(service).first(sql`SELECT n FROM counter`, (row) => integer(row['n']));

test('when PostgreSQL ends all connections under load, statements fail as unavailable or succeed, and then all succeed again', async () => {
  await using server = await openTestDatabase();
  await using admin = await connect(server.url);
  await using service = await openTestService(await testOwner('load'), server.url, { migrations });
  const run = { going: true, succeeded: 0 };
  const failures: unknown[] = [];
  const load = Array.from({ length: 16 }, async (_, index) => {
    while (run.going) {
      const statement =
        index % 2 === 0 ? db(service).run(increment) : service.database.transaction(rootCall('test'), (tx) => tx.run(increment));
      await statement.then(
        () => run.succeeded++,
        (error: unknown) => failures.push(error),
      );
    }
  });
  for (let round = 0; round < 5; round++) {
    const enough = run.succeeded + 50;
    await admin.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mlab load'`);
    while (run.succeeded < enough) await new Promise((resolve) => void setImmediate(resolve));
  }
  run.going = false;
  await Promise.all(load);
  assert.ok(failures.length > 0, 'the connections were ended while in use');
  for (const error of failures) assert.ok(AppError.is(error, 'unavailable') && error.retryAfter === 1, String(error));
  const n = (await count(service)) ?? 0;
  // Who was told of a success has had one; a failed commit may have been made all the same.
  assert.ok(n >= run.succeeded && n <= run.succeeded + failures.length, `${n} of ${run.succeeded}, ${failures.length} failed`);
});

test('a commit whose confirmation is lost says that its outcome is not known', async () => {
  await using server = await openTestDatabase();
  await using way = await openWay(server.url);
  await using service = await openTestService(await testOwner('commit'), way.url, { migrations });
  const lost = service.database.transaction(rootCall('test'), async (tx) => {
    await tx.run(increment);
    way.swallowAnswers();
  });
  // The server makes the commit, and its answer never arrives.
  await using direct = await connect(server.url);
  while ((await direct.run('SELECT 1 FROM commit.counter WHERE n = 1')).length === 0) await delay(2);
  way.cut();
  await assert.rejects(lost, (error) => AppError.is(error, 'unavailable') && /not known whether it was made/.test(error.message));
  assert.equal(await count(service), 1);
});

test('readiness follows what is known of the database, without asking it', async () => {
  await using server = await openTestDatabase();
  await using way = await openWay(server.url);
  await using service = await openTestService(await testOwner('ready'), way.url, { migrations });
  const isOk = (): boolean | undefined => service.checks?.()[0]?.ok;
  assert.deepEqual(service.checks?.(), [{ name: 'database', ok: true, required: true, detail: 'It can be used.' }]);
  way.close();
  await assert.rejects(db(service).run(sql`SELECT 1`), (error) => AppError.is(error, 'unavailable'));
  while (isOk() !== false) await delay(1);
  way.open();
  while (isOk() !== true) await delay(10);
  assert.equal(await count(service), 0);
});

test('a server that no longer answers does not hold a call beyond its deadline, nor its connection', async () => {
  await using server = await openTestDatabase();
  await using way = await openWay(server.url);
  await using service = await openTestService(await testOwner('silent'), way.url, { migrations, settings: { maxConnections: 1 } });
  assert.equal(await count(service), 0);
  way.swallowAnswers();
  await assert.rejects(db(service, 100).run(sql`SELECT 1`), (error) => AppError.is(error, 'deadline'));
  way.open();
  // The one connection is given up after a while, and the next takes its place.
  assert.equal(await count(service), 0);
});

test('a statement ends in the server when the process that asked for it is gone', { timeout: 20_000 }, async () => {
  await using server = await openTestDatabase();
  await using way = await openWay(server.url);
  await using service = await openTestService(await testOwner('gone'), way.url, { migrations });
  await using admin = await connect(server.url);
  const running = async (): Promise<number> =>
    (await admin.run(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'mlab gone' AND state = 'active'`)).length;
  const slow = db(service, 20_000).run(sql`SELECT pg_sleep(300)`);
  while ((await running()) === 0) await delay(2);
  way.cut();
  await assert.rejects(slow, (error) => AppError.is(error, 'unavailable'));
  while ((await running()) > 0) await delay(10);
});

test('closing waits for statements under way, and takes no more', async () => {
  await using server = await openTestDatabase();
  const service = await openTestService(await testOwner('closing'), server.url, { migrations });
  const slow = db(service).first(sql`SELECT 5 AS n, pg_sleep(0.2)`, (row) => integer(row['n']));
  await using admin = await connect(server.url);
  while ((await admin.run(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'mlab closing' AND state = 'active'`)).length === 0)
    await delay(2);
  await service[Symbol.asyncDispose]();
  await assert.rejects(db(service).run(increment), (error) => AppError.is(error, 'unavailable'));
  assert.equal(await slow, 5);
});

test('a table that newer code has changed meanwhile disturbs nobody', async () => {
  await using server = await openTestDatabase();
  await using service = await openTestService(await testOwner('newer'), server.url, { migrations });
  const find = (): Promise<number | undefined> => count(service);
  const findInside = (): Promise<number | undefined> =>
    service.database.transaction(rootCall('test'), (tx) => tx.first(sql`SELECT n FROM counter`, (row) => integer(row['n'])));
  // Several connections, each of which has prepared both.
  await Promise.all([find(), find(), find(), findInside(), findInside(), findInside()]);
  await Promise.all([find(), find(), find(), findInside(), findInside(), findInside()]);
  await using admin = await connect(server.url);
  await admin.run('ALTER TABLE newer.counter ALTER COLUMN n TYPE int8');
  assert.deepEqual(await Promise.all([find(), findInside(), find(), findInside(), find(), findInside()]), [0, 0, 0, 0, 0, 0]);
});

test('a listener hears again after its connection was cut, and says that it may have missed something', async () => {
  await using server = await openTestDatabase();
  await using way = await openWay(server.url);
  const owner = await testOwner('listening');
  await using service = await openTestService(owner, way.url, { migrations });
  const heard: string[] = [];
  const { clock, random, telemetry } = owner;
  const news = { next: Promise.withResolvers<void>() };
  const told = (what: string): void => {
    heard.push(what);
    news.next.resolve();
    news.next = Promise.withResolvers();
  };
  await using _listener = await openListener({
    url: service.url,
    name: 'mlab listening',
    channels: ['first', `odd "name"`],
    onNotify: (channel, payload) => {
      told(`${channel}: ${payload}`);
      throw new Error('does not matter');
    },
    onReconnect: () => told('again'),
    clock,
    random,
    log: telemetry.log,
  });
  await using admin = await connect(server.url);
  const notified = async (channel: string, payload: string): Promise<void> => {
    const { promise } = news.next;
    await admin.run(`SELECT pg_notify('${channel}', '${payload}')`);
    await promise;
  };
  await notified('first', 'a');
  await notified(`odd "name"`, `it's`.replace(`'`, `''`));
  let { promise } = news.next;
  await admin.run(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mlab listening'`);
  await promise;
  await notified('first', 'b');
  ({ promise } = news.next);
  way.close();
  await admin.run(`SELECT pg_notify('first', 'missed')`);
  way.open();
  await promise;
  await notified('first', 'c');
  assert.deepEqual(heard, ['first: a', `odd "name": it's`, 'again', 'first: b', 'again', 'first: c']);
});

interface Way extends AsyncDisposable {
  readonly url: string;
  /** Lets nothing through from the server, on connections that are open now or later. */
  swallowAnswers(): void;
  /** Ends the connections that are open. */
  cut(): void;
  /** Ends them, and takes no more. */
  close(): void;
  open(): void;
}

/** The network between a service and its database, with faults. */
async function openWay(url: string): Promise<Way> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let refusing = false;
  let silent = false;
  const listening = createServer((near) => {
    if (refusing) return void near.destroy();
    const far = dial(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.on('data', (data) => far.write(data));
    far.on('data', (data) => silent || near.write(data));
  }).listen(0, '127.0.0.1');
  await once(listening, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const way = new URL(url);
  way.port = String((listening.address() as AddressInfo).port);
  return {
    url: way.href,
    swallowAnswers: () => (silent = true),
    cut: () => {
      silent = false;
      cut();
    },
    close: () => {
      refusing = true;
      cut();
    },
    open: () => {
      refusing = false;
      silent = false;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      listening.close();
      await once(listening, 'close');
    },
  };
}
