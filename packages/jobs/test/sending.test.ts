import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError, job } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { call, gate, openInstance, send, until, untilState } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const jobs = {
  bake: job({
    summary: 'Bake',
    input: Type.Object({ loaves: Type.Integer({ minimum: 1 }), flour: Type.String({ default: 'rye' }) }),
    output: Type.Object({ baked: Type.Array(Type.String()) }),
    retry: { limit: 0 },
  }),
};
const loaf = { loaves: 1, flour: 'oat' };

test('a job that is sent is done, and its status tells how it went', async () => {
  await using bakery = await openInstance({
    url: db.url,
    jobs,
    service: 'done',
    runners: { bake: async ({ loaves, flour }) => ({ baked: Array.from({ length: loaves }, () => flour) }) },
  });
  const id = await send(bakery, bakery.queues.bake, { loaves: 2 } as never, { priority: 7 });
  const status = await untilState(bakery.queues.bake, id, 'succeeded');
  const { createdAt, startedAt, endedAt, ...rest } = status;
  assert.deepEqual(rest, {
    id,
    state: 'succeeded',
    input: { loaves: 2, flour: 'rye' },
    output: { baked: ['rye', 'rye'] },
    error: undefined,
    attempts: 1,
    progress: undefined,
    priority: 7,
  });
  assert.ok(createdAt <= (startedAt as Date) && (startedAt as Date) <= (endedAt as Date));
});

test('a job exists if and when the transaction that made it commits, and begins at once then', async () => {
  await using bakery = await openInstance({
    url: db.url,
    jobs,
    service: 'transactional',
    settings: { pollMs: 60_000 },
    runners: { bake: async () => ({ baked: [] }) },
  });
  const rolledBack = bakery.database.transaction(call(), async (tx) => {
    await bakery.queues.bake.send(tx, loaf);
    throw new AppError('conflict', 'The oven is cold.');
  });
  await assert.rejects(rolledBack, { message: 'The oven is cold.' });
  assert.deepEqual((await bakery.queues.bake.list(call())).items, []);

  const committed = await bakery.database.transaction(call(), async (tx) => {
    const id = await bakery.queues.bake.send(tx, loaf);
    assert.equal(await bakery.queues.bake.find(call(), id), undefined, 'nobody sees it before the commit');
    return id;
  });
  // It does not wait for the next look in a minute.
  await untilState(bakery.queues.bake, committed, 'succeeded');
});

test('an input that is not what the job takes is refused with what was expected and what came', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'refusing' });
  const refused = (input: unknown): Promise<AppError> =>
    send(bakery, bakery.queues.bake, input as never).then(
      () => assert.fail('it was taken'),
      (error: unknown) => error as AppError,
    );
  const wrong = await refused({ loaves: 'three' });
  assert.equal(wrong.code, 'invalid');
  assert.equal(wrong.message, 'The input of the job bake is not what it takes: input.loaves must be integer, got "three".');
  assert.deepEqual(wrong.issues, [{ type: 'type', loc: ['input', 'loaves'], msg: 'must be integer', input: 'three' }]);
  assert.match((await refused({ loaves: 0 })).message, /input\.loaves must be >= 1, got 0/);
  assert.match((await refused(undefined)).message, /input must be object, got null/);
  for (const flour of ['a\0b', 'a\ud800b']) assert.equal((await refused({ loaves: 1, flour })).code, 'invalid');
  assert.equal((await refused({ loaves: 1n })).code, 'invalid');
  await assert.rejects(send(bakery, bakery.queues.bake, loaf, { priority: 0.5 }), /priority of the job bake must be an integer/);
  await assert.rejects(
    send(bakery, bakery.queues.bake, loaf, { startAfter: new Date(Number.NaN) }),
    /startAfter of the job bake must be a time/,
  );
  for (const key of ['', 'a\0b', '\ud800', 'k'.repeat(501)])
    await assert.rejects(send(bakery, bakery.queues.bake, loaf, { key }), /key of the job bake must be a text of 1 to 500 characters/);
  assert.deepEqual((await bakery.queues.bake.list(call())).items, []);
});

test('while a job with a key waits or runs, no second one is made', async () => {
  const begun = gate();
  const finish = gate();
  await using bakery = await openInstance({
    url: db.url,
    jobs,
    service: 'unique',
    runners: {
      bake: async () => {
        begun.open();
        await finish.opened;
        return { baked: [] };
      },
    },
  });
  const options = { key: 'the one', startAfter: new Date(Date.now() + 300) };
  const first = await send(bakery, bakery.queues.bake, loaf, options);
  assert.equal(await send(bakery, bakery.queues.bake, loaf, options), first, 'while it waits');
  await begun.opened;
  assert.equal(await send(bakery, bakery.queues.bake, loaf, options), first, 'while it runs');
  assert.notEqual(await send(bakery, bakery.queues.bake, loaf, { ...options, key: 'another' }), first);
  finish.open();
  await untilState(bakery.queues.bake, first, 'succeeded');
  assert.notEqual(await send(bakery, bakery.queues.bake, loaf, options), first, 'once it has ended');
});

