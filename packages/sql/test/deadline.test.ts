import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError, rootCall, type CallMeta, type ErrorCode, type Queryable } from '@mlab/kernel';
import { integer, sql, text, type OpenedService } from '#/index.ts';
import { openTestDatabase, openTestService, testOwner, type TestDatabase } from '#/testing.ts';
import { connect, type Admin } from './admin.ts';

let server: TestDatabase;
let service: OpenedService;
let admin: Admin;
before(async () => {
  server = await openTestDatabase();
  admin = await connect(server.url);
  const migrations = ['CREATE TABLE counter (id int PRIMARY KEY, n int NOT NULL); INSERT INTO counter VALUES (1, 0)'];
  service = await openTestService(await testOwner('slow'), server.url, { migrations, settings: { maxConnections: 2, connectMs: 300 } });
});
after(async () => {
  await service[Symbol.asyncDispose]();
  await admin[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const db = (call: CallMeta): Queryable => service.database.for(call);
const fails = (code: ErrorCode, sentence: RegExp) => (error: unknown) => AppError.is(error, code) && sentence.test(error.message);
const number = (row: Readonly<Record<string, unknown>>): number => integer(row['n']);

/** Asks again until it is so. A test whose wish never comes true ends by its own time limit. */
async function until(condition: string): Promise<void> {
  while ((await admin.run(`SELECT 1 WHERE ${condition}`)).length === 0) await delay(2);
}
const RUNNING = `(SELECT count(*) FROM pg_stat_activity WHERE application_name = 'mlab slow' AND state <> 'idle')`;

test('a statement ends at its deadline, in the server too', async () => {
  const started = performance.now();
  await assert.rejects(db(rootCall('test', 100)).run(sql`SELECT pg_sleep(30)`), fails('deadline', /did not answer in time/));
  assert.ok(performance.now() - started < 1000);
  await until(`${RUNNING} = 0`);
  assert.equal(await db(rootCall('test')).first(sql`SELECT 1 AS n`, number), 1);
});

test('a call without end is no call that is over', async () => {
  assert.equal(await db(rootCall('test', Number.POSITIVE_INFINITY)).first(sql`SELECT 1 AS n, pg_sleep(0.02)`, number), 1);
  assert.equal(await service.database.transaction(rootCall('test', 1e12), (tx) => tx.first(sql`SELECT 1 AS n, pg_sleep(0.02)`, number)), 1);
});

test('a statement ends when its caller goes away, in the server too', async () => {
  const caller = new AbortController();
  const answer = db(rootCall('test', 20_000, caller.signal)).run(sql`SELECT pg_sleep(30)`);
  await until(`${RUNNING} = 1`);
  caller.abort();
  await assert.rejects(answer, fails('cancelled', /caller went away/));
  await until(`${RUNNING} = 0`);
});

test('nothing is sent for a call that is over already', async () => {
  const over = { ...rootCall('test'), deadline: performance.now() - 1 };
  await assert.rejects(db(over).run(sql`UPDATE counter SET n = n + 1`), fails('deadline', /in time/));
  const gone = rootCall('test', 1000, AbortSignal.abort(new AppError('cancelled', 'gone')));
  await assert.rejects(db(gone).run(sql`UPDATE counter SET n = n + 1`), fails('cancelled', /went away/));
  assert.equal(await db(rootCall('test')).first(sql`SELECT n FROM counter`, number), 0);
});

test('a cancellation never meets the next statement of its connection', { timeout: 60_000 }, async () => {
  // One connection each; every second call is over at about the time its statement is, so that cancellations come too early, in time, and late.
  const worker = async (seed: number): Promise<void> => {
    for (let round = 0; round < 60; round++) {
      const doomed = db(rootCall('test', 20)).run(sql`SELECT pg_sleep(${(15 + ((round * 7 + seed) % 12)) / 1000}::float8)`);
      await doomed.catch((error: unknown) => assert.ok(AppError.is(error, 'deadline'), String(error)));
      assert.equal(await db(rootCall('test', 20_000)).first(sql`SELECT 7 AS n, pg_sleep(0.002)`, number), 7);
    }
  };
  await Promise.all([worker(0), worker(5)]);
});

test('waiting for a connection ends at the deadline, and with a sentence when all are busy for too long', async () => {
  const busy = [1, 2].map(() => db(rootCall('test', 1500)).run(sql`SELECT pg_sleep(1)`));
  await assert.rejects(db(rootCall('test', 100)).run(sql`SELECT 1`), fails('deadline', /in time/));
  await assert.rejects(
    db(rootCall('test', 20_000)).run(sql`SELECT 1`),
    (error) =>
      AppError.is(error, 'unavailable') &&
      error.retryAfter === 1 &&
      error.message === 'All 2 connections of slow to its database were busy for 300 ms.',
  );
  const caller = new AbortController();
  const waiting = db(rootCall('test', 20_000, caller.signal)).run(sql`SELECT 1`);
  caller.abort();
  await assert.rejects(waiting, fails('cancelled', /went away/));
  await Promise.all(busy);
  assert.equal(await db(rootCall('test')).first(sql`SELECT 1 AS n`, number), 1);
});

test('the server ends by itself what runs for too long, should nobody be there to ask for it', async () => {
  const owner = await testOwner('limited');
  await using limited = await openTestService(owner, server.url, { migrations: ['SELECT 1'], settings: { statementMs: 100 } });
  await assert.rejects(
    limited.database.for(rootCall('test', 20_000)).run(sql`SELECT pg_sleep(30)`),
    fails('deadline', /statement timeout/),
  );
  const inside = limited.database.transaction(rootCall('test', 20_000), async (tx) => {
    await tx.run(sql`SELECT pg_sleep(30)`);
  });
  await assert.rejects(inside, fails('deadline', /statement timeout/));
  const setting = await service.database.transaction(rootCall('test', 5000), (tx) =>
    tx.first(sql`SELECT setting FROM pg_settings WHERE name = 'statement_timeout'`, (row) => Number(text(row['setting']))),
  );
  assert.ok(setting !== undefined && setting > 3000 && setting <= 5000, String(setting));
});

test('a statement that begins a transaction by itself is refused, and leaves none open', async () => {
  await assert.rejects(db(rootCall('test')).run(sql`BEGIN`), /A statement of slow began a transaction/);
  await until(`NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'mlab slow' AND state LIKE 'idle in%')`);
});
