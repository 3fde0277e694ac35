import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;
let id: string;
let other: string;

interface Point {
  readonly key: string;
  readonly value: number | 'NaN';
  readonly timestamp: number;
  readonly step: number;
  readonly run_id?: string;
}

/** In the order in which MLflow tells a history: by time, then by step, then by value. */
const HISTORY = [
  [100, 2, 2],
  [7, 3, 2],
  [8, 3, 2],
  ['NaN', 3, 2],
  [1, 5, 0],
  [2, 9, -1],
] as const;

before(async () => {
  t = stack.use(await startTracking());
  [id, other] = (await Promise.all([t.run(), t.run()])).toSorted() as [string, string];
  const shuffled = [3, 0, 5, 1, 4, 2].map((index) => HISTORY[index] as (typeof HISTORY)[number]);
  for (const run_id of [id, other]) {
    const metrics = shuffled.map(([value, timestamp, step]) => ({ key: 'h/é', value, timestamp, step }));
    await t.post('runs/log-batch', { run_id, metrics });
  }
});
after(() => stack.disposeAsync());

const query = (values: Readonly<Record<string, string | number | readonly string[] | undefined>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === undefined ? [] : [value].flat().map((each) => `${name}=${encodeURIComponent(each)}`)))
    .join('&');
const values = (points: readonly Point[] | undefined): readonly unknown[] =>
  (points ?? []).map(({ value, timestamp, step }) => [value, timestamp, step]);
const read = async (more: object = {}): Promise<{ metrics?: readonly Point[]; next_page_token?: string }> =>
  await t.get(`metrics/get-history?${query({ run_id: id, metric_key: 'h/é', ...more })}`);
const ajax = async (path: string, more: object): Promise<{ status: number; body: Json }> => {
  const answer = await fetch(`${t.url}/ajax-api/2.0/mlflow/metrics/${path}?${query({ ...more })}`);
  return { status: answer.status, body: await answer.json() };
};
const INTERVAL = 'get-history-bulk-interval';

test('a history is all values by time, step and value; without a limit all of it', async () => {
  const { metrics, next_page_token } = await read();
  assert.deepEqual(values(metrics), HISTORY);
  assert.ok(metrics?.every(({ key }) => key === 'h/é'));
  assert.equal(next_page_token, undefined);
  assert.deepEqual(values((await t.get(`metrics/get-history?${query({ run_uuid: id, metric_key: 'h/é' })}`)).metrics), HISTORY);
  assert.deepEqual(values((await read({ max_results: 6 })).metrics), HISTORY);
  assert.deepEqual(await read({ max_results: 99_999_999 }), { metrics });
});

test('pages of a history have every value once', async () => {
  for (const max_results of [1, 2, 4, 5]) {
    const found: unknown[] = [];
    let page_token: string | undefined;
    do {
      const page = await read({ max_results, page_token });
      found.push(...values(page.metrics));
      assert.ok((page.metrics ?? []).length <= max_results);
      page_token = page.next_page_token;
    } while (page_token !== undefined);
    assert.deepEqual(found, HISTORY);
  }
  assert.equal(Buffer.from((await read({ max_results: 4 })).next_page_token ?? '', 'base64').toString(), '{"offset": 4}');
  assert.deepEqual(await read({ page_token: Buffer.from('{"offset": 77}').toString('base64') }), {});
});

test('what there is no history of is an empty one', async () => {
  assert.deepEqual(await read({ metric_key: 'never logged' }), {});
  assert.deepEqual(await read({ run_id: 'nope' }), {});
  assert.deepEqual((await ajax('get-history-bulk', { run_id: [id], metric_key: 'never logged' })).body, { metrics: [] });
  assert.deepEqual((await ajax('get-history-bulk', { run_id: ['nope'], metric_key: 'h/é' })).body, { metrics: [] });
  assert.deepEqual((await ajax(INTERVAL, { run_ids: ['nope'], metric_key: 'h/é' })).body, {});
});