test('transactions that send the same key at once make one job', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'racing' });
  await using other = await openInstance({ url: db.url, jobs, service: 'racing' });
  for (const isolation of ['read committed', 'serializable'] as const) {
    const ids = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const { database, queues } = index % 2 === 0 ? bakery : other;
        return database.transaction(call(), (tx) => queues.bake.send(tx, loaf, { key: isolation }), { isolation });
      }),
    );
    assert.equal(new Set(ids).size, 1);
  }
  assert.equal((await bakery.queues.bake.list(call())).items.length, 2);
});

test('a sender that waits for another with the same key makes the job when the other is rolled back', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'yielding' });
  const sent = gate();
  const fail = gate();
  const first = bakery.database.transaction(call(), async (tx) => {
    await bakery.queues.bake.send(tx, loaf, { key: 'k' });
    sent.open();
    await fail.opened;
    throw new Error('no');
  });
  await sent.opened;
  const second = send(bakery, bakery.queues.bake, loaf, { key: 'k' });
  fail.open();
  await assert.rejects(first, { message: 'no' });
  assert.equal((await bakery.queues.bake.find(call(), await second))?.state, 'waiting');
});

test('what has a higher priority comes first, and else what was sent first', async () => {
  const order: string[] = [];
  await using bakery = await openInstance({ url: db.url, jobs, service: 'ordered' });
  for (const [flour, priority] of [
    ['a', 0],
    ['b', 0],
    ['c', 5],
    ['d', -1],
  ] as const)
    await send(bakery, bakery.queues.bake, { loaves: 1, flour }, { priority });
  const runners = {
    bake: async ({ flour }: { flour: string }) => {
      order.push(flour);
      return { baked: [] };
    },
  };
  await bakery.opened.work(runners);
  await until(() => order.length === 4, 'the four');
  assert.deepEqual(order, ['c', 'a', 'b', 'd']);
});

test('a job does not begin before its time', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'later', runners: { bake: async () => ({ baked: [] }) } });
  const startAfter = new Date(Date.now() + 400);
  const id = await send(bakery, bakery.queues.bake, loaf, { startAfter });
  const { startedAt } = await untilState(bakery.queues.bake, id, 'succeeded');
  assert.ok((startedAt as Date) >= startAfter);
});

test('pages go from the newest to the oldest, each job once, also by state', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'paged' });
  const sent: string[] = [];
  for (let round = 0; round < 3; round++) {
    // Those of one transaction have the same time.
    const ids = await bakery.database.transaction(call(), async (tx) => {
      const made: string[] = [];
      for (let loaves = 1; loaves <= 5; loaves++) made.push(await bakery.queues.bake.send(tx, { loaves, flour: 'f' }));
      return made;
    });
    sent.push(...ids);
  }
  const { bake } = bakery.queues;
  await bake.cancel(call(), sent[7] as string);
  const seen: { id: string; createdAt: Date }[] = [];
  let after: string | undefined;
  do {
    const page = await bake.list(call(), after === undefined ? { limit: 4 } : { limit: 4, after });
    seen.push(...page.items);
    after = page.next;
  } while (after !== undefined);
  assert.deepEqual(new Set(seen.map(({ id }) => id)), new Set(sent));
  assert.equal(seen.length, sent.length);
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => b.createdAt.getTime() - a.createdAt.getTime()),
  );
  assert.deepEqual(
    (await bake.list(call(), { state: 'cancelled' })).items.map(({ id }) => id),
    [sent[7]],
  );
  assert.equal((await bake.list(call(), { state: 'waiting', limit: 14 })).next, undefined);
  for (const query of [{ after: 'nonsense' }, { limit: 0 }, { limit: 1001 }, { limit: 1.5 }])
    await assert.rejects(bake.list(call(), query), (error) => AppError.is(error, 'invalid'));
  assert.equal(await bake.find(call(), 'nonsense'), undefined);
});

test('no service sees the jobs of another', async () => {
  await using bakery = await openInstance({ url: db.url, jobs, service: 'mine' });
  await using other = await openInstance({ url: db.url, jobs, service: 'yours' });
  const id = await send(bakery, bakery.queues.bake, loaf);
  assert.equal(await other.queues.bake.find(call(), id), undefined);
  assert.equal(await other.queues.bake.cancel(call(), id), false);
});
