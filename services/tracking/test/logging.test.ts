import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFirstTags, readParams, readTags } from '#/domain/labels.ts';
import { LONE_SURROGATE, startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;

before(async () => {
  t = stack.use(await startTracking());
});
after(() => stack.disposeAsync());

interface Pair {
  readonly key: string;
  readonly value: string;
}

const dataOf = async (id: string): Promise<Json> => (await t.get(`runs/get?run_id=${id}`)).run.data;
const labels = async (id: string, list: 'params' | 'tags'): Promise<Record<string, string>> =>
  Object.fromEntries(((await dataOf(id))[list] ?? []).map(({ key, value }: Pair) => [key, value]));
const latest = async (id: string): Promise<Record<string, unknown>> =>
  Object.fromEntries(((await dataOf(id)).metrics ?? []).map(({ key, value, timestamp, step }: Json) => [key, [value, timestamp, step]]));
const history = async (id: string, key: string): Promise<readonly unknown[]> =>
  ((await t.get(`metrics/get-history?run_id=${id}&metric_key=${encodeURIComponent(key)}`)).metrics ?? []).map(
    ({ value, timestamp, step }: Json) => [value, timestamp, step],
  );
const raw = async (path: string, body: string): Promise<string> => {
  const answer = await fetch(`${t.url}/api/2.0/mlflow/${path}`, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
  return `${answer.status} ${await answer.text()}`;
};

const MISSING = "Missing value for required parameter '";
const NO_TEXT = /^400 INVALID_PARAMETER_VALUE Invalid value .* for parameter '[a-z_[\].0-9]+' supplied: {2}Hint: It has /;
const NONE = /^404 RESOURCE_DOES_NOT_EXIST Run with id=nope not found$/;

test('a metric has the last value by step, then by time, then by value, in whatever order they arrive', async () => {
  const id = await t.run();
  const values: [value: number, timestamp: number, step: number][] = [
    [1, 5, 0],
    [7, 3, 2],
    [2, 9, 1],
    [9, 3, 2],
    [8, 3, 2],
    [100, 2, 2],
    [-5, 0, -3],
  ];
  for (const [value, timestamp, step] of values) await t.post('runs/log-metric', { run_id: id, key: 'm', value, timestamp, step });
  await t.post('runs/log-batch', {
    run_id: id,
    metrics: values.map(([value, timestamp, step]) => ({ key: 'batch', value, timestamp, step })),
  });
  assert.deepEqual(await latest(id), { m: [9, 3, 2], batch: [9, 3, 2] });
  assert.equal((await history(id, 'm')).length, values.length);
});

test('the last value is right when many write at once', async () => {
  const id = await t.run();
  const values = Array.from({ length: 120 }, (_, index) => ({
    value: (index * 37) % 101,
    timestamp: (index * 13) % 7,
    step: (index * 11) % 5,
  }));
  await Promise.all(
    values.map((each, index) => {
      const metric = { key: 'm', ...each };
      if (index % 4 === 0) return t.post('runs/log-batch', { run_id: id, metrics: [metric], tags: [{ key: `t${index}`, value: '' }] });
      return t.post('runs/log-metric', { run_id: id, ...metric });
    }),
  );
  const last = values.toSorted((a, b) => b.step - a.step || b.timestamp - a.timestamp || b.value - a.value)[0];
  assert.deepEqual(await latest(id), { m: [last?.value, last?.timestamp, last?.step] });
  const different = new Set(values.map(({ value, timestamp, step }) => `${value} ${timestamp} ${step}`));
  assert.equal((await history(id, 'm')).length, different.size);
});

test('a value that is logged again is there once, and NaN is a value like any other', async () => {
  const id = await t.run();
  for (const value of [1.5, 'NaN', '-Infinity', -0]) {
    const metric = { key: `m ${String(value).replace('-', '')}`, value, timestamp: 5, step: 2 };
    const again = Array.from({ length: 25 }, (_, index) =>
      index % 5 === 0
        ? t.post('runs/log-batch', { run_id: id, metrics: [metric, metric], params: index % 2 ? [{ key: 'p', value: '' }] : [] })
        : t.post('runs/log-metric', { run_id: id, ...metric }),
    );
    await Promise.all(again);
    assert.equal((await history(id, metric.key)).length, 1);
  }
});

test('the same values in another order do not make two who log them wait for each other', async () => {
  const id = await t.run();
  const metrics = Array.from({ length: 400 }, (_, index) => ({ key: `k${index % 3}`, value: index % 7, timestamp: 1, step: index % 50 }));
  const orders = [
    metrics,
    metrics.toReversed(),
    metrics.toSorted((a, b) => a.step - b.step),
    metrics.toSorted((a, b) => b.value - a.value),
  ];
  for (let round = 0; round < 3; round++) {
    const key = (name: string): string => `${name} ${round}`;
    await Promise.all(
      orders.flatMap((order) => {
        const renamed = order.map((metric) => ({ ...metric, key: key(metric.key) }));
        return [
          t.post('runs/log-batch', { run_id: id, metrics: renamed, params: [{ key: 'p', value: 'same' }] }),
          t.post('runs/log-batch', { run_id: id, metrics: renamed }),
        ];
      }),
    );
  }
  const different = new Set(metrics.map(({ key, value, step }) => `${key} ${value} ${step}`));
  const keys = [0, 1, 2].map((index) => `k${index} 2`);
  const counts = await Promise.all(keys.map(async (key) => (await history(id, key)).length));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    different.size,
  );
});

test('numbers come back as they are: NaN as a text, infinite ones as the greatest, all others to the last bit', async () => {
  const id = await t.run();
  const finite = [0, 1, -1, 0.1, 1e-300, 5e-324, 1.7976931348623157e308, -2.5e-8, 123_456_789.123_456_78, 2 ** 53 + 2];
  const metrics = finite.map((value, index) => ({ key: `m${index}`, value, timestamp: index, step: 0 - index }));
  await t.post('runs/log-batch', { run_id: id, metrics });
  for (const [index, value] of finite.entries()) assert.deepEqual(await history(id, `m${index}`), [[value, index, 0 - index]]);

  const written: [value: string, expected: unknown][] = [
    ['"NaN"', 'NaN'],
    ['"nan"', 'NaN'],
    ['NaN', 'NaN'],
    ['"Infinity"', 1.7976931348623157e308],
    ['Infinity', 1.7976931348623157e308],
    ['1e999', 1.7976931348623157e308],
    ['-Infinity', -1.7976931348623157e308],
    ['"-Infinity"', -1.7976931348623157e308],
    ['"2.50"', 2.5],
    ['true', 1],
    ['-0.0', 0],
  ];
  for (const [index, [value, expected]] of written.entries()) {
    const fields = `"run_id":"${id}","key":"w${index}","value":${value},"timestamp":"9","step":"3"`;
    assert.equal(await raw('runs/log-metric', `{${fields}}`), '200 {}');
    assert.equal(await raw('runs/log-batch', `{"run_id":"${id}","metrics":[{${fields.replace('"w', '"b')}}]}`), '200 {}');
    assert.deepEqual((await latest(id))[`w${index}`], [expected, 9, 3]);
    assert.deepEqual(await history(id, `b${index}`), [[expected, 9, 3]]);
  }
  // As JSON, for a client that does not know our numbers.
  const text = await (await fetch(`${t.url}/api/2.0/mlflow/metrics/get-history?run_id=${id}&metric_key=w0`)).text();
  assert.equal(text, '{"metrics":[{"key":"w0","value":"NaN","timestamp":9,"step":3}]}');
});

test('metrics that are refused', async () => {
  const run_id = await t.run();
  const metric = { key: 'm', value: 1, timestamp: 1 };
  const cases: [change: object, expected: RegExp][] = [
    [{ run_id: undefined }, new RegExp(`^400 INVALID_PARAMETER_VALUE ${MISSING}run_id'\\. See the API docs`)],
    [{ key: undefined }, new RegExp(`${MISSING}key'`)],
    [{ key: '' }, new RegExp(`${MISSING}key'`)],
    [{ value: undefined }, new RegExp(`${MISSING}value'`)],
    [{ value: null }, new RegExp(`${MISSING}value'`)],
    [{ timestamp: undefined }, new RegExp(`${MISSING}timestamp'`)],
    [{ value: 'abc' }, /Invalid value "abc" for parameter 'value' supplied: {2}Hint: Value was of type 'str'\. See the API docs/],
    [{ value: [1] }, /Invalid value \[1\] for parameter 'value' supplied: {2}Hint: Value was of type 'list'/],
    [
      { timestamp: -1 },
      /Invalid value -1 for parameter 'timestamp' supplied: metric 'm' \(value=1\)\. Timestamp must be a nonnegative long/,
    ],
    [{ timestamp: 1.5 }, /parameter 'timestamp' supplied: {2}Hint: Value was of type 'float'/],
    [{ timestamp: 1e30 }, /parameter 'timestamp'.*Whole numbers go from/],
    [{ timestamp: '12x' }, /parameter 'timestamp'/],
    [{ step: 1.5 }, /parameter 'step' supplied: {2}Hint: Value was of type 'float'/],
    [{ step: true }, /parameter 'step'/],
    [{ key: 'a;b' }, /Invalid value "a;b" for parameter 'name' supplied: Names may only contain alphanumerics/],
    [{ key: '../a' }, /parameter 'name' supplied: Names may be treated as files.*would resolve to '\.\.\/a'/],
    [{ key: 'k'.repeat(251) }, /'Metric name' exceeds the maximum length of 250 characters/],
    [{ key: 'a\0' }, NO_TEXT],
    [{ key: LONE_SURROGATE }, NO_TEXT],
    [{ dataset_name: 'x' }, /Both dataset_name and dataset_digest must be provided if one is provided/],
    [{ dataset_digest: 'x', model_id: 'm-1' }, /Both dataset_name and dataset_digest must be provided if one is provided/],
    [{ run_id: 'nope' }, NONE],
  ];
  for (const [change, expected] of cases) assert.match(await t.refusal('runs/log-metric', { run_id, ...metric, ...change }), expected);
  assert.deepEqual(await dataOf(run_id).then(({ metrics }) => metrics), undefined);
  await t.post('runs/log-metric', { run_uuid: run_id, key: `a/b c:d-e.f_g é ${'k'.repeat(230)}`, value: 1, timestamp: 1, step: null });
});

test('a parameter is said once: again is fine, otherwise is refused', async () => {
  const run_id = await t.run();
  const log = (key: string, value?: string) => t.post('runs/log-parameter', { run_id, key, value });
  await log('depth', '3');
  await log('depth', '3');
  await log('no value');
  await log('no value', '');
  await log('a/b c:d-e.f', '😀');
  await log('long', '😀'.repeat(6001));
  await log('long', `${'😀'.repeat(6000)} and more`);
  const kept = { depth: '3', 'no value': '', 'a/b c:d-e.f': '😀', long: '😀'.repeat(6000) };
  assert.deepEqual(await labels(run_id, 'params'), kept);
  assert.equal(
    await t.refusal('runs/log-parameter', { run_id, key: 'depth', value: '4' }),
    `400 INVALID_PARAMETER_VALUE Changing param values is not allowed. Param with key='depth' was already logged with value='3' for run ID='${run_id}'. Attempted logging new value '4'.`,
  );
  const cases: [body: object, expected: RegExp][] = [
    [{ key: 'k' }, new RegExp(`${MISSING}run_id'`)],
    [{ run_id }, new RegExp(`${MISSING}key'`)],
    [{ run_id, key: 'k', value: 5 }, /Invalid value 5 for parameter 'value' supplied: {2}Hint: Value was of type 'int'/],
    [{ run_id, key: 'a?', value: '' }, /Invalid value "a\?" for parameter 'key' supplied: Names may only contain/],
    [{ run_id, key: '/a', value: '' }, /parameter 'key' supplied: Names may be treated as files/],
    [{ run_id, key: 'k'.repeat(251), value: '' }, /'Param key' exceeds the maximum length of 250 characters/],
    [{ run_id, key: 'k', value: 'a\0' }, NO_TEXT],
    [{ run_id, key: 'k', value: `${LONE_SURROGATE}x` }, NO_TEXT],
    [{ run_id: 'nope', key: 'k', value: '' }, NONE],
  ];
  for (const [body, expected] of cases) assert.match(await t.refusal('runs/log-parameter', body), expected);
  assert.deepEqual(await labels(run_id, 'params'), kept);
});

test('of many who say one parameter differently at once, one is heard', async () => {
  for (const inBatch of [false, true]) {
    const run_id = await t.run();
    const say = (value: string) => {
      if (!inBatch) return t.ask('POST', 'runs/log-parameter', { run_id, key: 'p', value });
      const params = [{ key: 'p', value }, ...Array.from({ length: 5 }, (_, index) => ({ key: `${value}-${index}`, value }))];
      return t.ask('POST', 'runs/log-batch', { run_id, params, metrics: [{ key: `m${value}`, value: 1, timestamp: 1 }] });
    };
    const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => say(String(index))));
    const heard = answers.flatMap(({ status }, index) => (status === 200 ? [String(index)] : []));
    assert.equal(heard.length, 1);
    assert.ok(answers.every(({ status, body }) => status === 200 || (status === 400 && /Changing param values/.test(body.message))));
    const [winner] = heard;
    const expected = inBatch
      ? Object.fromEntries([['p', winner], ...[0, 1, 2, 3, 4].map((index) => [`${winner}-${index}`, winner])])
      : { p: winner };
    assert.deepEqual(await labels(run_id, 'params'), expected);
    assert.deepEqual(Object.keys(await latest(run_id)), inBatch ? [`m${winner}`] : []);
  }
});

