import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { AppError, job, type JobRun } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { sql } from '@mlab/sql';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { call, gate, logLines, openInstance, send, until, untilState } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const input = Type.Object({ n: Type.Integer() });
const output = Type.Object({ n: Type.Integer() });
const jobs = { count: job({ summary: 'Count', input, output, timeoutMs: 400, retry: { limit: 2, delayMs: 40 } }) };

test('one that fails is tried again, later each time, and its status says why it failed', async () => {
  const begun: number[] = [];
  await using counter = await openInstance({
    url: db.url,
    jobs,
    service: 'retried',
    settings: { pollMs: 20 },
    runners: {
      count: async ({ n }, { attempt }) => {
        begun.push(performance.now());
        if (attempt < 3) throw new AppError('unavailable', `Attempt ${attempt} found the shop closed.`);
        return { n };
      },
    },
  });
  const id = await send(counter, counter.queues.count, { n: 4 });
  const retrying = await untilState(counter.queues.count, id, 'retrying');
  assert.match(retrying.error ?? '', /^Attempt [12] found the shop closed\.$/);
  assert.equal(retrying.endedAt, undefined);
  const done = await untilState(counter.queues.count, id, 'succeeded');
  assert.deepEqual([done.attempts, done.output, done.error], [3, { n: 4 }, undefined]);
  const [first = 0, second = 0, third = 0] = begun;
  assert.ok(second - first >= 20 && third - second >= 40, `waited ${second - first} and ${third - second} ms`);
});

test('after the last attempt it has failed, stays visible, and can begin anew with all its attempts', async () => {
  let failing = true;
  await using counter = await openInstance({
    url: db.url,
    jobs,
    service: 'dead',
    settings: { pollMs: 20 },
    runners: {
      count: async ({ n }, { attempt }) => {
        if (failing) throw new AppError('conflict', `No. ${attempt}`);
        if (attempt === 4) throw new AppError('conflict', 'Once more.');
        return { n };
      },
    },
  });
  const { count } = counter.queues;
  const id = await send(counter, count, { n: 1 });
  const failed = await untilState(count, id, 'failed');
  assert.deepEqual([failed.error, failed.attempts, failed.output], ['No. 3', 3, undefined]);
  assert.ok(failed.endedAt !== undefined);
  assert.equal(await count.cancel(call(), id), false);
  failing = false;
  assert.equal(await count.retry(call(), id), true);
  const done = await untilState(count, id, 'succeeded');
  assert.equal(done.attempts, 5);
  assert.equal(await count.retry(call(), id), false);
});

test('an unknown error says nothing of the inside, and everything in the log', async () => {
  const logFile = join(await mkdtemp(join(tmpdir(), 'jobs-')), 'log');
  await using counter = await openInstance({
    url: db.url,
    jobs: { count: { ...jobs.count, retry: { limit: 0 } } },
    service: 'discreet',
    logFile,
    runners: {
      count: () => {
        throw new Error('password=secret at db.internal');
      },
    },
  });
  const id = await send(counter, counter.queues.count, { n: 1 });
  const { error } = await untilState(counter.queues.count, id, 'failed');
  assert.equal(error, 'Something went wrong inside this service; its log says more.');
  const line = await until(async () => (await logLines(logFile)).find((entry) => entry['job_id'] === id), 'the log line');
  assert.equal((line['err'] as { message: string }).message, 'password=secret at db.internal');
  assert.equal(line['ending'], 'failed');
});

test('an output that is not what was promised counts as a failure', async () => {
  await using counter = await openInstance({
    url: db.url,
    jobs: { count: { ...jobs.count, retry: { limit: 0 } } },
    service: 'promising',
    runners: { count: async () => ({ n: 'many' }) as never },
  });
  const id = await send(counter, counter.queues.count, { n: 1 });
  const { error } = await untilState(counter.queues.count, id, 'failed');
  assert.equal(error, 'The output of the job count is not what it takes: output.n must be integer, got "many".');
});

test('an output that the database refuses is a failure, and not tried to be kept for ever', async () => {
  await using counter = await openInstance({
    url: db.url,
    jobs: { count: { ...jobs.count, retry: { limit: 0 } } },
    service: 'unkept',
    runners: { count: async ({ n }) => ({ n }) },
  });
  await counter.database.for(call()).run(sql`ALTER TABLE unkept_jobs.job_common ADD CHECK (output->'value'->>'n' <> '13')`);
  const id = await send(counter, counter.queues.count, { n: 13 });
  const { error } = await untilState(counter.queues.count, id, 'failed');
  assert.equal(error, 'The database refused to keep what came of the job.');
});