test('requests for a history that are refused', async () => {
  const cases: [more: object, expected: RegExp][] = [
    [{ run_id: undefined }, /^400 INVALID_PARAMETER_VALUE Missing value for required parameter 'run_id'\. See the API docs/],
    [{ metric_key: undefined }, /Missing value for required parameter 'metric_key'/],
    [{ max_results: 0 }, /Invalid value 0 for parameter 'max_results' supplied\. It must be a positive integer\.$/],
    [{ max_results: -3 }, /Invalid value -3 for parameter 'max_results' supplied\. It must be a positive integer\.$/],
    [{ max_results: 'abc' }, /Invalid value "abc" for parameter 'max_results'/],
    [{ max_results: '1.5' }, /Invalid value "1\.5" for parameter 'max_results'/],
    [{ page_token: 'x' }, /Invalid page token, could not base64-decode$/],
    [{ page_token: 'eyJ4IjogMX0=' }, /Invalid page token, parsed value=/],
    [{ page_token: Buffer.from('{"offset": -4}').toString('base64') }, /Invalid page token/],
    [{ page_token: Buffer.from('{"offset": 1e300}').toString('base64') }, /Invalid page token/],
    [{ page_token: Buffer.from('[1').toString('base64') }, /Invalid page token, decoded value=/],
  ];
  for (const [more, expected] of cases)
    assert.match(await t.refusal(`metrics/get-history?${query({ run_id: id, metric_key: 'h/é', ...more })}`), expected);
});

