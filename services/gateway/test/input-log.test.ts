import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { predictor, type PredictionResponse } from '@mlab/contracts/predictor';
import { AppError, rootCall } from '@mlab/kernel';
import { fake, startTest } from '@mlab/kernel/testing';
import { service } from '#/service.ts';
import { call, log, openLoggingGateway, predicted, type LoggingGateway } from './logging-gateway.ts';
import { until } from './until.ts';

let gateways: LoggingGateway;
before(async () => {
  gateways = await openLoggingGateway();
});
after(() => gateways[Symbol.asyncDispose]());

const start: LoggingGateway['start'] = (...options) => gateways.start(...options);
const rows: LoggingGateway['rows'] = () => gateways.rows();
const told: LoggingGateway['told'] = () => gateways.told();

test('an input is committed when it is answered, and with its prediction when it has one', async () => {
  await using app = await start({}, () => predicted('cat', { model: 'pets', model_version: 3 }));
  assert.deepEqual(await log(app, 'only logged'), { status: 'Input logged successfully' });
  assert.deepEqual(
    (await rows()).map(({ data, outcome, status }) => [data, outcome, status]),
    [['only logged', 'logged', 200]],
  );
  await log(app, 'asked', true);
  const [, second] = await rows();
  assert.deepEqual(
    [second?.['outcome'], second?.['class'], second?.['confidence'], second?.['model'], second?.['model_version'], second?.['status']],
    ['predicted', 'cat', 0.9, 'pets', '3', 200],
  );
  assert.deepEqual(JSON.parse(second?.['prediction'] as string), predicted('cat', { model: 'pets', model_version: 3 }));
  assert.ok((second?.['latency_ms'] as number) > 0);
});

for (const [code, status] of [
  ['unavailable', 503],
  ['invalid', 502],
] as const) {
  test(`an input whose prediction fails with ${code} is in the log with what was answered`, async () => {
    await using app = await start({}, () => {
      throw new AppError(code, 'B says no.');
    });
    const answer = await fetch(`${app.url}/process`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"data":"x"}',
    });
    const { detail } = (await answer.json()) as { detail: string };
    assert.equal(answer.status, status);
    assert.deepEqual(
      (await rows()).map((row) => [row['data'], row['outcome'], row['status'], row['error'], row['class']]),
      [['x', 'failed', status, detail, null]],
    );
  });
}

test('a fallback is logged as one', async () => {
  await using app = await start({ MLAB_GATEWAY_FALLBACK_CLASS: 'unknown' }, () => {
    throw new AppError('unavailable', 'B is away.');
  });
  await log(app, 'x', true);
  assert.deepEqual(
    (await rows()).map((row) => [row['outcome'], row['class'], row['status']]),
    [['fallback', 'unknown', 200]],
  );
});

test('an input whose client goes away is in the log all the same', async () => {
  const waiting = Promise.withResolvers<PredictionResponse>();
  await using app = await start({}, () => waiting.promise);
  const controller = new AbortController();
  const answer = app.client.processInput({ data: 'gone', forward_to_model: true }, rootCall('test', 5000, controller.signal));
  await until('it is committed before its prediction', async () => (await rows()).length === 1);
  controller.abort();
  await assert.rejects(answer, (error) => AppError.is(error, 'cancelled'));
  await until('it is known to be cancelled', async () => (await rows())[0]?.['outcome'] === 'cancelled');
  assert.equal((await rows())[0]?.['status'], 499);
  waiting.resolve(predicted('late'));
});

test('an input that waits for its prediction is committed as pending, and becomes one row with it', async () => {
  const waiting = Promise.withResolvers<PredictionResponse>();
  await using app = await start({}, () => waiting.promise);
  const answer = log(app, 'slow', true);
  await until('it is committed before its prediction', async () => (await rows()).length === 1);
  assert.deepEqual(
    (await rows()).map((row) => [row['data'], row['outcome'], row['status']]),
    [['slow', 'pending', null]],
  );
  waiting.resolve(predicted('cat'));
  await answer;
  assert.deepEqual(
    (await rows()).map((row) => [row['data'], row['outcome'], row['class']]),
    [['slow', 'predicted', 'cat']],
  );
  assert.deepEqual(
    (await told()).map(({ count, pending, byClass }) => ({ count, pending, byClass })),
    [
      { count: 1, pending: 1, byClass: {} },
      { count: 1, pending: 0, byClass: { cat: 1 } },
    ],
  );
});