test('an input that the code of today does not take fails without being tried again', async () => {
  let runs = 0;
  await using old = await openInstance({ url: db.url, jobs, service: 'changed' });
  const id = await send(old, old.queues.count, { n: 1 });
  const today = { count: job({ summary: 'Count', input: Type.Object({ n: Type.String() }), output }) };
  await using counter = await openInstance({
    url: db.url,
    jobs: today,
    service: 'changed',
    runners: { count: async () => ({ n: ++runs }) },
  });
  const status = await untilState(counter.queues.count, id, 'failed');
  assert.deepEqual([status.attempts, runs], [1, 0]);
  assert.match(status.error ?? '', /input\.n must be string, got 1/);
});

test('an attempt whose time is up is told so and has failed', async () => {
  await using counter = await openInstance({
    url: db.url,
    jobs,
    service: 'timed',
    settings: { pollMs: 20 },
    runners: {
      count: async ({ n }, { attempt, signal, call: { deadline } }) => {
        if (attempt > 1) return { n };
        assert.ok(deadline - performance.now() <= 400);
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
        return { n: 0 };
      },
    },
  });
  const { count } = counter.queues;
  const id = await send(counter, count, { n: 1 });
  const { attempts } = await untilState(count, id, 'succeeded');
  assert.equal(attempts, 2);
});

test('one that ignores its signal has failed all the same, and what it answers later is dropped', async () => {
  const late = gate();
  const answered = gate();
  await using counter = await openInstance({
    url: db.url,
    jobs: { count: { ...jobs.count, timeoutMs: 150, retry: { limit: 0 } } },
    service: 'deaf',
    runners: {
      count: async ({ n }) => {
        await late.opened;
        answered.open();
        return { n };
      },
    },
  });
  const { count } = counter.queues;
  const id = await send(counter, count, { n: 9 });
  const failed = await untilState(count, id, 'failed');
  assert.equal(failed.error, 'It took longer than 0.15 seconds.');
  late.open();
  await answered.opened;
  // The next job of this process runs behind the late answer, so by then the answer has had its chance.
  const next = await send(counter, count, { n: 10 });
  await untilState(count, next, 'succeeded');
  const after = await count.find(call(), id);
  assert.deepEqual([after?.state, after?.output], ['failed', undefined]);
});

test('progress is written down while it runs, not every time, and that of the last attempt counts', async () => {
  const runs: JobRun[] = [];
  const finish = [gate(), gate()];
  await using counter = await openInstance({
    url: db.url,
    jobs: { count: { ...jobs.count, timeoutMs: 20_000 } },
    service: 'progressing',
    settings: { pollMs: 20 },
    runners: {
      count: async ({ n }, run) => {
        runs.push(run);
        await finish[run.attempt - 1]?.opened;
        if (run.attempt === 1) throw new AppError('unavailable', 'No.');
        run.progress(7, 'more than all');
        return { n };
      },
    },
  });
  const { count } = counter.queues;
  const id = await send(counter, count, { n: 1 });
  const first = await until(() => runs[0], 'the first attempt');
  await counter.database.for(call()).run(sql`CREATE TABLE writes (n int)`);
  await counter.database
    .for(call())
    .run(sql`CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO writes VALUES (1); RETURN NEW; END'`);
  await counter.database
    .for(call())
    .run(sql`CREATE TRIGGER noted BEFORE INSERT ON job_progress FOR EACH ROW EXECUTE FUNCTION note_write()`);
  for (let step = 0; step <= 1000; step++) first.progress(step / 2000, `step ${step}`);
  const seen = await until(async () => (await count.find(call(), id))?.progress, 'progress');
  assert.deepEqual(seen, { share: 0.5, note: 'step 1000' });
  const writes = await counter.database.for(call()).first(sql`SELECT count(*)::int AS n FROM writes`, (row) => row['n'] as number);
  assert.equal(writes, 1);
  finish[0]?.open();
  await until(() => runs[1], 'the second attempt');
  assert.equal((await count.find(call(), id))?.progress, undefined);
  finish[1]?.open();
  const { progress } = await untilState(count, id, 'succeeded');
  assert.deepEqual(progress, { share: 1, note: 'more than all' });
});