test('the histories of several runs come one after the other, so many values in all', async () => {
  const both = [...HISTORY, ...HISTORY];
  const ask = async (more: object): Promise<readonly Point[]> => {
    const { status, body } = await ajax('get-history-bulk', { run_id: [other, id, other, 'nope'], metric_key: 'h/é', ...more });
    assert.equal(status, 200);
    return body.metrics;
  };
  const all = await ask({});
  assert.deepEqual(values(all), both);
  assert.deepEqual(
    all.map(({ run_id }) => run_id),
    [...HISTORY.map(() => id), ...HISTORY.map(() => other)],
  );
  assert.deepEqual(values(await ask({ max_results: 8 })), both.slice(0, 8));
  assert.deepEqual(values(await ask({ max_results: 6 })), HISTORY);
  assert.deepEqual(await ask({ max_results: 0 }), []);
  const words: [more: object, expected: string][] = [
    [{ run_id: [], metric_key: 'h' }, 'GetMetricHistoryBulk request must specify at least one run_id.'],
    [{ run_id: [id] }, 'GetMetricHistoryBulk request must specify a metric_key.'],
    [
      { run_id: Array.from({ length: 101 }, String), metric_key: 'h' },
      'GetMetricHistoryBulk request cannot specify more than 100 run_ids. Received 101 run_ids.',
    ],
  ];
  for (const [more, message] of words) {
    assert.deepEqual(await ajax('get-history-bulk', more), { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE', message } });
  }
});

test('a sample of a history keeps its first and its last value, its least and its greatest, in the order of the steps', async () => {
  const run_id = await t.run();
  const count = 3000;
  const wave = Array.from({ length: count }, (_, step) => ({ key: 'w', value: Math.sin(step / 50), timestamp: 10_000 - step, step }));
  (wave[1234] as { value: number }).value = 55;
  (wave[2345] as { value: number }).value = -66;
  for (let at = 0; at < count; at += 1000) await t.post('runs/log-batch', { run_id, metrics: wave.slice(at, at + 1000) });
  const ask = async (more: object): Promise<readonly Point[]> =>
    (await ajax(INTERVAL, { run_ids: [run_id], metric_key: 'w', ...more })).body.metrics ?? [];
  for (const max_results of [4, 10, 11, 100, 2500, undefined]) {
    const points = await ask({ max_results });
    const steps = points.map(({ step }) => step);
    assert.ok(points.length <= (max_results ?? 2500) && points.length > (max_results ?? 2500) / 3, `${points.length} of ${max_results}`);
    assert.deepEqual(
      steps,
      [...new Set(steps)].toSorted((a, b) => a - b),
    );
    for (const step of [0, 1234, 2345, 2999]) assert.ok(steps.includes(step), `${step} is not among ${max_results}`);
    assert.ok(
      points.every(
        ({ step, value, timestamp, run_id: of }) => of === run_id && wave[step]?.value === value && wave[step]?.timestamp === timestamp,
      ),
    );
    // Nothing of it is left out for long.
    const gap = Math.max(...steps.map((step, index) => step - (steps[index - 1] ?? 0)));
    assert.ok(gap <= (count / Math.max(1, ((max_results ?? 2500) - 2) / 2)) * 2, `${gap} steps are left out with ${max_results}`);
  }
  assert.deepEqual(
    (await ask({ max_results: 1 })).map(({ step }) => step),
    [2999],
  );
  assert.deepEqual(
    (await ask({ max_results: 2 })).map(({ step }) => step),
    [0, 2999],
  );
  assert.deepEqual(
    (await ask({ start_step: 100, end_step: 110 })).map(({ step }) => step),
    [100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110],
  );
  assert.deepEqual(
    (await ask({ start_step: -5, end_step: 1 })).map(({ step }) => step),
    [0, 1],
  );
  assert.deepEqual(await ask({ start_step: 5000, end_step: 6000 }), []);
  const part = await ask({ start_step: 1000, end_step: 2000, max_results: 20 });
  assert.deepEqual([part[0]?.step, part.at(-1)?.step], [1000, 2000]);
  assert.ok(part.some(({ value }) => value === 55));
});

test('samples of several runs come run by run, and equal steps are no trouble', async () => {
  const { status, body } = await ajax(INTERVAL, { run_ids: [other, id, 'nope'], metric_key: 'h/é' });
  assert.equal(status, 200);
  const byStep = HISTORY.toSorted((a, b) => a[2] - b[2] || a[1] - b[1]);
  assert.deepEqual(values(body.metrics), [...byStep, ...byStep]);
  assert.deepEqual(
    body.metrics.map(({ run_id }: Point) => run_id),
    [...HISTORY.map(() => other), ...HISTORY.map(() => id)],
  );
  const run_id = await t.run();
  const metrics = Array.from({ length: 1000 }, (_, index) => ({ key: 'flat', value: index, timestamp: 1 }));
  await t.post('runs/log-batch', { run_id, metrics });
  const flat = (await ajax(INTERVAL, { run_ids: [run_id], metric_key: 'flat', max_results: 10 })).body.metrics;
  assert.ok(flat.length <= 10 && flat[0].value === 0 && flat.at(-1).value === 999);
});

test('requests for samples that are refused', async () => {
  const see = ' See the API docs for more information about request parameters.';
  const words: [more: object, expected: string | RegExp][] = [
    [{ metric_key: 'h' }, `Missing value for required parameter 'run_ids'.${see}`],
    [{ run_ids: [id] }, `Missing value for required parameter 'metric_key'.${see}`],
    [
      { run_ids: Array.from({ length: 101 }, String), metric_key: 'h' },
      `GetMetricHistoryBulkInterval request must specify at most 100 run_ids. Received 101 run_ids.${see}`,
    ],
    [{ run_ids: [id], metric_key: 'h', max_results: 0 }, `max_results must be between 1 and 2500.${see}`],
    [{ run_ids: [id], metric_key: 'h', max_results: 2501 }, `max_results must be between 1 and 2500.${see}`],
    [{ run_ids: [id], metric_key: 'h', start_step: 1 }, 'If either start step or end step are specified, both must be specified.'],
    [{ run_ids: [id], metric_key: 'h', end_step: 1 }, 'If either start step or end step are specified, both must be specified.'],
    [
      { run_ids: [id], metric_key: 'h', start_step: 2, end_step: 1 },
      'end_step must be greater than start_step. Found start_step=2 and end_step=1.',
    ],
    [{ run_ids: [id], metric_key: 'h', start_step: 'x', end_step: 1 }, /^Invalid value "x" for parameter 'start_step'/],
  ];
  for (const [more, expected] of words) {
    const { status, body } = await ajax(INTERVAL, more);
    assert.deepEqual([status, body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
    if (typeof expected === 'string') assert.equal(body.message, expected);
    else assert.match(body.message, expected);
  }
});