test('many who say the same at once are all heard, in whatever order they say it', async () => {
  const run_id = await t.run();
  const params = Array.from({ length: 40 }, (_, index) => ({ key: `p${index}`, value: String(index) }));
  const batches = Array.from({ length: 8 }, (_, index) => {
    const list = index % 2 ? params : params.toReversed();
    return t.post('runs/log-batch', { run_id, params: list, tags: list.map(({ key }) => ({ key, value: `${index}` })) });
  });
  await Promise.all(batches);
  assert.deepEqual(await labels(run_id, 'params'), Object.fromEntries(params.map(({ key, value }) => [key, value])));
  const { 'mlflow.runName': name, ...tags } = await labels(run_id, 'tags');
  assert.ok(name);
  assert.equal(new Set(Object.values(tags)).size, 1);
});

test('tags are set, changed and deleted', async () => {
  const run_id = await t.run({ run_name: 'tagged' });
  const set = (key: string, value?: string) => t.post('runs/set-tag', { run_id, key, value });
  await set('t', 'one');
  await set('t', 'two 😀');
  await set('no value');
  await set('long', '😀'.repeat(8001));
  assert.deepEqual(await labels(run_id, 'tags'), { 'mlflow.runName': 'tagged', t: 'two 😀', 'no value': '', long: '😀'.repeat(8000) });
  assert.deepEqual(await t.post('runs/delete-tag', { run_id, key: 't' }), {});
  assert.equal(
    await t.refusal('runs/delete-tag', { run_id, key: 't' }),
    `404 RESOURCE_DOES_NOT_EXIST No tag with name: t in run with id ${run_id}`,
  );
  const cases: [path: string, body: object, expected: RegExp][] = [
    ['set-tag', { key: 'k' }, new RegExp(`${MISSING}run_id'`)],
    ['set-tag', { run_id, value: 'v' }, new RegExp(`${MISSING}key'`)],
    ['set-tag', { run_id, key: 'k', value: {} }, /Invalid value \{\} for parameter 'value'.*type 'dict'/],
    ['set-tag', { run_id, key: 'a//b', value: '' }, /parameter 'key' supplied: Names may be treated as files.*would resolve to 'a\/b'/],
    ['set-tag', { run_id, key: 'k'.repeat(251), value: '' }, /'key' exceeds the maximum length of 250 characters/],
    ['set-tag', { run_id, key: 'k', value: '\0' }, NO_TEXT],
    ['set-tag', { run_id: 'nope', key: 'k', value: '' }, NONE],
    ['delete-tag', { run_id }, new RegExp(`${MISSING}key'`)],
    ['delete-tag', { run_id, key: 'a\0' }, NO_TEXT],
    ['delete-tag', { run_id: 'nope', key: 'k' }, NONE],
  ];
  for (const [path, body, expected] of cases) assert.match(await t.refusal(`runs/${path}`, body), expected);
});

