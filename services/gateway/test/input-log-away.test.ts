import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rename, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { AppError } from '@mlab/kernel';
import { PENDING, type Entry } from '#/domain/input-log/entry.ts';
import { firstIdAt } from '#/domain/input-log/input-id.ts';
import { encodeRecord } from '#/domain/input-log/spool-record.ts';
import { findAbandoned } from '#/input-log/spool-files.ts';
import { call, log, openLoggingGateway, predicted, type GatewayApp, type LoggingGateway } from './logging-gateway.ts';
import { until } from './until.ts';

let gateways: LoggingGateway;
let folder: string;
before(async () => {
  gateways = await openLoggingGateway();
});
after(() => gateways[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mlab-spool-'));
});
afterEach(async () => {
  gateways.database.way.restore();
  await rm(folder, { recursive: true, force: true });
});

const SOON = { MLAB_GATEWAY_INPUT_LOG_COMMIT_TIMEOUT_MS: '300' };
const spooling = (more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...SOON,
  MLAB_GATEWAY_INPUT_LOG_POLICY: 'spool',
  MLAB_GATEWAY_INPUT_LOG_SPOOL_FOLDER: folder,
  ...more,
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly detail: string | undefined;
  readonly ms: number;
}

async function post(app: GatewayApp, data: string, forward_to_model = false): Promise<Answer> {
  const started = performance.now();
  const body = JSON.stringify({ data, forward_to_model });
  const answer = await fetch(`${app.url}/process`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  const { detail } = (await answer.json()) as { detail?: string };
  return { status: answer.status, retryAfter: answer.headers.get('retry-after'), detail, ms: performance.now() - started };
}

interface Ready {
  readonly status: number;
  readonly ok: boolean | undefined;
  readonly required: boolean | undefined;
  readonly detail: string;
}

async function ready(app: GatewayApp): Promise<Ready> {
  const answer = await fetch(`${app.url}/ready`);
  const { checks } = (await answer.json()) as { checks: readonly { name: string; ok: boolean; required: boolean; detail: string }[] };
  const found = checks.find(({ name }) => name === 'input-log');
  return { status: answer.status, ok: found?.ok, required: found?.required, detail: found?.detail ?? '' };
}

const texts = async (): Promise<readonly unknown[]> => (await gateways.rows()).map(({ data }) => data);
const isBack = async (app: GatewayApp): Promise<boolean> => (await ready(app)).ok === true;
const metric = async (app: GatewayApp, name: string): Promise<number> => {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(new RegExp(`^${name.replace(/[{}"]/g, String.raw`\$&`)} (.*)$`, 'm').exec(text)?.[1]);
};

for (const fault of ['cut', 'silence'] as const) {
  test(`refuse, ${fault}: without its database every input is answered 503, quickly once it is known, and taken again when it is back`, async () => {
    let asked = 0;
    await using app = await gateways.start(SOON, () => {
      asked++;
      return predicted('cat');
    });
    assert.equal((await post(app, 'before', true)).status, 200);
    gateways.database.way[fault]();
    const first = await post(app, 'lost');
    assert.deepEqual(
      [first.status, first.retryAfter, first.detail],
      [503, '1', 'The input log is unavailable: its database cannot be reached.'],
    );
    const next = await post(app, 'lost too', true);
    assert.deepEqual([next.status, next.detail], [503, first.detail]);
    assert.ok(next.ms < 150, `the second was refused after ${next.ms} ms`);
    assert.equal(asked, 1, 'nobody is asked about an input that cannot be logged');
    assert.deepEqual(await ready(app), {
      status: 503,
      ok: false,
      required: true,
      detail: 'its database cannot be reached; inputs are refused',
    });
    assert.ok((await metric(app, 'mlab_input_log_refused_total{reason="away"}')) >= 1);
    gateways.database.way.restore();
    await until('the database is seen to be back', () => isBack(app));
    assert.equal((await post(app, 'after')).status, 200);
    assert.deepEqual(await texts(), ['before', 'after']);
  });
}

test('refuse: a prediction that cannot be committed is not answered', async () => {
  const waiting = Promise.withResolvers<ReturnType<typeof predicted>>();
  await using app = await gateways.start(SOON, () => waiting.promise);
  const answer = post(app, 'half', true);
  await until('it is committed as pending', async () => (await gateways.rows()).length === 1);
  gateways.database.way.cut();
  waiting.resolve(predicted('cat'));
  assert.equal((await answer).status, 503);
  assert.deepEqual(
    (await gateways.rows()).map(({ outcome }) => outcome),
    ['pending'],
  );
});

for (const fault of ['cut', 'silence'] as const) {
  test(`spool, ${fault}: inputs are answered while the database is away, and are in it, in order, when it is back`, async () => {
    await using app = await gateways.start(spooling());
    await log(app, 'n0', true);
    gateways.database.way[fault]();
    for (let index = 1; index <= 5; index++) assert.equal((await post(app, `n${index}`, index % 2 === 0)).status, 200);
    assert.ok((await post(app, 'n6')).ms < 200, 'nothing waits for a database that is known to be away');
    const now = await ready(app);
    assert.deepEqual([now.status, now.ok, now.required], [200, false, false]);
    assert.match(now.detail, /^its database is away; 6 inputs \(\d+ bytes\) wait in the spool$/);
    assert.equal(await metric(app, 'mlab_input_log_spool_records'), 6);
    assert.equal((await readdir(folder)).length, 1);
    gateways.database.way.restore();
    await until('the database is seen to be back', () => isBack(app));
    await until('the spool is removed', async () => (await readdir(folder)).length === 0);
    await log(app, 'n7', true);
    const kept = await gateways.rows();
    assert.deepEqual(
      kept.map(({ data, outcome }) => [data, outcome]),
      Array.from({ length: 8 }, (_, index) => [
        `n${index}`,
        index === 0 || index === 7 || (index % 2 === 0 && index < 6) ? 'predicted' : 'logged',
      ]),
    );
    assert.equal(await metric(app, 'mlab_input_log_spool_records'), 0);
  });
}

test('spool: an input that was committed before the database went gets its prediction from the spool', async () => {
  const waiting = Promise.withResolvers<ReturnType<typeof predicted>>();
  await using app = await gateways.start(spooling(), ({ input }) => (input === 'late' ? waiting.promise : predicted('dog')));
  const answer = log(app, 'late', true);
  await until('it is committed as pending', async () => (await gateways.rows()).length === 1);
  gateways.database.way.cut();
  waiting.resolve(predicted('cat'));
  await answer;
  gateways.database.way.restore();
  await until('it has its prediction', async () => (await gateways.rows())[0]?.['class'] === 'cat');
  assert.equal((await gateways.rows()).length, 1);
});

test('spool: inputs go on coming while it is replayed, and none is lost', async () => {
  await using app = await gateways.start(spooling());
  const ending = new AbortController();
  let answered = 0;
  const stream = async (name: string): Promise<void> => {
    for (let index = 0; !ending.signal.aborted; index++) if ((await post(app, `${name} ${index}`)).status === 200) answered++;
  };
  const streams = ['a', 'b', 'c', 'd'].map(stream);
  try {
    for (let round = 0; round < 3; round++) {
      const before = answered;
      await until('inputs are taken', () => answered > before + 50);
      gateways.database.way.cut();
      await until('inputs are spooled', async () => (await metric(app, 'mlab_input_log_spool_records')) > 20);
      gateways.database.way.restore();
      await until('the database is seen to be back', () => isBack(app));
    }
  } finally {
    ending.abort();
    await Promise.all(streams);
  }
  await until('all are in the database', async () => (await gateways.rows()).length >= answered);
  const kept = await texts();
  assert.equal(new Set(kept).size, answered);
});

test('spool: what does not fit any more is answered 503', async () => {
  await using app = await gateways.start(spooling({ MLAB_GATEWAY_INPUT_LOG_SPOOL_BYTES: '3000' }));
  gateways.database.way.cut();
  assert.equal((await post(app, 'small')).status, 200);
  const large = await post(app, 'x'.repeat(3000));
  assert.deepEqual([large.status, large.retryAfter], [503, '5']);
  assert.match(large.detail ?? '', /its database is away, and its spool is full \(3000 bytes\)/);
  assert.equal((await post(app, 'small again')).status, 200);
});

test('spool: a folder that cannot be written is answered 503 and not 200', async () => {
  await writeFile(join(folder, 'file'), '');
  await using app = await gateways.start(spooling({ MLAB_GATEWAY_INPUT_LOG_SPOOL_FOLDER: join(folder, 'file', 'below') }));
  gateways.database.way.cut();
  const answer = await post(app, 'x');
  assert.equal(answer.status, 503);
  assert.match(answer.detail ?? '', /neither its database nor its spool takes the input/);
});

/** The id of a process that has ended. */
async function endedProcess(): Promise<number> {
  const child = spawn(process.execPath, ['--version'], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid as number;
}

/** Leaves a spool as a gateway does that was killed: its own file, under the name of a process that has ended. */
async function leftSpool(inputs: readonly string[]): Promise<string> {
  const app = await gateways.start(spooling());
  gateways.database.way.cut();
  for (const data of inputs) await log(app, data);
  await app[Symbol.asyncDispose]();
  gateways.database.way.restore();
  const [name = ''] = await readdir(folder);
  const path = join(folder, `${hostname()}-${await endedProcess()}-${'0'.repeat(12)}.spool`);
  await rename(join(folder, name), path);
  return path;
}

test('spool: what a killed gateway has left is taken up by the next one, without what it had not finished', async () => {
  const path = await leftSpool(['one', 'two', 'three']);
  await truncate(path, (await stat(path)).size - 3);
  await using app = await gateways.startAgain(spooling());
  await until('the spool is taken up', async () => (await readdir(folder)).length === 0);
  assert.deepEqual(await texts(), ['one', 'two']);
  await log(app, 'four');
  assert.deepEqual(await texts(), ['one', 'two', 'four']);
});

test('spool: one that is damaged in the middle is kept for people, after what could be read is in the database', async () => {
  const path = await leftSpool(['one', 'two', 'three']);
  const bytes = await readFile(path);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  await writeFile(path, bytes);
  await using app = await gateways.startAgain(spooling());
  await until('it is put aside', async () => (await readdir(folder)).some((name) => name.endsWith('.damaged')));
  assert.deepEqual(await texts(), ['one']);
  assert.equal((await readdir(folder)).length, 1);
  await log(app, 'four');
});

test('spool: what is known already is not forgotten when an older record of it is replayed', async () => {
  const app = await gateways.start(spooling());
  await log(app, 'cat', true);
  const { items } = await app.client.listInputs({ limit: 1 }, call());
  await app[Symbol.asyncDispose]();
  const [item] = items;
  const stale: Entry = { id: item?.id ?? '', data: 'cat', length: 3, sha256: undefined, traceId: item?.trace_id ?? '', ...PENDING };
  const path = join(folder, `${hostname()}-${await endedProcess()}-${'3'.repeat(12)}.spool`);
  await writeFile(path, Buffer.concat([encodeRecord(stale, crc32), encodeRecord({ ...stale, id: firstIdAt(1), data: 'other' }, crc32)]));
  await using next = await gateways.startAgain(spooling());
  await until('it is replayed', async () => (await readdir(folder)).length === 0);
  assert.deepEqual(
    (await gateways.rows()).map(({ data, outcome, class: name }) => [data, outcome, name]),
    [
      ['other', 'pending', null],
      ['cat', 'predicted', 'cat'],
    ],
  );
  assert.ok(next.url);
});

test('spool: two gateways with one folder have a file each, and neither takes that of the other while it lives', async () => {
  await using first = await gateways.start(spooling());
  await using second = await gateways.startAgain(spooling());
  gateways.database.way.cut();
  await Promise.all([log(first, 'first'), log(second, 'second')]);
  assert.equal((await readdir(folder)).length, 2);
  assert.ok(
    (await Promise.all([first, second].map((app) => metric(app, 'mlab_input_log_spool_records')))).every((records) => records === 1),
  );
  gateways.database.way.restore();
  await until('both are in the database', async () => (await gateways.rows()).length === 2);
});

test('spool: a gateway that was taken for dead and goes on writes what is still needed to a file of its own', async () => {
  await using app = await gateways.start(spooling());
  gateways.database.way.cut();
  await log(app, 'before');
  const [name = ''] = await readdir(folder);
  // As another gateway does that takes the file up: it is read after it was renamed.
  const taken = join(folder, `${hostname()}-${await endedProcess()}-${'1'.repeat(12)}.spool`);
  await rename(join(folder, name), taken);
  await log(app, 'after');
  assert.equal((await readdir(folder)).length, 2);
  gateways.database.way.restore();
  await until('what came after is in the database', async () => (await texts()).includes('after'));
  await using other = await gateways.startAgain(spooling());
  await until('what came before is there too', async () => (await texts()).includes('before'));
  assert.equal((await gateways.rows()).length, 2);
  assert.ok(other.url);
});

test('spool: whose files are taken up, and that each goes to one of those who look', async () => {
  const old = new Date(Date.now() - 61_000);
  const dead = await endedProcess();
  for (const [owner, age] of [
    [`${hostname()}-${process.pid}`, undefined],
    [`${hostname()}-${process.ppid}`, undefined],
    [`${hostname()}-${dead}`, undefined],
    ['elsewhere-1', undefined],
    ['elsewhere-2', old],
  ] as const) {
    const path = join(folder, `${owner}-${'4'.repeat(12)}.spool`);
    await writeFile(path, 'x');
    if (age !== undefined) await utimes(path, age, age);
  }
  await writeFile(join(folder, `${hostname()}-${dead}-${'5'.repeat(12)}.spool.damaged`), 'x');
  const taken = (await Promise.all([findAbandoned(folder), findAbandoned(folder), findAbandoned(folder)])).flat();
  const names = taken.map(({ path }) => basename(path)).toSorted();
  assert.deepEqual(names, [`${hostname()}-${dead}-${'4'.repeat(12)}.spool`, `elsewhere-2-${'4'.repeat(12)}.spool`].toSorted());
  assert.equal((await readdir(folder)).length, 6);
});

test('spool: the file of a process that cannot be asked is taken up after a minute of silence', async () => {
  const path = await leftSpool(['elsewhere']);
  const foreign = join(folder, `another-host-1-${'2'.repeat(12)}.spool`);
  await rename(path, foreign);
  const young = await gateways.startAgain(spooling());
  await log(young, 'here');
  assert.equal((await readdir(folder)).length, 1);
  await young[Symbol.asyncDispose]();
  const old = new Date(Date.now() - 61_000);
  await utimes(foreign, old, old);
  await using app = await gateways.startAgain(spooling());
  await until('it is taken up', async () => (await texts()).includes('elsewhere'));
  assert.ok(app.url);
});

test('spool: without a folder the gateway does not start, and says what to set', async () => {
  await assert.rejects(
    gateways.startAgain({ MLAB_GATEWAY_INPUT_LOG_POLICY: 'spool' }),
    /MLAB_GATEWAY_INPUT_LOG_SPOOL_FOLDER \(or MLAB_HOME\)/,
  );
  await using app = await gateways.startAgain({ MLAB_GATEWAY_INPUT_LOG_POLICY: 'spool', MLAB_HOME: folder });
  gateways.database.way.cut();
  await log(app, 'x');
  assert.deepEqual(await readdir(folder), ['gateway-spool']);
});

test('a gateway that ends commits what it has answered and what it has taken in', async () => {
  const app = await gateways.start();
  const answers = Array.from({ length: 50 }, (_, index) =>
    log(app, `n${index}`).then(
      () => true,
      (error: unknown) => !AppError.is(error),
    ),
  );
  await until('some are in', async () => (await gateways.rows()).length > 0);
  const ended = app.host[Symbol.asyncDispose]();
  const taken = (await Promise.all(answers)).filter(Boolean).length;
  await ended;
  assert.ok((await gateways.rows()).length >= taken);
  await app[Symbol.asyncDispose]();
});
