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
/** With no attempt to spare, so that one that counted as failed would show. */
const jobs = { sail: job({ summary: 'Sail', input: Nothing, output: Nothing, retry: { limit: 0 } }) };

test('stopping takes no more jobs and lets what runs end', async () => {
  const begun = gate();
  const finish = gate();
  let aborted = false;
  await using ship = await openInstance({
    url: db.url,
    jobs,
    service: 'patient',
    settings: { drainMs: 10_000 },
    runners: {
      sail: async (_, { signal }) => {
        begun.open();
        await finish.opened;
        aborted = signal.aborted;
        return {};
      },
    },
  });
  const { sail } = ship.queues;
  const running = await send(ship, sail, {});
  await begun.opened;
  const stopped = ship.stop();
  const waiting = await send(ship, sail, {});
  finish.open();
  await stopped;
  assert.equal((await sail.find(call(), running))?.state, 'succeeded');
  assert.equal(aborted, false);
  assert.equal((await sail.find(call(), waiting))?.state, 'waiting');
});

test('what does not end in time is told, and given to another at once, without a failure', async () => {
  const reasons: unknown[] = [];
  const begun = gate();
  // One attempt to spare, which the second run uses up: had the first counted as failed, there were none.
  const spare = { sail: { ...jobs.sail, retry: { limit: 1, delayMs: 10 } } };
  const ship = await openInstance({
    url: db.url,
    jobs: spare,
    service: 'urgent',
    settings: { drainMs: 50 },
    runners: {
      sail: async (_, { signal }) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        reasons.push(signal.reason);
        throw signal.reason;
      },
    },
  });
  const id = await send(ship, ship.queues.sail, {});
  await begun.opened;
  await ship[Symbol.asyncDispose]();
  assert.ok(AppError.is(reasons[0], 'unavailable'));
  await using other = await openInstance({
    url: db.url,
    jobs: spare,
    service: 'urgent',
    runners: {
      sail: async (_, { attempt }) => {
        if (attempt === 2) throw new AppError('unavailable', 'No wind.');
        return {};
      },
    },
  });
  const { state, attempts, error } = await untilState(other.queues.sail, id, 'succeeded', 'failed');
  assert.deepEqual([state, attempts, error], ['succeeded', 3, undefined]);
});

test('code that hears nothing does not hold the process up, and its job goes to another all the same', async () => {
  const begun = gate();
  const ship = await openInstance({
    url: db.url,
    jobs,
    service: 'deaf',
    settings: { drainMs: 20 },
    runners: {
      sail: () => {
        begun.open();
        return new Promise<object>(() => {});
      },
    },
  });
  const id = await send(ship, ship.queues.sail, {});
  await begun.opened;
  const asked = performance.now();
  await ship[Symbol.asyncDispose]();
  assert.ok(performance.now() - asked < 3000);
  await using other = await openInstance({ url: db.url, jobs, service: 'deaf', runners: { sail: async () => ({}) } });
  await untilState(other.queues.sail, id, 'succeeded');
});

test('work that still ends well when it is told counts', async () => {
  const begun = gate();
  const ship = await openInstance({
    url: db.url,
    jobs,
    service: 'prompt',
    settings: { drainMs: 20 },
    runners: {
      sail: async (_, { signal }) => {
        begun.open();
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        return {};
      },
    },
  });
  await using other = await openInstance({ url: db.url, jobs, service: 'prompt' });
  const id = await send(ship, ship.queues.sail, {});
  await begun.opened;
  await ship[Symbol.asyncDispose]();
  const status = await until(async () => other.queues.sail.find(call(), id), 'the job');
  assert.deepEqual([status.state, status.attempts], ['succeeded', 1]);
});
