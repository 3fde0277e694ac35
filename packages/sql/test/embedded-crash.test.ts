import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile, readdir, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { endLeftover, launchCluster, startEmbedded } from '@mlab/sql/embedded';
import { Client } from 'pg';
import { processesOf } from '#/embedded/postgres-processes.ts';
import { firstWord, query, scratchFolder, until, type Told } from './embedded-scratch.ts';

const onLinux = { timeout: 120_000, skip: process.platform === 'linux' ? false : 'it looks at processes in /proc' };

test('after a crash', onLinux, async (t) => {
  await using scratch = await scratchFolder();

  await t.test('what was acknowledged is there after any SIGKILL', async () => {
    const acknowledged: number[] = [];
    let next = 0;
    for (let round = 0; round < 12; round++) {
      const server = await startEmbedded({ folder: scratch.folder });
      await query(server.url, 'CREATE TABLE IF NOT EXISTS written (n int PRIMARY KEY)');
      const before = acknowledged.length;
      const writers = [1, 2, 3].map(() => write(server.url, () => next++, acknowledged));
      await until('a row is acknowledged', () => acknowledged.length > before);
      await delay(Math.random() * 100);
      await server.kill();
      await Promise.all(writers);
      assert.equal(await server.exited, 'was ended by SIGKILL');
      assert.deepEqual((await processesOf(server.cluster.data)).all, []);
    }
    await using server = await startEmbedded({ folder: scratch.folder });
    const found = new Set((await query<{ n: number }>(server.url, 'SELECT n FROM written')).map(({ n }) => n));
    assert.deepEqual(
      acknowledged.filter((n) => !found.has(n)),
      [],
    );
    assert.ok(acknowledged.length >= 12);
  });

  await t.test('ends with the process that started it, even by SIGKILL', async () => {
    const parent = startParent(scratch.folder);
    const { url } = await parent.told();
    await query(url, 'CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n');
    parent.child.kill('SIGKILL');
    const data = join(scratch.folder, 'data');
    await until('its processes are gone', async () => (await processesOf(data)).all.length === 0);
    // In good order, so there is nothing to recover.
    assert.ok(!existsSync(join(data, 'postmaster.pid')));
  });

  await t.test('a start that lost its starter and its watcher is ended by the next one', async () => {
    const parent = startParent(scratch.folder);
    const { url, pid } = await parent.told();
    await query(url, 'CREATE TABLE IF NOT EXISTS kept AS SELECT 1 AS n');
    await assert.rejects(startEmbedded({ folder: scratch.folder }), { message: new RegExp(`in use by process ${parent.child.pid};`) });
    await endWatcher(pid);
    parent.child.kill('SIGKILL');
    await once(parent.child, 'exit');
    assert.ok((await processesOf(join(scratch.folder, 'data'))).all.includes(pid));
    await using server = await startEmbedded({ folder: scratch.folder });
    assert.deepEqual(await query(server.url, 'SELECT n FROM kept'), [{ n: 1 }]);
  });

  await t.test('a backend that outlives its postmaster does not keep the next start out', async () => {
    const server = await startEmbedded({ folder: scratch.folder });
    const client = new Client({ connectionString: server.url });
    client.on('error', () => undefined);
    await client.connect();
    const [backend] = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows;
    assert.ok(backend);
    process.kill(backend.pid, 'SIGSTOP');
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    await until('the others are gone', async () => (await processesOf(server.cluster.data)).all.length === 1);
    await assert.rejects(launchCluster(server.cluster, { port: server.port }).ready, /processes of an earlier start still work/);
    assert.deepEqual(await endLeftover(scratch.folder), [backend.pid]);
    await using again = await startEmbedded({ folder: scratch.folder });
    assert.deepEqual(await query(again.url, 'SELECT 1 AS one'), [{ one: 1 }]);
  });

  await t.test("a dead postmaster's id that is somebody else's by now does not keep the next start out", async () => {
    const first = await startEmbedded({ folder: scratch.folder });
    const { cluster, port } = first;
    await first.kill();
    // PostgreSQL is misled by processes of its own user only.
    const stranger = spawn('sleep', ['60'], { ...cluster.account });
    await once(stranger, 'spawn');
    try {
      const file = join(cluster.data, 'postmaster.pid');
      await writeFile(file, (await readFile(file, 'utf8')).replace(/^\d+/, String(stranger.pid)));
      await assert.rejects(launchCluster(cluster, { port }).ready, /another PostgreSQL works on the same data/);
      await using server = await startEmbedded({ folder: scratch.folder });
      assert.deepEqual(await query(server.url, 'SELECT 1 AS one'), [{ one: 1 }]);
      assert.equal(stranger.exitCode ?? stranger.signalCode, null);
    } finally {
      stranger.kill('SIGKILL');
    }
  });
});

async function write(url: string, next: () => number, acknowledged: number[]): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    for (;;) {
      const n = next();
      await client.query('INSERT INTO written VALUES ($1)', [n]);
      acknowledged.push(n);
    }
  } catch {
    // The server is gone, which is what this waits for.
  }
}

test('a creation that was killed is begun anew, and cleared away', onLinux, async () => {
  await using scratch = await scratchFolder();
  for (const file of ['PG_VERSION', 'pg_wal/000000010000000000000001']) {
    const parent = startParent(scratch.folder);
    await until(`the creation has got to ${file}`, async () =>
      (await unfinished(scratch.folder)).some((name) => existsSync(join(scratch.folder, name, 'data', file))),
    );
    parent.child.kill('SIGKILL');
    await once(parent.child, 'exit');
    assert.equal(existsSync(join(scratch.folder, 'data')), false);
    await until('its initdb is gone, too', async () => !(await worksBelow(scratch.folder)));
  }
  assert.equal((await unfinished(scratch.folder)).length, 1);
  await using server = await startEmbedded({ folder: scratch.folder });
  assert.deepEqual(await query(server.url, 'SELECT 1 AS one'), [{ one: 1 }]);
  assert.deepEqual(await unfinished(scratch.folder), []);
});

const unfinished = async (folder: string): Promise<string[]> => (await readdir(folder)).filter((name) => name.startsWith('unfinished-'));

function startParent(folder: string): { child: ChildProcess; told(): Promise<Told> } {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'embedded-parent.ts'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { child, told: () => firstWord(child.stdout) };
}

async function worksBelow(folder: string): Promise<boolean> {
  const folders = (await readdir('/proc')).map((id) => readlink(`/proc/${id}/cwd`).catch(() => ''));
  return (await Promise.all(folders)).some((path) => path.startsWith(folder));
}

/** The shell that waits for its starter's end. */
async function endWatcher(postmaster: number): Promise<void> {
  for (const id of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${id}/cmdline`, 'latin1').catch(() => '');
    if (command.endsWith(`\0end-with-parent\0${postmaster}\0`)) process.kill(Number(id), 'SIGKILL');
  }
}