test('inputs that come together are committed together, each told of in one event', async () => {
  await using app = await start();
  const texts = Array.from({ length: 400 }, (_, index) => `${index % 2 === 0 ? 'cat' : 'dog'} ${index}`);
  await Promise.all(texts.map((text, index) => log(app, text, index % 4 < 2)));
  const kept = await rows();
  assert.deepEqual(kept.map(({ data }) => String(data)).toSorted(), texts.toSorted());
  const events = await told();
  assert.ok(events.length < 100, `400 inputs in ${events.length} commits`);
  assert.equal(
    events.reduce((sum, { count, pending }) => sum + Number(count) - Number(pending), 0),
    400,
  );
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  assert.match(metrics, new RegExp(`mlab_input_log_commit_duration_seconds_count\\{target="database"\\} ${events.length}\n`));
  for (const event of events) {
    const { firstId, lastId, count } = event as unknown as { firstId: string; lastId: string; count: number };
    const between = kept.filter(({ id }) => (id as string) >= firstId && (id as string) <= lastId).length;
    assert.ok(between >= count, 'the range of ids covers what was committed');
  }
  const { from, to } = events[0] as unknown as { from: string; to: string };
  const { items } = await app.client.listInputs({ from, to, limit: 1000 }, call());
  assert.ok(items.length >= Number(events[0]?.['count']), 'and so does the range of times');
});

test('inputs of one client stand in the log in their order', async () => {
  await using app = await start();
  for (let index = 0; index < 20; index++) await log(app, `n${index}`, index % 3 === 0);
  assert.deepEqual(
    (await rows()).map(({ data }) => data),
    Array.from({ length: 20 }, (_, index) => `n${index}`),
  );
});

const STRANGE: readonly string[] = [
  '',
  '\0',
  'a\0b',
  '\ud83d half',
  '\u001a0000',
  '日本🐟',
  'line\r\nbreak "q", c',
  "=cmd|'/c calc'!A1",
  'x'.repeat(1_000_000),
];

test('any text comes back as it came', async () => {
  await using app = await start({}, () => predicted('cl\0ass \ud83d', { model: 'm\0' }));
  for (const data of STRANGE) await log(app, data, true);
  const { items } = await app.client.listInputs({ limit: 100 }, call());
  assert.deepEqual(
    items.map(({ data }) => data),
    STRANGE.toReversed(),
  );
  for (const item of items) {
    assert.equal(item.length, Array.from(item.data ?? '').length);
    assert.deepEqual([item.class, item.model], ['cl\0ass \ud83d', 'm\0']);
    assert.deepEqual(await app.client.getInput({ id: item.id }, call()), item);
  }
});

test('where the log is redacted, length and SHA-256 are all that is kept of an input', async () => {
  await using app = await start({ MLAB_GATEWAY_LOG_INPUT: 'redacted' });
  await log(app, 'secret');
  const { items } = await app.client.listInputs({ limit: 100 }, call());
  assert.equal(items[0]?.sha256, '2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b');
  assert.equal(items[0]?.length, 6);
  assert.deepEqual(Object.keys(items[0] ?? {}).includes('data'), false);
  assert.equal(JSON.stringify(await rows()).includes('secret'), false);
});

test('the list is searched by time, text, class, status and outcome', async () => {
  await using app = await start({}, ({ input }) => {
    if (input.startsWith('fail')) throw new AppError('unavailable', 'B is away.');
    return predicted(input.split(' ')[0] ?? '');
  });
  await log(app, 'cat One', true);
  await log(app, 'dog 100% two', true);
  await delay(5);
  const middle = new Date().toISOString();
  await log(app, 'fail three', true).catch(() => undefined);
  await log(app, 'Plain_ÉCLAIR');
  const found = async (query: object): Promise<unknown> =>
    (await app.client.listInputs({ limit: 100, ...query }, call())).items.map(({ data }) => data?.split(' ')[0]);
  for (const [query, expected] of [
    [{}, ['Plain_ÉCLAIR', 'fail', 'dog', 'cat']],
    [{ limit: 2 }, ['Plain_ÉCLAIR', 'fail']],
    [{ from: middle }, ['Plain_ÉCLAIR', 'fail']],
    [{ to: middle }, ['dog', 'cat']],
    [{ from: middle, to: middle }, []],
    [{ text: 'ONE' }, ['cat']],
    [{ text: '0%' }, ['dog']],
    [{ text: '%' }, ['dog']],
    [{ text: '_' }, ['Plain_ÉCLAIR']],
    [{ text: '\\' }, []],
    [{ class: 'cat' }, ['cat']],
    [{ class: 'ca' }, []],
    [{ status: '503' }, ['fail']],
    [{ status: '200' }, ['Plain_ÉCLAIR', 'dog', 'cat']],
    [{ status: 'predicted', text: 'o' }, ['dog', 'cat']],
    [{ status: 'logged' }, ['Plain_ÉCLAIR']],
    [{ status: 'pending' }, []],
  ] as const) {
    assert.deepEqual(await found(query), expected, JSON.stringify(query));
  }
});