test('a batch logs everything that is in it; of tags the last of several counts', async () => {
  const run_id = await t.run({ run_name: 'r' });
  const metrics = [
    { key: 'm', value: 1, timestamp: 2, step: 3 },
    { key: 'm', value: 2, timestamp: 2, step: 4 },
    { key: 'n', value: 'NaN', timestamp: 2 },
  ];
  const params = [{ key: 'p', value: 'x'.repeat(6001) }, { key: 'q' }];
  const tags = [
    { key: 't', value: 'one' },
    { key: 't', value: 'two' },
    { key: 'long', value: 'x'.repeat(8001) },
  ];
  assert.deepEqual(await t.post('runs/log-batch', { run_id, metrics, params, tags }), {});
  assert.deepEqual(await t.post('runs/log-batch', { run_id, metrics, params, tags }), {});
  assert.deepEqual(await t.post('runs/log-batch', { run_id }), {});
  assert.deepEqual(await latest(run_id), { m: [2, 2, 4], n: ['NaN', 2, 0] });
  assert.deepEqual(await labels(run_id, 'params'), { p: 'x'.repeat(6000), q: '' });
  assert.deepEqual(await labels(run_id, 'tags'), { 'mlflow.runName': 'r', t: 'two', long: 'x'.repeat(8000) });
  const most = Array.from({ length: 800 }, (_, index) => ({ key: `k${index}`, value: index, timestamp: index }));
  const labelled = Array.from({ length: 100 }, (_, index) => ({ key: `k${index}`, value: String(index) }));
  await t.post('runs/log-batch', { run_id, metrics: most, params: labelled, tags: labelled });
  assert.equal(Object.keys(await latest(run_id)).length, 802);
});

