import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { job } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase } from '@mlab/sql/testing';
import { Client } from 'pg';
import { call, gate, logLines, openInstance, send, until, untilState } from './stage.ts';

const Nothing = Type.Object({});
const jobs = { swim: job({ summary: 'Swim', input: Nothing, output: Nothing, leaseMs: 600, retry: { limit: 0 } }) };

/** Lets nobody into a database and throws everybody out of it, as a server does that goes away; and the other way. */
async function openValve(url: string): Promise<AsyncDisposable & { close(): Promise<void>; open(): Promise<void> }> {
  const name = new URL(url).pathname.slice(1);
  const elsewhere = new URL(url);
  elsewhere.pathname = '/postgres';
  const admin = new Client({ connectionString: elsewhere.href });
  await admin.connect();
  return {
    close: async () => {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
    },
    open: async () => void (await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`)),
    [Symbol.asyncDispose]: () => admin.end(),
  };
}

test('workers go on by themselves when the database comes back; a job that ended meanwhile has not run in vain', async () => {
  await using db = await openTestDatabase();
  await using valve = await openValve(db.url);
  const logFile = join(await mkdtemp(join(tmpdir(), 'jobs-')), 'log');
  const begun = gate();
  const finish = gate();
  const returned = gate();
  let runs = 0;
  await using pool = await openInstance({
    url: db.url,
    jobs,
    service: 'pool',
    settings: { pollMs: 50, watchMs: 50 },
    logFile,
    runners: {
      swim: async () => {
        runs++;
        begun.open();
        await finish.opened;
        returned.open();
        return {};
      },
    },
  });
  const id = await send(pool, pool.queues.swim, {});
  await begun.opened;
  const told = async (text: string): Promise<number> => (await logLines(logFile)).filter(({ msg }) => String(msg).includes(text)).length;

  await valve.close();
  await until(async () => (await told('does not answer as it should')) > 0, 'the sentence in the log');
  finish.open();
  await returned.opened;
  // Longer than the lease, with some twenty looks in vain.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  assert.equal(await told('does not answer as it should'), 1);
  await valve.open();
  await until(async () => (await told('answers again')) > 0, 'the sentence of the return');

  const { attempts } = await untilState(pool.queues.swim, id, 'succeeded');
  assert.deepEqual([attempts, runs], [1, 1]);
  const next = await send(pool, pool.queues.swim, {});
  await untilState(pool.queues.swim, next, 'succeeded');
  const errors = (await logLines(logFile)).filter(({ level }) => level === 'error').map(({ msg }) => msg);
  assert.equal(errors.length, new Set(errors).size, errors.join('\n'));
});

test('a job that runs through an outage longer than its lease is not taken from its worker', async () => {
  await using db = await openTestDatabase();
  await using valve = await openValve(db.url);
  const begun = gate();
  const finish = gate();
  let runs = 0;
  const options = {
    url: db.url,
    jobs: { swim: { ...jobs.swim, concurrency: 2 } },
    service: 'pool',
    // Whoever looks for dead workers comes back long before the worker shows a sign of life.
    settings: { pollMs: 20, watchMs: 5000 },
    runners: {
      swim: async () => {
        runs++;
        begun.open();
        await finish.opened;
        return {};
      },
    },
  };
  await using first = await openInstance(options);
  await using _second = await openInstance(options);
  const id = await send(first, first.queues.swim, {});
  await begun.opened;
  await valve.close();
  await new Promise((resolve) => setTimeout(resolve, 1200));
  await valve.open();
  // A round of the other's looks with the database: had it taken the job, it would run twice, or have failed.
  await until(() => first.queues.swim.find(call(), id).catch(() => undefined), 'an answer');
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal((await first.queues.swim.find(call(), id))?.state, 'running');
  finish.open();
  const { attempts } = await untilState(first.queues.swim, id, 'succeeded');
  assert.deepEqual([attempts, runs], [1, 1]);
});
