import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { tracking } from '@mlab/contracts/tracking';
import { AppError, defineContract, defineService, rootCall, schema, type ClientOf } from '@mlab/kernel';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';
import { listen, until, type Heard, type Listening } from './listening.ts';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const SETTINGS = {
  MLAB_TRACKING_LIVE_POLL_MS: '300',
  MLAB_TRACKING_LIVE_HEARTBEAT_MS: '100',
  MLAB_TRACKING_LIVE_LISTENERS: '60',
  MLAB_TRACKING_LIVE_BUFFER_VALUES: '50',
};

const front = defineContract({
  name: 'front',
  title: 'Front',
  label: 'Front',
  description: 'Stands before the service as the gateway does, and calls it from within its process.',
  port: 0,
  wire: 'problem',
  operations: {},
});
let local: ClientOf<typeof tracking>;
const frontService = defineService({
  contract: front,
  needs: { tracking },
  forwards: [tracking],
  config: schema(Type.Object({})),
  start({ clients }) {
    local = clients.tracking;
    return { handlers: {} };
  },
});

const stack = new AsyncDisposableStack();
let one: TestTracking;
/** Another instance on the same database, with the front in its process. */
let other: TestApp<typeof front>;
let otherUrl: string;

before(async () => {
  one = stack.use(await startTracking(SETTINGS));
  const env = { ...SETTINGS, DATABASE_URL: one.databaseUrl, MLAB_HOME: one.home };
  const { logger } = openLog({ level: 'silent' });
  const facilities = stack.use(await openFacilities({ env, services: [service], logger, version: '0.0.0' }));
  other = stack.use(await startTest(frontService, { neighbours: [service], facilities: { ...facilities }, env }));
  otherUrl = other.host.url('tracking');
});
after(() => stack.disposeAsync());

const START = 1_700_000_000_000;
const url = (id: string, query = ''): string => `${one.app.url}/runs/${id}/metrics/live${query}`;
const point = (key: string, step: number, value: number | string = step) => ({ key, step, value, timestamp: START + step });
const points = (key: string, from: number, to: number) => Array.from({ length: to - from }, (_, n) => point(key, from + n));
const log = (run_id: string, metrics: readonly object[], rest: object = {}): Promise<Json> =>
  one.post('runs/log-batch', { run_id, metrics, ...rest });

