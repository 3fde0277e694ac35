import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { job, type Clock } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase, testOwner, type TestDatabase } from '@mlab/sql/testing';
import { call, openInstance, until } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const Nothing = Type.Object({});
const nightly = (cron: string) => ({ sweep: job({ summary: 'Sweep', input: Nothing, output: Nothing, cron }) });

/** A clock whose time of day is set, and goes on by itself in no way. */
async function setClock(start: string): Promise<Clock & { set(time: string): void }> {
  const { clock } = await testOwner('clock');
  let now = new Date(start);
  return { ...clock, now: () => now, set: (time) => void (now = new Date(time)) };
}

async function ticks(instance: Awaited<ReturnType<typeof openSweeper>>): Promise<number> {
  const { items } = await instance.queues.sweep.list(call());
  return items.length;
}

const openSweeper = (service: string, cron: string, clock: Clock) =>
  openInstance({ url: db.url, jobs: nightly(cron), service, clock, settings: { pollMs: 20 }, runners: { sweep: async () => ({}) } });

test('each time that a cron expression names makes one job, however many processes see it come', async () => {
  const clock = await setClock('2030-01-01T02:59:50Z');
  const behind = await setClock('2030-01-01T02:59:48Z');
  await using first = await openSweeper('nightly', '0 3 * * *', clock);
  await using _second = await openSweeper('nightly', '0 3 * * *', clock);
  await using _third = await openSweeper('nightly', '0 3 * * *', behind);
  assert.equal(await ticks(first), 0);
  clock.set('2030-01-01T03:00:00Z');
  await until(async () => (await ticks(first)) === 1, 'the first tick');
  behind.set('2030-01-01T03:00:01Z');
  clock.set('2030-01-02T03:00:05Z');
  behind.set('2030-01-02T03:00:03Z');
  await until(async () => (await ticks(first)) === 2, 'the second tick');
  clock.set('2030-01-02T23:00:00Z');
  behind.set('2030-01-02T23:00:00Z');
  // The marker is sent behind any job that a tick would have made.
  await first.database.transaction(call(), (tx) => first.queues.sweep.send(tx, {}));
  await until(async () => {
    const { items } = await first.queues.sweep.list(call());
    return items.every(({ state }) => state === 'succeeded');
  }, 'the marker');
  assert.equal(await ticks(first), 3);
});

test('of times that were missed, one is made up for', async () => {
  const clock = await setClock('2030-01-01T00:00:30Z');
  await using sweeper = await openSweeper('missed', '* * * * *', clock);
  clock.set('2030-01-01T06:00:10Z');
  await until(async () => (await ticks(sweeper)) === 1, 'the tick');
  clock.set('2030-01-01T06:01:00Z');
  await until(async () => (await ticks(sweeper)) === 2, 'the next tick');
});

test('an expression that was changed takes the place of the old one, and one that was removed is gone', async () => {
  const clock = await setClock('2030-01-01T02:59:50Z');
  await (await openSweeper('changing', '0 3 * * *', clock))[Symbol.asyncDispose]();
  await using changed = await openSweeper('changing', '30 3 * * *', clock);
  clock.set('2030-01-01T03:29:59Z');
  await changed.database.transaction(call(), (tx) => changed.queues.sweep.send(tx, {}));
  await until(async () => (await changed.queues.sweep.list(call(), { state: 'succeeded' })).items.length === 1, 'the marker');
  assert.equal(await ticks(changed), 1);
  clock.set('2030-01-01T03:30:00Z');
  await until(async () => (await ticks(changed)) === 2, 'the tick');
});

test('an expression that names no time is refused at the start with a sentence', async () => {
  const clock = await setClock('2030-01-01T00:00:00Z');
  for (const [cron, why] of [
    ['every night', /"every night", which has not five fields: it takes five fields, such as "0 3 \* \* \*"/],
    ['0 0 3 * * *', /which has not five fields/],
    ['61 * * * *', /The job sweep of refused has the cron expression "61 \* \* \* \*", which cannot be read/],
    ['a b c d e', /which cannot be read/],
    ['0 0 31 2 *', /which (names no time|cannot be read)/],
    ['', /which has not five fields/],
  ] as const)
    await assert.rejects(openSweeper('refused', cron, clock), why, cron);
});

test('a job that runs by itself must do without an input', async () => {
  const jobs = { sweep: job({ summary: 'Sweep', input: Type.Object({ room: Type.String() }), output: Nothing, cron: '0 3 * * *' }) };
  await assert.rejects(openInstance({ url: db.url, jobs, service: 'needy' }), /runs with the input \{\}, which it does not take/);
});