test('pages hold each input once, while others come in', async () => {
  await using app = await start();
  await Promise.all(Array.from({ length: 250 }, (_, index) => log(app, `old ${index}`)));
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await app.client.listInputs({ limit: 40, ...(cursor === undefined ? {} : { cursor }) }, call());
    seen.push(...page.items.map(({ data = '' }) => data));
    cursor = page.next;
    await Promise.all(Array.from({ length: 10 }, (_, index) => log(app, `new ${index}`)));
  } while (cursor !== undefined);
  assert.equal(seen.length, 250);
  assert.deepEqual([...new Set(seen)].toSorted(), Array.from({ length: 250 }, (_, index) => `old ${index}`).toSorted());
});

test('an answer stays of a size that can be read, however large the inputs are', async () => {
  await using app = await start();
  for (let index = 0; index < 12; index++) await log(app, `${index} ${'y'.repeat(1_000_000)}`);
  const first = await app.client.listInputs({ limit: 100 }, call());
  assert.ok(first.items.length > 5 && first.items.length < 12, `${first.items.length} MB in one answer`);
  const second = await app.client.listInputs({ limit: 100, cursor: first.next ?? '' }, call());
  assert.equal(first.items.length + second.items.length, 12);
  assert.equal(second.next, undefined);
});

for (const [query, place] of [
  ['limit=0', 'limit'],
  ['limit=1001', 'limit'],
  ['limit=many', 'limit'],
  ['from=yesterday', 'from'],
  ['to=2026-02-30T00:00:00Z', 'to'],
  ['status=lost', 'status'],
  ['cursor=abc', 'cursor'],
  ['text=', 'text'],
] as const) {
  test(`?${query} is refused as FastAPI would`, async () => {
    await using app = await start();
    const answer = await fetch(`${app.url}/inputs?${query}`);
    assert.equal(answer.status, 422);
    const { detail } = (await answer.json()) as { detail: readonly { loc: readonly string[] }[] };
    assert.deepEqual(
      detail.map(({ loc }) => loc),
      [['query', place]],
    );
  });
}

test('an id that is not in the log is not found, whatever it looks like', async () => {
  await using app = await start();
  for (const id of ['01a20bb8-8a7f-708d-9c09-6f9527241f35', 'x', '%00', "'; DROP TABLE input; --"]) {
    const answer = await fetch(`${app.url}/inputs/${encodeURIComponent(id)}`);
    assert.equal(answer.status, 404, id);
  }
});

test('a search that takes too long says how to ask instead', async () => {
  await using app = await start({ MLAB_GATEWAY_INPUT_LOG_SEARCH_TIMEOUT_MS: '150' });
  await log(app, 'x');
  await gateways.database.query('BEGIN');
  await gateways.database.query('LOCK TABLE input IN ACCESS EXCLUSIVE MODE');
  try {
    const answer = await fetch(`${app.url}/inputs?text=x`);
    assert.equal(answer.status, 504);
    assert.match(((await answer.json()) as { detail: string }).detail, /took longer than 150 ms. Narrow it with from and to/);
  } finally {
    await gateways.database.query('ROLLBACK');
  }
});

test('without a database there is no log to read, and a sentence says so', async () => {
  await using app = await startTest(service, { neighbours: [fake(predictor, { predict: () => predicted('cat') })] });
  assert.deepEqual(await log(app, 'x'), { status: 'Input logged successfully' });
  for (const path of ['/inputs', '/inputs/x', '/inputs/export']) {
    const answer = await fetch(app.url + path);
    assert.equal(answer.status, 404);
    assert.deepEqual(await answer.json(), { detail: 'This gateway keeps no input log: it runs without a database.' });
  }
});

test('more inputs than may be under way are refused at once, and nothing of them is lost in silence', async () => {
  const waiting = Promise.withResolvers<PredictionResponse>();
  await using app = await start({ MLAB_GATEWAY_INPUT_LOG_MAX_WAITING: '3' }, () => waiting.promise);
  const first = [1, 2, 3].map((index) => log(app, `held ${index}`, true));
  await until('three are under way', async () => (await rows()).length === 3);
  const refused = await fetch(`${app.url}/process`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"data":"x","forward_to_model":false}',
  });
  assert.equal(refused.status, 503);
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.match(((await refused.json()) as { detail: string }).detail, /too many inputs wait to be written/);
  waiting.resolve(predicted('cat'));
  await Promise.all(first);
  await log(app, 'after');
  assert.equal((await rows()).length, 4);
});
