import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { after, before, test } from 'node:test';
import { sql } from '@mlab/sql';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { quarry } from './quarry.ts';
import { call, openInstance, send, until, untilState } from './stage.ts';

const onUnix = { timeout: 60_000, skip: process.platform === 'win32' ? 'Windows has no signals' : false };

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

interface Worker extends AsyncDisposable {
  readonly child: ChildProcess;
  readonly lines: Interface;
}

async function startWorker(ms: number): Promise<Worker> {
  const child = spawn(process.execPath, [new URL('worker-process.ts', import.meta.url).pathname, db.url, String(ms)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  assert.equal(line, 'working');
  return { child, lines, [Symbol.asyncDispose]: () => kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a worker that is killed loses its job to another within its lease, however long the job may take', onUnix, async () => {
  await using sender = await openInstance({ url: db.url, jobs: quarry, service: 'quarry' });
  const broken = sql`CREATE TABLE broken (stone int PRIMARY KEY, job uuid NOT NULL)`;
  await sender.database.for(call()).run(broken);
  await using first = await startWorker(3_600_000);
  const begun = once(first.lines, 'line');
  const id = await send(sender, sender.queues.break, { stone: 0 });
  await begun;
  await using second = await startWorker(10);
  const taken = once(second.lines, 'line');
  const killed = performance.now();
  await kill(first.child);
  await taken;
  const waited = performance.now() - killed;
  // The lease of a second from its last sign of life, and the look each 100 ms; slow machines get some more.
  assert.ok(waited > 300 && waited < 4000, `${waited} ms`);
  const { attempts } = await untilState(sender.queues.break, id, 'succeeded');
  assert.equal(attempts, 2);
});

test('however often workers are killed, every job is done', onUnix, async () => {
  await using sender = await openInstance({ url: db.url, jobs: quarry, service: 'quarry' });
  const { break: queue } = sender.queues;
  await sender.database.for(call()).run(sql`TRUNCATE broken`);
  const workers = await Promise.all([60, 60, 60, 60].map(startWorker));
  try {
    const ids = await Promise.all(Array.from({ length: 20 }, (_, stone) => send(sender, queue, { stone })));
    for (const { child, lines } of workers.slice(0, 3)) {
      // In the middle of a job: it has said that it begins one.
      if ((await queue.list(call(), { state: 'waiting' })).items.length > 0) await once(lines, 'line');
      await kill(child);
    }
    workers.push(await startWorker(60));
    await kill((workers[3] as Worker).child);
    for (const id of ids) await until(async () => (await queue.find(call(), id))?.state === 'succeeded', `job ${id}`, 20_000);
    const rows = await sender.database.for(call()).all(sql`SELECT stone FROM broken`, (row) => row['stone'] as number);
    assert.deepEqual(
      rows.toSorted((a, b) => a - b),
      Array.from({ length: 20 }, (_, stone) => stone),
    );
    const attempts = (await Promise.all(ids.map((id) => queue.find(call(), id)))).map((status) => status?.attempts ?? 0);
    assert.ok(Math.max(...attempts) > 1, 'some worker was killed in the middle of a job');
  } finally {
    await Promise.all(workers.map(({ child }) => kill(child)));
  }
});

test('a worker that is asked to end gives its job back at once, as it was', onUnix, async () => {
  await using sender = await openInstance({ url: db.url, jobs: quarry, service: 'quarry' });
  await using first = await startWorker(3_600_000);
  const begun = once(first.lines, 'line');
  const id = await send(sender, sender.queues.break, { stone: 77 });
  await begun;
  first.child.kill('SIGTERM');
  const [code] = (await once(first.child, 'exit')) as [number];
  assert.equal(code, 0);
  const status = await sender.queues.break.find(call(), id);
  assert.deepEqual([status?.state, status?.error], ['waiting', undefined]);
  await using _second = await startWorker(10);
  await untilState(sender.queues.break, id, 'succeeded');
});
