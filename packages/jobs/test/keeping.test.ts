import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { job, type Clock } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { sql } from '@mlab/sql';
import { openTestDatabase, testOwner, type TestDatabase } from '@mlab/sql/testing';
import { call, gate, openInstance, send, until, untilState } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const input = Type.Object({ fail: Type.Boolean({ default: false }) });
const jobs = { file: job({ summary: 'File', input, output: Type.Object({}), retry: { limit: 0 } }) };
const SECOND = 1 / 86_400;

test('what succeeded is forgotten before what failed, and what waits is not forgotten', async () => {
  const { clock } = await testOwner('clock');
  let tidy: (() => void) | undefined;
  // The first tidying is due in a minute, and is done when the test says so.
  const byHand: Clock = { ...clock, schedule: (ms, task) => (ms === 60_000 ? ((tidy = task), () => {}) : clock.schedule(ms, task)) };
  await using archive = await openInstance({
    url: db.url,
    jobs,
    service: 'archive',
    clock: byHand,
    settings: { succeededDays: SECOND },
    runners: {
      file: async ({ fail }, run) => {
        run.progress(0.5, 'half');
        if (fail) throw new Error('lost');
        return {};
      },
    },
  });
  const { file } = archive.queues;
  const succeeded = await send(archive, file, { fail: false });
  const failed = await send(archive, file, { fail: true });
  const waiting = await send(archive, file, { fail: false }, { startAfter: new Date(Date.now() + 86_400_000) });
  await untilState(file, succeeded, 'succeeded');
  await untilState(file, failed, 'failed');
  const database = archive.database.for(call());
  await until(
    () =>
      database.first(sql`SELECT 1 FROM archive_jobs.job WHERE id = ${succeeded} AND completed_on < now() - interval '1.1 s'`, () => true),
    'a second',
  );
  // As if all had been kept for thirteen days.
  await database.run(
    sql`UPDATE archive_jobs.job SET completed_on = completed_on - interval '13 days', created_on = created_on - interval '13 days' WHERE id <> ${succeeded}`,
  );
  tidy?.();
  await until(async () => (await file.find(call(), succeeded)) === undefined, 'forgetting');
  assert.equal((await file.find(call(), failed))?.state, 'failed');
  assert.equal((await file.find(call(), waiting))?.state, 'waiting');
  await until(
    async () => (await database.all(sql`SELECT 1 FROM job_progress`, () => 1)).length === 1,
    'the progress of the one that failed alone',
  );
});

test('metrics tell what waits, what runs, how long, and how attempts ended', async () => {
  const begun = gate();
  const finish = gate();
  await using archive = await openInstance({
    url: db.url,
    jobs,
    service: 'metered',
    runners: {
      file: async ({ fail }) => {
        begun.open();
        await finish.opened;
        if (fail) throw new Error('lost');
        return {};
      },
    },
  });
  const { file } = archive.queues;
  const ids = [
    await send(archive, file, { fail: false }),
    await send(archive, file, { fail: true }),
    await send(archive, file, { fail: false }),
  ];
  await begun.opened;
  const { metrics } = archive.owner.telemetry;
  const lines = async (): Promise<readonly string[]> => (await metrics.expose()).split('\n');
  const during = await lines();
  assert.ok(during.includes('mlab_jobs_waiting{job="file"} 2'), during.filter((line) => line.includes('mlab_job')).join('\n'));
  assert.ok(during.includes('mlab_jobs_running{job="file"} 1'));
  const oldest = Number(during.find((line) => line.startsWith('mlab_jobs_oldest_waiting_seconds{job="file"}'))?.split(' ')[1]);
  assert.ok(oldest > 0 && oldest < 10, String(oldest));
  finish.open();
  for (const id of ids) await untilState(file, id, 'succeeded', 'failed');
  await until(async () => {
    const behind = await lines();
    return (
      behind.includes('mlab_job_duration_seconds_count{job="file",ending="succeeded"} 2') &&
      behind.includes('mlab_job_duration_seconds_count{job="file",ending="failed"} 1') &&
      behind.includes('mlab_jobs_running{job="file"} 0') &&
      behind.includes('mlab_jobs_oldest_waiting_seconds{job="file"} 0')
    );
  }, 'the counts');
});

test('an idle service with jobs holds at most two connections', async () => {
  await using archive = await openInstance({
    url: db.url,
    jobs,
    service: 'idle',
    settings: { pollMs: 30 },
    runners: { file: async () => ({}) },
  });
  await send(archive, archive.queues.file, { fail: false });
  // Those of the start close after a second.
  await until(async () => {
    const database = archive.database.for(call());
    const open = await database.first(
      sql`SELECT count(*)::int AS open FROM pg_stat_activity WHERE usename = current_user`,
      (row) => row['open'] as number,
    );
    return open !== undefined && open <= 2;
  }, 'two connections');
});
