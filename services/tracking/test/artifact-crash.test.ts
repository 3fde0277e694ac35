import assert from 'node:assert/strict';
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openTestDatabase } from '@mlab/sql/testing';
import { Client } from 'pg';
import { startArtifacts, type Came, storedKeys, until } from './artifacts-for-test.ts';

const script = fileURLToPath(new URL('serve-process.ts', import.meta.url));
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const HOUR_MS = 3_600_000;

interface Served extends Disposable {
  readonly process: ChildProcess;
  readonly url: string;
  readonly proxy: string;
}

async function serve(env: Readonly<Record<string, string>>): Promise<Served> {
  const child = fork(script, {
    env: { PATH: process.env['PATH'], NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], ...env },
    stdio: 'inherit',
  });
  const [url] = (await once(child, 'message')) as [string];
  return {
    process: child,
    url,
    proxy: `${url}/mlflow/api/2.0/mlflow-artifacts`,
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}

test('killed again and again during uploads: every file that was acknowledged is there, whole, and nothing else stays', async () => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const database = stack.use(await openTestDatabase());
  const env = { DATABASE_URL: database.url, MLAB_HOME: home };
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  stack.defer(() => admin.end());

  const acknowledged = new Map<string, string>();
  /** Of the path that all write to: the number that was acknowledged last, and the greatest that was sent. */
  const shared = { acknowledged: -1, sent: -1 };
  let parts = 0;

  async function write(proxy: string, round: number, writer: number): Promise<void> {
    for (let n = 0; ; n++) {
      const path = `1/${round}/${writer}/${n}`;
      const body = randomBytes(1000 + Math.floor(Math.random() * 300_000));
      const answer = await fetch(`${proxy}/artifacts/${path}`, { method: 'PUT', body });
      if (answer.status === 200) acknowledged.set(path, sha256(body));
    }
  }
  async function overwrite(proxy: string): Promise<void> {
    for (;;) {
      const number = ++shared.sent;
      const answer = await fetch(`${proxy}/artifacts/1/shared`, { method: 'PUT', body: String(number).padStart(100_000, '.') });
      if (answer.status === 200) shared.acknowledged = number;
    }
  }
  async function inParts(proxy: string, round: number): Promise<void> {
    const post = async (action: string, body: object): Promise<Came> => {
      const init = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      return await (await fetch(`${proxy}/mpu/${action}/1/parts${round}`, init)).json();
    };
    for (let n = 0; ; n++) {
      const path = `f${n}`;
      const { upload_id, credentials } = await post('create', { path, num_parts: 2 });
      const body = randomBytes(200_000);
      for (const [index, { url }] of (credentials as { url: string }[]).entries())
        await fetch(url, { method: 'PUT', body: body.subarray(index * 100_000, (index + 1) * 100_000) });
      const answer = await post('complete', { path, upload_id, parts: [{ part_number: 1 }, { part_number: 2 }] });
      if (answer.error_code === undefined) {
        acknowledged.set(`1/parts${round}/${path}`, sha256(body));
        parts++;
      }
    }
  }

  for (let round = 0; round < 2; round++) {
    using served = await serve(env);
    const clients = [
      ...Array.from({ length: 5 }, (_, writer) => write(served.proxy, round, writer)),
      overwrite(served.proxy),
      inParts(served.proxy, round),
    ];
    const ended = Promise.allSettled(clients);
    const before = acknowledged.size;
    await until(() => Promise.resolve(acknowledged.size > before + 15 && parts > round), 'files are being written');
    served.process.kill('SIGKILL');
    await ended;
  }

  // A day later.
  using served = await serve({ ...env, TEST_AHEAD_MS: String(25 * HOUR_MS) });
  for (const [path, digest] of acknowledged) {
    const answer = await fetch(`${served.proxy}/artifacts/${path}`);
    assert.equal(answer.status, 200, path);
    assert.equal(sha256(Buffer.from(await answer.arrayBuffer())), digest, path);
  }
  const last = Number((await (await fetch(`${served.proxy}/artifacts/1/shared`)).text()).replaceAll('.', ''));
  assert.ok(last >= shared.acknowledged && last <= shared.sent, `${last} is not from ${shared.acknowledged} to ${shared.sent}`);

  const clean = async (order: object): Promise<Came> => {
    const init = { method: 'POST', body: JSON.stringify(order), headers: { 'content-type': 'application/json' } };
    const { id } = (await (await fetch(`${served.url}/clean`, init)).json()) as { id: string };
    let found: Came;
    await until(async () => {
      found = await (await fetch(`${served.url}/clean/${id}`)).json();
      return found.state === 'succeeded' || found.state === 'failed';
    }, 'the cleaning ends');
    assert.equal(found.state, 'succeeded', JSON.stringify(found));
    return found.report;
  };
  const wouldGo = await clean({ dryRun: true });
  const gone = await clean({});
  assert.deepEqual({ ...gone, dryRun: true }, wouldGo);
  const { rows } = await admin.query<{ object_key: string; size: string }>(
    'SELECT object_key, size FROM tracking.artifact UNION ALL SELECT object_key, size FROM tracking.multipart_part',
  );
  await until(async () => {
    const keys = (await storedKeys(home)).filter((key) => !key.startsWith('.incoming/'));
    return JSON.stringify(keys) === JSON.stringify(rows.map(({ object_key }) => object_key).toSorted());
  }, 'what is stored is what is known');
  const storage = (await (await fetch(`${served.url}/storage`)).json()) as { bytes: number; files: number };
  assert.equal(
    storage.bytes,
    rows.reduce((sum, { size }) => sum + Number(size), 0),
  );
});

if (process.platform === 'linux' && process.geteuid?.() === 0) {
  test('a full disk is 507, leaves nothing by halves, and what is deleted makes room', async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'mlab-full-'));
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      await rm(folder, { recursive: true });
      return context.skip('root in this container may not mount');
    }
    try {
      await using t = await startArtifacts({ MLAB_OBJECTS_FOLDER: folder });
      assert.equal(await t.put('1/small', Buffer.alloc(500_000)), 200);
      for (let i = 0; i < 3; i++) {
        const refused = await t.send('PUT', `artifacts/1/large${i}`, { body: Buffer.alloc(3_000_000) });
        assert.equal(refused.status, 507);
        assert.match(refused.body.toString(), /RESOURCE_EXHAUSTED.*full/);
        assert.ok(!refused.body.toString().includes(folder));
      }
      assert.equal(await t.put('1/next', Buffer.alloc(1_000_000)), 200);
      assert.equal(await t.put('1/small', Buffer.alloc(1_000_000)), 507);
      assert.equal((await t.read('1/small'))?.length, 500_000);
      assert.equal((await t.send('DELETE', 'artifacts/1/next')).status, 200);
      await until(async () => (await t.put('1/small', Buffer.alloc(1_000_000))) === 200, 'there is room again');
      assert.deepEqual(await t.list('1'), ['small']);
    } finally {
      execFileSync('/bin/umount', [folder]);
      await rm(folder, { recursive: true });
    }
  });
}