test('a batch that is refused leaves nothing', async () => {
  const run_id = await t.run({ run_name: 'untouched' });
  await t.post('runs/log-parameter', { run_id, key: 'p', value: 'kept' });
  const before = await dataOf(run_id);
  const good = {
    metrics: [{ key: 'good', value: 1, timestamp: 1 }],
    params: [{ key: 'good', value: '1' }],
    tags: [{ key: 'good', value: '1' }],
  };
  const many = (count: number) => Array.from({ length: count }, (_, index) => ({ key: `k${index}`, value: '1', timestamp: 1 }));
  const metric = (change: object) => ({ metrics: [...good.metrics, { ...good.metrics[0], ...change }] });
  const long = 'k'.repeat(251);
  const cases: [change: object, expected: RegExp][] = [
    [{ run_id: 'nope' }, NONE],
    [{ run_id: '' }, new RegExp(`${MISSING}run_id'`)],
    [
      { params: [{ key: 'p', value: 'other' }] },
      /Params were already logged='\[\{'key': 'p', 'old_value': 'kept', 'new_value': 'other'\}\]' for run ID=|Param with key='p'/,
    ],
    [
      {
        params: [
          { key: 'new', value: '1' },
          { key: 'p', value: 'other' },
        ],
      },
      /^400 INVALID_PARAMETER_VALUE Changing param values is not allowed\. Params were already logged='\[\{'key': 'p', 'old_value': 'kept', 'new_value': 'other'\}\]'/,
    ],
    [
      {
        params: [
          { key: 'd', value: '1' },
          { key: 'd', value: '1' },
        ],
      },
      /Duplicate parameter keys have been submitted: \['d'\]/,
    ],
    [{ params: [{ value: '1' }] }, new RegExp(`${MISSING}params\\[0\\]\\.key'`)],
    [{ params: [{ key: 'a;b' }] }, /Invalid value "a;b" for parameter 'params\[0\]\.key' supplied: Names may only/],
    [{ params: [{ key: long }] }, /'Param key' exceeds the maximum length of 250/],
    [{ params: many(101) }, /at most 100 params\. Got 101 params\. Please split up params across multiple requests and try again/],
    [{ tags: many(101) }, /at most 100 tags\. Got 101 tags/],
    [{ tags: [{ key: '' }] }, new RegExp(`${MISSING}tags\\[0\\]\\.key'`)],
    [{ tags: [...good.tags, { key: 'a;b' }] }, /for parameter 'tags\[1\]\.key' supplied: Names may only/],
    [{ tags: [{ key: long }] }, /'tags\[0\]\.key' exceeds the maximum length of 250/],
    [{ tags: [{ key: 'k', value: 'a\0' }] }, NO_TEXT],
    [{ metrics: many(1001) }, /at most 1000 metrics\. Got 1001 metrics/],
    [{ metrics: many(999) }, /at most 1000 metrics, params, and tags\. Got 1001 metrics, params, and tags/],
    [{ metrics: {} }, /Invalid value \{\} for parameter 'metrics' supplied: {2}Hint: Value was of type 'dict'/],
    [{ metrics: [null] }, /for parameter 'metrics\[0\]' supplied: {2}Hint: Value was of type 'NoneType'/],
    [{ metrics: ['x'] }, /for parameter 'metrics\[0\]' supplied: {2}Hint: Value was of type 'str'/],
    [metric({ key: undefined }), new RegExp(`${MISSING}metrics\\[1\\]\\.key'`)],
    [metric({ value: undefined }), new RegExp(`${MISSING}metrics\\[1\\]\\.value'`)],
    [metric({ timestamp: undefined }), new RegExp(`${MISSING}metrics\\[1\\]\\.timestamp'`)],
    [metric({ value: 'abc' }), /Invalid value "abc" for parameter 'metrics\[1\]\.value'/],
    [metric({ timestamp: -1 }), /Invalid value -1 for parameter 'metrics\[1\]\.timestamp' supplied: metric 'good'.*nonnegative long/],
    [metric({ key: 'a;b' }), /Invalid value "a;b" for parameter 'metrics\[1\]\.name' supplied: Names may only/],
    [metric({ key: long }), /'Metric name' exceeds the maximum length of 250/],
    [metric({ dataset_name: 'd' }), /Both dataset_name and dataset_digest/],
  ];
  for (const [change, expected] of cases) assert.match(await t.refusal('runs/log-batch', { run_id, ...good, ...change }), expected);
  assert.deepEqual(await dataOf(run_id), before);
});

test('long values are refused where they are not to be cut', () => {
  const pair = (count: number): readonly Pair[] => [{ key: 'p', value: '😀'.repeat(count) }];
  const alone = { longValues: 'refuse', inBatch: false } as const;
  assert.deepEqual(readParams(pair(6000), alone), pair(6000));
  assert.throws(() => readParams(pair(6001), alone), /'Param value' exceeds the maximum length of 6000 characters$/);
  assert.deepEqual(readTags(pair(8000), alone), pair(8000));
  assert.throws(() => readTags(pair(8001), alone), /'value' exceeds the maximum length of 8000 characters$/);
  assert.throws(() => readTags(pair(8001), { ...alone, inBatch: true }), /'tags\[0\]\.value' exceeds/);
  assert.throws(() => readFirstTags(pair(8001), 'refuse'), /'tags\[0\]\.value' exceeds/);
});
