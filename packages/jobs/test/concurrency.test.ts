import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { job, type Clock } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase, testOwner, type TestDatabase } from '@mlab/sql/testing';
import { call, openInstance, send, until, untilState } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const input = Type.Object({});
const plain = job({ summary: 'Dig', input, output: input });

/** Counts how many run at once. */
function counting(): { readonly most: () => number; readonly done: () => number; readonly run: () => Promise<object> } {
  let now = 0;
  let most = 0;
  let done = 0;
  return {
    most: () => most,
    done: () => done,
    run: async () => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 15));
      now--;
      done++;
      return {};
    },
  };
}

test('a process runs as many of a kind at once as it may, and goes on as each ends', async () => {
  const counted = counting();
  await using digger = await openInstance({
    url: db.url,
    jobs: { dig: { ...plain, concurrency: 3 } },
    service: 'local',
    settings: { pollMs: 60_000 },
    runners: { dig: counted.run },
  });
  await digger.database.transaction(call(), async (tx) => {
    for (let index = 0; index < 12; index++) await digger.queues.dig.send(tx, {});
  });
  await until(() => counted.done() === 12, 'all');
  assert.equal(counted.most(), 3);
});

test('all processes together never run more of a kind than they may', async () => {
  const counted = counting();
  const options = {
    url: db.url,
    jobs: { dig: { ...plain, concurrency: 3, globalConcurrency: 4 } },
    service: 'global',
    settings: { pollMs: 20 },
    runners: { dig: counted.run },
  };
  await using sender = await openInstance({ ...options, runners: undefined as never });
  await using _a = await openInstance(options);
  await using _b = await openInstance(options);
  await using _c = await openInstance(options);
  await Promise.all(Array.from({ length: 60 }, () => send(sender, sender.queues.dig, {})));
  await until(() => counted.done() === 60, 'all');
  assert.equal(counted.most(), 4);
});

test('code that never ends holds its place only for a while behind its time', async () => {
  const { clock } = await testOwner('clock');
  // The five seconds of patience are fifty milliseconds here.
  const hasty: Clock = { ...clock, schedule: (ms, task) => clock.schedule(ms === 5000 ? 50 : ms, task) };
  let runs = 0;
  await using digger = await openInstance({
    url: db.url,
    jobs: { dig: { ...plain, timeoutMs: 100, retry: { limit: 0 } } },
    service: 'stuck',
    clock: hasty,
    runners: { dig: () => (runs++ === 0 ? new Promise<object>(() => {}) : Promise.resolve({})) },
  });
  const stuckId = await send(digger, digger.queues.dig, {});
  const next = await send(digger, digger.queues.dig, {});
  await untilState(digger.queues.dig, next, 'succeeded');
  assert.equal((await digger.queues.dig.find(call(), stuckId))?.state, 'failed');
});

test('kinds do not wait for each other', async () => {
  const finish = Promise.withResolvers<void>();
  await using digger = await openInstance({
    url: db.url,
    jobs: { slow: plain, quick: plain },
    service: 'apart',
    runners: {
      slow: async () => {
        await finish.promise;
        return {};
      },
      quick: async () => ({}),
    },
  });
  await send(digger, digger.queues.slow, {});
  const id = await send(digger, digger.queues.quick, {});
  await until(async () => (await digger.queues.quick.find(call(), id))?.state === 'succeeded', 'the quick one');
  finish.resolve();
});

test('a declaration that cannot be kept is refused at the start with a sentence', async () => {
  const open = (declared: object): Promise<unknown> =>
    openInstance({ url: db.url, jobs: { dig: { ...plain, ...declared } }, service: 'local' });
  await assert.rejects(open({ concurrency: 0 }), {
    message: 'The job dig of local has concurrency 0: it takes a whole number from 1 to 2147483647.',
  });
  await assert.rejects(open({ retry: { limit: -1 } }), /has limit -1: it takes a whole number from 0/);
  await assert.rejects(open({ timeoutMs: 2 ** 31 }), /has timeoutMs 2147483648/);
});

test('many processes may begin at once where there has been nothing yet', async () => {
  const options = {
    url: db.url,
    jobs: { dig: plain, fill: plain },
    service: 'crowd',
    runners: { dig: async () => ({}), fill: async () => ({}) },
  };
  const crowd = await Promise.all(Array.from({ length: 5 }, () => openInstance(options)));
  try {
    const [one] = crowd;
    assert.ok(one !== undefined);
    await untilState(one.queues.fill, await send(one, one.queues.fill, {}), 'succeeded');
  } finally {
    await Promise.all(crowd.map((instance) => instance[Symbol.asyncDispose]()));
  }
});
