import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError, job } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { call, gate, openInstance, send, until, untilState } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const Nothing = Type.Object({});
const jobs = { walk: job({ summary: 'Walk', input: Nothing, output: Nothing, retry: { limit: 1, delayMs: 20 } }) };

test('a job that waits never begins once it is cancelled', async () => {
  let runs = 0;
  await using idle = await openInstance({ url: db.url, jobs, service: 'waiting' });
  const { walk } = idle.queues;
  const id = await send(idle, walk, {});
  assert.equal(await walk.cancel(call(), id), true);
  assert.equal(await walk.cancel(call(), id), false, 'it has ended already');
  assert.equal(await walk.cancel(call(), '00000000-0000-4000-8000-000000000000'), false);
  assert.equal(await walk.cancel(call(), 'nonsense'), false);
  await idle.opened.work({ walk: async () => ({ runs: ++runs }) });
  await untilState(walk, await send(idle, walk, {}), 'succeeded');
  const status = await walk.find(call(), id);
  assert.deepEqual([status?.state, status?.attempts, runs], ['cancelled', 0, 1]);
  assert.ok(status?.endedAt !== undefined);
});

test('one that runs in another process is told, and stays cancelled whatever its code answers', async () => {
  const begun = gate();
  const told = Promise.withResolvers<unknown>();
  const finish = gate();
  const ended = gate();
  await using here = await openInstance({ url: db.url, jobs, service: 'elsewhere' });
  await using _there = await openInstance({
    url: db.url,
    jobs,
    service: 'elsewhere',
    runners: {
      walk: async (_, { signal }) => {
        signal.addEventListener('abort', () => told.resolve(signal.reason));
        begun.open();
        await finish.opened;
        ended.open();
        return {};
      },
    },
  });
  const { walk } = here.queues;
  const id = await send(here, walk, {});
  await begun.opened;
  const asked = performance.now();
  assert.equal(await walk.cancel(call(), id), true);
  assert.ok(AppError.is(await told.promise, 'cancelled'));
  // Looked up each 100 ms in this test, each second by default.
  assert.ok(performance.now() - asked < 1000);
  finish.open();
  await ended.opened;
  const next = await send(here, walk, {});
  await untilState(walk, next, 'succeeded');
  assert.equal((await walk.find(call(), id))?.state, 'cancelled');
});

test('one that runs in this process is told at once', async () => {
  const told = Promise.withResolvers<unknown>();
  await using here = await openInstance({
    url: db.url,
    jobs,
    service: 'here',
    settings: { watchMs: 5000 },
    runners: {
      walk: async (_, { signal }) => {
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
        told.resolve(signal.reason);
        throw signal.reason;
      },
    },
  });
  const { walk } = here.queues;
  const id = await send(here, walk, {});
  await untilState(walk, id, 'running');
  const asked = performance.now();
  await walk.cancel(call(), id);
  assert.ok(AppError.is(await told.promise, 'cancelled'));
  assert.ok(performance.now() - asked < 1000);
  assert.equal((await walk.find(call(), id))?.state, 'cancelled');
});

test('a cancelled job begins anew when it is retried, and what is left of its first run does not touch the second', async () => {
  const finish = [gate(), gate()];
  const begun = [gate(), gate()];
  await using here = await openInstance({
    url: db.url,
    jobs: { walk: { ...jobs.walk, concurrency: 2 } },
    service: 'again',
    runners: {
      walk: async (_, { attempt }) => {
        begun[attempt - 1]?.open();
        await finish[attempt - 1]?.opened;
        return {};
      },
    },
  });
  const { walk } = here.queues;
  const id = await send(here, walk, {});
  await begun[0]?.opened;
  await walk.cancel(call(), id);
  assert.equal(await walk.retry(call(), id), true);
  await begun[1]?.opened;
  finish[0]?.open();
  const other = await send(here, walk, {});
  await until(async () => (await walk.find(call(), other))?.state !== 'waiting', 'another job');
  assert.equal((await walk.find(call(), id))?.state, 'running');
  finish[1]?.open();
  await untilState(walk, id, 'succeeded');
});

test('a worker that has not heard of it yet cannot end the second run of a job that was cancelled and retried', async () => {
  const finish = [gate(), gate()];
  const begun = [gate(), gate()];
  const walker = {
    walk: async (_: object, { attempt }: { attempt: number }) => {
      begun[attempt - 1]?.open();
      await finish[attempt - 1]?.opened;
      return {};
    },
  };
  await using slow = await openInstance({ url: db.url, jobs, service: 'slow-to-hear', settings: { watchMs: 5000 }, runners: walker });
  const id = await send(slow, slow.queues.walk, {});
  await begun[0]?.opened;
  await using other = await openInstance({ url: db.url, jobs, service: 'slow-to-hear', runners: walker });
  const { walk } = other.queues;
  assert.equal(await walk.cancel(call(), id), true);
  assert.equal(await walk.retry(call(), id), true);
  await begun[1]?.opened;
  finish[0]?.open();
  // The other is busy, so the next job is taken by the slow one, once it has written down what it believes.
  await untilState(walk, await send(slow, slow.queues.walk, {}), 'succeeded');
  assert.equal((await walk.find(call(), id))?.state, 'running');
  finish[1]?.open();
  await untilState(walk, id, 'succeeded');
});

test('a job is not retried while another with its key waits or runs', async () => {
  await using idle = await openInstance({ url: db.url, jobs, service: 'keyed' });
  const { walk } = idle.queues;
  const first = await send(idle, walk, {}, { key: 'dog' });
  await walk.cancel(call(), first);
  const second = await send(idle, walk, {}, { key: 'dog' });
  await assert.rejects(
    walk.retry(call(), first),
    (error) => AppError.is(error, 'conflict') && /another walk with the same key/.test(error.message),
  );
  await walk.cancel(call(), second);
  assert.equal(await walk.retry(call(), first), true);
});
