import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbedded } from '@mlab/sql/embedded';
import { Pool } from 'undici';
import { startProcess, type PlatformProcess } from '../system/platform-process.ts';
import { freePort } from './free-port.ts';
import { openRandom } from './random.ts';

const ROUNDS = Math.max(3, Math.ceil(Number(process.env['MLAB_CRASH_ROUNDS'] ?? 0) / 10));
const SEED = Number(process.env['MLAB_CRASH_SEED'] ?? Date.now() % 1_000_000);
const WRITERS = 16;
const WRITES_PER_ROUND = 120;
const BATCH = 20;
/** Some hundreds of writes a second, of which there are always some under way; fewer while nobody answers. */
const PAUSE_MS = 20;
const PAUSE_AFTER_FAILURE_MS = 100;

// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
type Json = any;

test(`what is acknowledged of a run is there after tracking and PostgreSQL are killed at any moment, ${ROUNDS} times`, async (t) => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const random = openRandom(SEED);
  const [databasePort, port] = [await freePort(), await freePort()];
  const startPostgres = () => startEmbedded({ folder: join(folder, 'postgres'), port: databasePort });
  let postgres = await startPostgres();
  stack.defer(() => postgres.kill());
  const startTracking = (): Promise<PlatformProcess> =>
    startProcess({
      target: 'tracking',
      ports: { tracking: port },
      env: { DATABASE_URL: postgres.url, MLAB_HOME: folder, MLAB_LOG_LEVEL: 'fatal' },
    });
  let tracking = await startTracking();
  stack.defer(() => tracking.kill());
  const load = stack.use(await startWriters(`http://127.0.0.1:${port}`, random));
  for (let round = 0; round < ROUNDS; round++) {
    const known = load.acknowledged();
    await until('writes are acknowledged again', () => load.acknowledged() > known + WRITES_PER_ROUND);
    await delay(random() * 200);
    const both = random();
    if (both < 0.7) await tracking.kill();
    if (both > 0.4) {
      await postgres.kill();
      postgres = await startPostgres();
    }
    // A machine that has much to do may need more than one attempt.
    if (both < 0.7) tracking = await startTracking().catch(startTracking);
  }
  const writers = await load.stop();
  const sums = { metrics: 0, batches: 0, params: 0, tags: 0, artifacts: 0, unacknowledged: 0 };
  for (const writer of writers) await check(writer, load.ask, sums);
  t.diagnostic(`seed ${SEED}; ${load.acknowledged()} writes acknowledged of ${load.sent()} sent: ${JSON.stringify(sums)}`);
  assert.ok(load.acknowledged() > ROUNDS * WRITES_PER_ROUND);
  assert.ok(Math.min(sums.metrics, sums.batches, sums.params, sums.tags, sums.artifacts) > 0);
});

/** What was sent: acknowledged, or nobody knows. */
type Sent = Map<string, { readonly acknowledged: boolean }>;

interface Writer {
  readonly runId: string;
  readonly folder: string;
  /** By step. */
  readonly metrics: Sent;
  /** By number: values of a metric, a parameter and a tag. */
  readonly batches: Sent;
  readonly params: Sent;
  readonly tags: Sent;
  /** Contents of each file that were sent since the last one that was acknowledged, and that one. */
  readonly files: Map<string, string[]>;
}

type Ask = (method: string, path: string, body?: object | Buffer) => Promise<{ readonly status: number; readonly body: Buffer }>;