async function logElsewhere(run_id: string, metrics: readonly object[]): Promise<void> {
  const answer = await fetch(`${otherUrl}/mlflow/api/2.0/mlflow/runs/log-batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ run_id, metrics }),
  });
  assert.equal(answer.status, 200, await answer.text());
}

const hears = (listening: Listening, ...values: readonly string[]): Promise<void> =>
  listening.until(`hears ${values.join(' ')}`, () => values.every((value) => listening.values().includes(value)));

async function gauge(name: string, base = one.app.url): Promise<number> {
  const text = await (await fetch(`${base}/metrics`)).text();
  return Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
}

test('the latest values come first, and then every committed value however it was logged', async () => {
  const run = await one.run({ start_time: START, run_name: 'live' });
  await log(run, [point('loss', 1, 5), point('loss', 2, 4), point('auc', 1, 'NaN')]);
  await using listening = await listen(url(run));
  await listening.until('the latest', () => listening.heard.length === 1);
  const [latest] = listening.heard;
  assert.equal(latest?.event, 'latest');
  assert.match(latest.id ?? '', /^\d+/);
  assert.deepEqual(latest.data, {
    run: { id: run, name: 'live', startTime: START, status: 'RUNNING', lifecycleStage: 'active' },
    metrics: [point('auc', 1, 'NaN'), point('loss', 2, 4)],
  });
  await one.post('runs/log-metric', { run_id: run, ...point('loss', 3) });
  await log(run, [point('loss', 4), point('loss', 5, 'NaN'), point('loss', 6, 'Infinity')]);
  await log(run, [point('loss', 7)], { params: [{ key: 'p', value: 'q' }] });
  // Late ones are values as well.
  await log(run, [point('loss', 0)]);
  await hears(listening, 'loss@0=0');
  assert.deepEqual(
    [...listening.values()].toSorted(),
    ['loss@0=0', 'loss@3=3', 'loss@4=4', 'loss@5=NaN', 'loss@6=1.7976931348623157e+308', 'loss@7=7'].toSorted(),
  );
});

test('one may listen to some metrics alone', async () => {
  const run = await one.run();
  await log(run, [point('loss', 1), point('auc', 1)]);
  await using listening = await listen(url(run, '?key=auc&key=f1'));
  await listening.until('the latest', () => listening.heard.length === 1);
  assert.deepEqual(listening.heard[0]?.data.metrics, [point('auc', 1)]);
  await log(run, [point('loss', 2), point('auc', 2)]);
  await log(run, [point('loss', 3)]);
  await log(run, [point('f1', 3), point('loss', 4)]);
  await hears(listening, 'f1@3=3');
  assert.deepEqual(listening.values(), ['auc@2=2', 'f1@3=3']);
});

test('what another instance has taken comes as well, each value once, whatever its time', async () => {
  const run = await one.run();
  await log(run, points('loss', 100, 110));
  await using listening = await listen(url(run));
  await listening.until('the latest', () => listening.heard.length === 1);
  await logElsewhere(run, [point('loss', 110)]);
  await log(run, [point('loss', 111)]);
  // Older than all that is there.
  await logElsewhere(run, [point('loss', 5)]);
  await Promise.all([logElsewhere(run, points('a', 0, 300)), log(run, points('b', 0, 300)), logElsewhere(run, points('c', 0, 300))]);
  await hears(listening, 'loss@110=110', 'loss@5=5', 'a@299=299', 'b@299=299', 'c@299=299');
  const expected = [110, 111, 5].map((step) => `loss@${step}=${step}`);
  for (const key of ['a', 'b', 'c']) for (let step = 0; step < 300; step++) expected.push(`${key}@${step}=${step}`);
  assert.deepEqual([...listening.values()].toSorted(), expected.toSorted());
});

for (const [where, finish] of [
  ['here', (run_id: string) => one.post('runs/update', { run_id, status: 'FINISHED', end_time: START + 9 })],
  [
    'at another instance',
    async (run_id: string) => {
      const answer = await fetch(`${otherUrl}/mlflow/api/2.0/mlflow/runs/update`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ run_id, status: 'FINISHED', end_time: START + 9 }),
      });
      assert.equal(answer.status, 200);
    },
  ],
] as const) {
  test(`the end of a run (${where}) is told behind its last value, and ends the stream`, async () => {
    const run = await one.run();
    await using listening = await listen(url(run));
    await listening.until('the latest', () => listening.heard.length === 1);
    await logElsewhere(run, [point('loss', 1)]);
    await finish(run);
    await listening.until('the end', () => listening.over);
    assert.deepEqual(listening.values(), ['loss@1=1']);
    assert.deepEqual(listening.heard.at(-1)?.data, { status: 'FINISHED', endTime: START + 9, lifecycleStage: 'active' });
    assert.equal(listening.heard.at(-1)?.event, 'end');
    // Whoever comes late hears how it ended, and whoever comes again what he has missed.
    await using late = await listen(url(run));
    await late.until('the end', () => late.over);
    assert.deepEqual(
      late.heard.map(({ event }) => event),
      ['latest', 'end'],
    );
    await using again = await listen(url(run), { 'Last-Event-ID': listening.heard[0]?.id ?? '' });
    await again.until('the end', () => again.over);
    assert.deepEqual(
      again.heard.map(({ event }) => event),
      ['metrics', 'end'],
    );
  });
}

test('a run that is deleted has ended', async () => {
  const run = await one.run();
  await using listening = await listen(url(run));
  await listening.until('the latest', () => listening.heard.length === 1);
  await one.post('runs/delete', { run_id: run });
  await listening.until('the end', () => listening.over);
  assert.deepEqual(listening.heard.at(-1), { event: 'end', id: listening.lastId, data: { status: 'RUNNING', lifecycleStage: 'deleted' } });
});

test('whoever comes again hears all that he has missed, at this instance or at another, in pages and without what he knows', async () => {
  const run = await one.run();
  await log(run, points('old', 0, 1000));
  let id: string | undefined;
  {
    await using listening = await listen(url(run));
    await listening.until('the latest', () => listening.heard.length === 1);
    id = listening.lastId;
  }
  await log(run, points('a', 0, 1000));
  await logElsewhere(run, points('b', 0, 1000));
  await log(run, points('a', 1000, 1500));
  const expected = [...points('a', 0, 1500), ...points('b', 0, 1000)].map(({ key, step }) => `${key}@${step}=${step}`).toSorted();
  for (const base of [one.app.url, otherUrl]) {
    await using again = await listen(`${base}/runs/${run}/metrics/live`, { 'Last-Event-ID': id ?? '' });
    await again.until('all that was missed', () => again.values().length >= expected.length);
    assert.deepEqual([...again.values()].toSorted(), expected);
    assert.ok(again.heard.every(({ event }) => event === 'metrics'));
    await again.until('a new id', () => again.lastId !== undefined && again.lastId !== id);
  }
});

test('nothing is lost however often a listener is cut off while two instances write', async () => {
  const run = await one.run();
  const received = new Set<string>();
  let id: string | undefined;
  let writing = true;
  const write = async (key: string, send: typeof log): Promise<void> => {
    for (let step = 0; step < 300; step += 4) await send(run, points(key, step, step + 4));
  };
  const writers = Promise.all([write('a', log), write('b', logElsewhere), write('c', log)]).finally(() => (writing = false));
  let cuts = 0;
  for (let last = false; !last;) {
    last = !writing;
    await using listening = await listen(url(run), id === undefined ? {} : { 'Last-Event-ID': id });
    if (id === undefined) {
      await listening.until('the latest', () => listening.heard.length > 0);
      for (const { key, step } of (listening.heard[0] as Heard).data.metrics as readonly { key: string; step: number }[])
        for (let earlier = 0; earlier <= step; earlier++) received.add(`${key}@${earlier}=${earlier}`);
    }
    if (last) await listening.until('the rest', () => new Set([...received, ...listening.values()]).size === 900);
    else await listening.until('something', () => listening.heard.length > (cuts % 3 === 1 ? 20 : 2) || !writing);
    for (const value of listening.values()) received.add(value);
    id = listening.lastId ?? id;
    cuts++;
  }
  await writers;
  assert.equal(received.size, 900);
  assert.ok(cuts > 3, `it was cut off ${cuts} times`);
});

test('an id that is not of this database begins anew, and says so', async () => {
  const run = await one.run();
  await log(run, [point('loss', 1)]);
  await using listening = await listen(url(run), { 'Last-Event-ID': '900000000000000' });
  await listening.until('the latest', () => listening.heard.length === 2);
  assert.deepEqual(
    listening.heard.map(({ event }) => event),
    ['missed', 'latest'],
  );
});

test('one who reads slowly gets the latest values and is told what he has missed, and nothing is held for him', async () => {
  const run = await one.run();
  const { body } = await local.liveMetrics({ id: run }, rootCall('test', 20_000));
  const reader = body[Symbol.asyncIterator]();
  const next = async (): Promise<string> => Buffer.from((await reader.next()).value as Uint8Array).toString();
  assert.match(await next(), /event: latest/);
  await logElsewhere(run, points('loss', 0, 40));
  assert.match(await next(), /event: metrics\ndata: {"metrics":\[{"key":"loss","value":0/);
  // 50 are held for him: these are more.
  for (let from = 100; from < 1100; from += 50) await logElsewhere(run, points('loss', from, from + 50));
  const texts = [await next(), await next()];
  if (/event: metrics/.test(texts[0] ?? '')) texts.shift();
  else await logElsewhere(run, [point('loss', 5000)]);
  const said = texts.find((text) => text.includes('event: missed')) ?? '';
  const missed = Number(/event: missed\ndata: {"values":(\d+)}/.exec(said)?.[1]);
  assert.ok(missed >= 900 && missed <= 1000, `missed ${missed}: ${texts.join('').slice(0, 300)}`);
  assert.match(said, /event: latest\ndata: .*"metrics":\[{"key":"loss","value":1099,/);
  await reader.return?.();
  await until('he has left', async () => (await gauge('mlab_tracking_live_listeners', otherUrl)) === 0);
});

test('what comes through the gateway arrives at once, and a client that leaves leaves nothing behind', async () => {
  const run = await one.run();
  const through = `${other.url}/tracking/runs/${run}/metrics/live`;
  const direct = `${otherUrl}/runs/${run}/metrics/live`;
  {
    await using first = await listen(through);
    await using second = await listen(direct);
    await first.until('the latest', () => first.heard.length === 1);
    await second.until('the latest', () => second.heard.length === 1);
    await logElsewhere(run, [point('loss', 1)]);
    await hears(first, 'loss@1=1');
    await hears(second, 'loss@1=1');
    assert.equal(await gauge('mlab_tracking_live_listeners', otherUrl), 2);
    assert.equal(await gauge('mlab_tracking_live_runs', otherUrl), 1);
    await using again = await listen(through, { 'Last-Event-ID': first.heard[0]?.id ?? '' });
    await hears(again, 'loss@1=1');
  }
  await until('all have left', async () => (await gauge('mlab_tracking_live_listeners', otherUrl)) === 0);
  assert.equal(await gauge('mlab_tracking_live_runs', otherUrl), 0);
});

test('fifty who listen to one run cost as many looks into the database as one', async () => {
  const run = await one.run();
  const all = await Promise.all(Array.from({ length: 50 }, () => listen(url(run))));
  await using crowd = new AsyncDisposableStack();
  for (const listening of all) crowd.use(listening);
  await Promise.all(all.map((listening) => listening.until('the latest', () => listening.heard.length === 1)));
  const before = await gauge('mlab_database_statement_duration_seconds_count');
  await logElsewhere(run, [point('loss', 1)]);
  await Promise.all(all.map((listening) => hears(listening, 'loss@1=1')));
  const after = await gauge('mlab_database_statement_duration_seconds_count');
  assert.ok(after - before < 20, `${after - before} statements`);
});

test('the connection is shown to be alive, and too many, unknown runs and senseless ids are refused', async () => {
  const run = await one.run();
  await using listening = await listen(url(run));
  await listening.until('heartbeats', () => listening.heartbeats > 2);
  for (const [path, status, said] of [
    ['/runs/nobody/metrics/live', 404, /nobody not found/],
    [`/runs/${run}/metrics/live?after=1:x`, 400, /after \(Last-Event-ID\) is "1:x"/],
    [`/runs/${run}/metrics/live?${Array.from({ length: 101 }, () => 'key=k').join('&')}`, 400, /key/],
  ] as const) {
    const answer = await fetch(one.app.url + path);
    assert.equal(answer.status, status);
    assert.match(((await answer.json()) as { detail: string }).detail, said);
  }
  await using crowd = new AsyncDisposableStack();
  for (const more of await Promise.all(Array.from({ length: 59 }, () => listen(url(run))))) crowd.use(more);
  await until('all of them', async () => (await gauge('mlab_tracking_live_listeners')) === 60);
  const answer = await fetch(url(run));
  assert.equal(answer.status, 429);
  assert.match(((await answer.json()) as { detail: string }).detail, /60 listen to runs already.*MLAB_TRACKING_LIVE_LISTENERS/);
});

test('a stream ends a moment before the time of its call, not in the middle', async () => {
  const run = await one.run();
  const { body } = await local.liveMetrics({ id: run }, rootCall('test', 1200));
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  assert.match(text, /event: latest/);
  assert.doesNotMatch(text, /event: end/);
  await assert.rejects(local.liveMetrics({ id: 'nobody' }, rootCall('test')), (error) => AppError.is(error, 'not_found'));
});