async function startWriters(url: string, random: () => number) {
  const pool = new Pool(url, { connections: WRITERS, pipelining: 1, headersTimeout: 10_000, bodyTimeout: 10_000 });
  const state = { going: true, sent: 0, acknowledged: 0 };
  const ask: Ask = async (method, path, body) => {
    const isBytes = Buffer.isBuffer(body);
    const answer = await pool.request({
      method,
      path: `/mlflow/api/2.0/${path}`,
      headers: { 'content-type': isBytes ? 'application/octet-stream' : 'application/json' },
      ...(body === undefined ? {} : { body: isBytes ? body : JSON.stringify(body) }),
    });
    return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
  };
  /** Whether it was acknowledged. What is refused for good is a failure of the test. */
  const send = async (method: string, path: string, body: object | Buffer): Promise<boolean> => {
    state.sent++;
    try {
      const { status, body: said } = await ask(method, path, body);
      if (status === 200) {
        state.acknowledged++;
        await delay(PAUSE_MS);
        return true;
      }
      assert.ok(status >= 500, `${method} ${path}: ${status} ${said.toString()}`);
    } catch (error) {
      if (error instanceof assert.AssertionError) throw error;
    }
    await delay(PAUSE_AFTER_FAILURE_MS);
    return false;
  };
  const create = async (): Promise<Writer> => {
    const { run }: Json = JSON.parse((await ask('POST', 'mlflow/runs/create', { experiment_id: '0' })).body.toString());
    const { run_id: runId, artifact_uri } = run.info;
    const folder = `mlflow-artifacts/artifacts/${artifact_uri.replace('mlflow-artifacts:/', '')}`;
    return { runId, folder, metrics: new Map(), batches: new Map(), params: new Map(), tags: new Map(), files: new Map() };
  };
  const write = async (writer: Writer, others: readonly Writer[], n: number): Promise<void> => {
    const { runId: run_id } = writer;
    const kind = random();
    if (kind < 0.5) {
      const body = { run_id, key: 'm', value: n, timestamp: n, step: n };
      // Whoever hears nothing says it again, as MLflow's client does: it is there once.
      let acknowledged = await send('POST', 'mlflow/runs/log-metric', body);
      if (!acknowledged && random() < 0.5) acknowledged = await send('POST', 'mlflow/runs/log-metric', body);
      writer.metrics.set(String(n), { acknowledged });
    } else if (kind < 0.75) {
      const metrics = Array.from({ length: BATCH }, (_, index) => ({
        key: `b${index % 4}`,
        value: n,
        timestamp: n,
        step: n * BATCH + index,
      }));
      const pair = [{ key: `batch ${n}`, value: String(n) }];
      const acknowledged = await send('POST', 'mlflow/runs/log-batch', { run_id, metrics, params: pair, tags: pair });
      writer.batches.set(String(n), { acknowledged });
    } else if (kind < 0.83) {
      // Into the run of another, so that several write to one.
      const other = others[Math.floor(random() * others.length)] as Writer;
      const key = `p ${writer.runId} ${n}`;
      other.params.set(key, { acknowledged: await send('POST', 'mlflow/runs/log-parameter', { run_id: other.runId, key, value: key }) });
    } else if (kind < 0.9) {
      const key = `t ${n}`;
      writer.tags.set(key, { acknowledged: await send('POST', 'mlflow/runs/set-tag', { run_id, key, value: key }) });
    } else {
      const name = random() < 0.3 ? 'again.bin' : `file ${n}.bin`;
      const bytes = randomBytes(Math.floor(random() ** 3 * 300_000));
      const contents = [...(writer.files.get(name) ?? []), digest(bytes)];
      writer.files.set(name, contents);
      const acknowledged = await send('PUT', `${writer.folder}/${encodeURIComponent(name)}`, bytes);
      if (acknowledged) writer.files.set(name, contents.slice(-1));
      else if (contents.length === 1) writer.files.set(name, ['absent', ...contents]);
    }
  };
  const writers = await Promise.all(Array.from({ length: WRITERS }, create));
  const loops = writers.map(async (writer) => {
    for (let n = 1; state.going; n++) await write(writer, writers, n);
  });
  const stop = async (): Promise<readonly Writer[]> => {
    state.going = false;
    await Promise.all(loops);
    return writers;
  };
  return {
    ask,
    acknowledged: () => state.acknowledged,
    sent: () => state.sent,
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await pool.destroy();
    },
  };
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** Everything of one writer: what was acknowledged is there once, what was not is there wholly or not at all. */
async function check(writer: Writer, ask: Ask, sums: Record<string, number>): Promise<void> {
  const { runId, folder, metrics, batches, params, tags, files } = writer;
  const read = async (path: string): Promise<Json> => {
    const { status, body } = await ask('GET', path);
    assert.equal(status, 200, `${path}: ${body.toString()}`);
    return JSON.parse(body.toString());
  };
  const history = async (key: string): Promise<readonly number[]> =>
    ((await read(`mlflow/metrics/get-history?run_id=${runId}&metric_key=${key}`)).metrics ?? []).map((point: Json) => {
      assert.equal(point.value, point.timestamp);
      return point.step;
    });
  const counted = (name: string, sent: Sent): void => {
    for (const { acknowledged } of sent.values()) {
      if (acknowledged) sums[name] = (sums[name] ?? 0) + 1;
      else sums['unacknowledged'] = (sums['unacknowledged'] ?? 0) + 1;
    }
  };
  const steps = await history('m');
  assert.equal(new Set(steps).size, steps.length, 'a value is there twice');
  for (const step of steps) assert.ok(metrics.has(String(step)));
  for (const [step, { acknowledged }] of metrics) assert.ok(!acknowledged || steps.includes(Number(step)), `the value at ${step} is lost`);
  counted('metrics', metrics);

  const { data } = (await read(`mlflow/runs/get?run_id=${runId}`)).run;
  const labels = (list: 'params' | 'tags'): ReadonlyMap<string, string> =>
    new Map((data[list] ?? []).map(({ key, value }: Json) => [key, value]));
  const [allParams, allTags] = [labels('params'), labels('tags')];
  const inBatches = new Set((await Promise.all([0, 1, 2, 3].map((index) => history(`b${index}`)))).flat());
  for (const [n, { acknowledged }] of batches) {
    const values = Array.from({ length: BATCH }, (_, index) => Number(n) * BATCH + index).filter((step) => inBatches.has(step)).length;
    const parts = [values / BATCH, Number(allParams.get(`batch ${n}`) === n), Number(allTags.get(`batch ${n}`) === n)];
    const whole = acknowledged || parts[0] === 1 ? 1 : 0;
    assert.deepEqual(parts, [whole, whole, whole], `batch ${n}, acknowledged: ${acknowledged}`);
  }
  counted('batches', batches);
  for (const [key, { acknowledged }] of params) assert.ok(!acknowledged || allParams.get(key) === key, `the parameter ${key} is lost`);
  for (const [key, { acknowledged }] of tags) assert.ok(!acknowledged || allTags.get(key) === key, `the tag ${key} is lost`);
  counted('params', params);
  counted('tags', tags);
  const latest = (data.metrics ?? []).find(({ key }: Json) => key === 'm');
  assert.equal(latest?.step, steps.length === 0 ? undefined : Math.max(...steps));

  const listed: Json = await read(`mlflow/artifacts/list?run_id=${runId}`);
  const sizes = new Map((listed.files ?? []).map(({ path, file_size }: Json) => [path, file_size]));
  for (const [name, contents] of files) {
    const { status, body } = await ask('GET', `${folder}/${encodeURIComponent(name)}`);
    const found = status === 404 ? 'absent' : digest(body);
    assert.ok(contents.includes(found), `${name} has ${found} (${status}), expected one of ${contents.join(', ')}`);
    assert.equal(sizes.get(name), status === 404 ? undefined : body.length);
    if (contents.length === 1) sums['artifacts'] = (sums['artifacts'] ?? 0) + 1;
  }
}

async function until(what: string, seen: () => boolean): Promise<void> {
  const limit = performance.now() + 60_000;
  while (!seen()) {
    assert.ok(performance.now() < limit, `not within a minute: ${what}`);
    await delay(10);
  }
}
