import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRandom } from '../../../tests/crash/random.ts';
import {
  matches,
  randomFilter,
  randomOrder,
  randomPlan,
  sorted,
  toModel,
  writeFilter,
  writeOrder,
  type ModelFilter,
  type ModelOrder,
  type ModelRun,
  type RunPlan,
} from './search-model.ts';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const SEED = Number(process.env['MLAB_SEARCH_SEED'] ?? Date.now() % 1_000_000);
/** More, and of more runs, by hand. */
const SEARCHES = Number(process.env['MLAB_SEARCHES'] ?? 75);
const RUNS = Number(process.env['MLAB_SEARCH_RUNS'] ?? 100);

const stack = new AsyncDisposableStack();
let t: TestTracking;
let experiments: readonly string[];
let runs: readonly ModelRun[];

before(async () => {
  t = stack.use(await startTracking());
  const random = openRandom(SEED);
  experiments = await Promise.all(
    [0, 1, 2].map(async (index) => (await t.post('experiments/create', { name: `e${index}` })).experiment_id),
  );
  const plans = Array.from({ length: RUNS }, (_, index) => randomPlan(random, index));
  const made: ModelRun[] = [];
  const next = plans.values();
  const logging = Array.from({ length: 12 }, async () => {
    for (const plan of next) made.push(await log(plan));
  });
  await Promise.all(logging);
  runs = made;
});
after(() => stack.disposeAsync());

async function log(plan: RunPlan): Promise<ModelRun> {
  const experiment = experiments[plan.experiment] as string;
  const created = { experiment_id: experiment, user_id: plan.user, run_name: plan.name, start_time: plan.start };
  const { run_id, artifact_uri } = (await t.post('runs/create', created)).run.info;
  const pairs = (labels: Readonly<Record<string, string>>) => Object.entries(labels).map(([key, value]) => ({ key, value }));
  const metrics = plan.metrics.map((metric) => ({ ...metric, value: Number.isNaN(metric.value) ? 'NaN' : metric.value }));
  await t.post('runs/log-batch', { run_id, metrics, params: pairs(plan.params), tags: pairs(plan.tags) });
  if (plan.datasets.length > 0) {
    const datasets = plan.datasets.map(({ name, digest, context }) => ({
      dataset: { name, digest, source_type: 'local', source: '{}' },
      tags: context === undefined ? [] : [{ key: 'mlflow.data.context', value: context }],
    }));
    await t.post('runs/log-inputs', { run_id, datasets });
  }
  await t.post('runs/update', { run_id, status: plan.status, end_time: plan.end });
  if (plan.deleted) await t.post('runs/delete', { run_id });
  return toModel(plan, { id: run_id, experiment, artifactUri: artifact_uri });
}

/** All pages of a search. */
async function search(body: object, size: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let page_token: string | undefined; ;) {
    const page: Json = await t.post('runs/search', { experiment_ids: experiments, max_results: size, ...body, page_token });
    const found = (page.runs ?? []).map((run: Json) => run.info.run_id);
    assert.ok(found.length <= size && (page.next_page_token === undefined || found.length === size));
    ids.push(...found);
    if (page.next_page_token === undefined) return ids;
    page_token = page.next_page_token;
  }
}

const found = (filter: ModelFilter | undefined, order: readonly ModelOrder[], those = active): readonly string[] =>
  sorted(
    runs.filter((run) => those(run) && (filter === undefined || matches(run, filter))),
    order,
  ).map(({ id }) => id);
const active = ({ deleted }: ModelRun): boolean => !deleted;

test(`random filters, orders and pages find what they should`, async (context) => {
  const random = openRandom(SEED + 1);
  const ids = [...runs.slice(0, 20).map(({ id }) => id), 'nope'];
  const views = { ACTIVE_ONLY: active, DELETED_ONLY: ({ deleted }: ModelRun) => deleted, ALL: () => true };
  let nonempty = 0;
  for (let index = 0; index < SEARCHES; index++) {
    const filter = random() < 0.05 ? undefined : randomFilter(random, { ids });
    const order = randomOrder(random);
    const text = filter && writeFilter(random, filter);
    const order_by = writeOrder(random, order);
    const run_view_type = (['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const)[Math.floor(random() ** 3 * 3)] ?? 'ALL';
    const in_ = experiments.filter(() => random() < 0.8);
    const those = (run: ModelRun): boolean => in_.includes(run.experiment) && views[run_view_type](run);
    const expected = found(filter, order, those);
    if (expected.length > 0) nonempty++;
    const size = random() < 0.2 ? Math.max(1, Math.ceil(expected.length / (1 + Math.floor(random() * 4)))) : 1000;
    const actual = await search({ filter: text, order_by, run_view_type, experiment_ids: in_ }, size);
    assert.deepEqual(actual, expected, `seed ${SEED}, search ${index}: ${text} ORDER BY ${order_by.join(', ')}`);
  }
  context.diagnostic(`seed ${SEED}; ${nonempty} of ${SEARCHES} searches found runs`);
  assert.ok(nonempty > SEARCHES / 2);
});

test('each comparison finds what it should', async () => {
  const random = openRandom(7);
  const compare = (
    entity: 'metric' | 'param' | 'attribute',
    key: string,
    operator: string,
    value: string | number | undefined,
  ): ModelFilter => ({
    kind: 'compare',
    entity,
    key,
    operator,
    value,
  });
  const numbers = ['=', '!=', '>', '>=', '<', '<='].flatMap((operator) =>
    [-1, 0, 1, 1.7976931348623157e308].map((value) => compare('metric', 'm', operator, value)),
  );
  const texts = ['=', '!=', 'LIKE', 'ILIKE'].flatMap((operator) =>
    ['a', 'A%', '_', 'É', '😀', '', String.raw`a\%`, String.raw`a\b`, String.raw`A\_`].map((value) =>
      compare('param', 'p', operator, value),
    ),
  );
  const ends = ['=', '!=', '<='].map((operator) => compare('attribute', 'end_time', operator, 1003));
  for (const filter of [
    ...numbers,
    ...texts,
    ...ends,
    compare('param', 'p', 'IS NULL', undefined),
    compare('param', 'p', 'IS NOT NULL', undefined),
  ]) {
    for (const each of [filter, { kind: 'not', part: filter } as const]) {
      assert.deepEqual(await search({ filter: writeFilter(random, each) }, 1000), found(each, []), JSON.stringify(each));
    }
  }
});

test('a run is found with all that belongs to it', async () => {
  const [first] = found(undefined, []);
  const page = await t.post('runs/search', { experiment_ids: experiments, max_results: 1 });
  assert.deepEqual(page.runs, [(await t.get(`runs/get?run_id=${first}`)).run]);
  assert.equal(Buffer.from(page.next_page_token, 'base64').toString(), `{"offset": 1, "after": "${first}"}`);
});

test('without a word about it, a page has a thousand runs, and no experiment has none', async () => {
  const ids = found(undefined, []);
  assert.deepEqual(
    (await t.post('runs/search', { experiment_ids: experiments })).runs.map((run: Json) => run.info.run_id),
    ids,
  );
  const numbers = { run_view_type: 2, max_results: '50000', filter: '', order_by: [] };
  assert.deepEqual(
    await search({ ...numbers }, 50_000),
    found(undefined, [], ({ deleted }) => deleted),
  );
  for (const body of [{}, { experiment_ids: [] }, { experiment_ids: ['9999'] }]) assert.deepEqual(await t.post('runs/search', body), {});
  const twice = { experiment_ids: [...experiments, ...experiments] };
  assert.deepEqual(await search(twice, 1000), ids);
});

test('a token of MLflow stands for a place among what is found, and one that no search has given is none', async () => {
  const token = (text: string): string => Buffer.from(text).toString('base64');
  const page = async (text: string): Promise<readonly string[]> => {
    const answer = await t.post('runs/search', { experiment_ids: experiments, max_results: 5, page_token: token(text) });
    return (answer.runs ?? []).map((run: Json) => run.info.run_id);
  };
  const ids = found(undefined, []);
  assert.deepEqual(await page('{"offset": 7}'), ids.slice(7, 12));
  assert.deepEqual(await page('{"offset": "7", "more": [1]}'), ids.slice(7, 12));
  assert.deepEqual(await page('{"offset": 7, "after": "gone-for-good"}'), ids.slice(7, 12));
  assert.deepEqual(await page(`{"offset": 99, "after": "${ids[2]}"}`), ids.slice(3, 8));
  assert.deepEqual(await page('{"offset": 5000}'), []);
  for (const text of [
    '{"offset": 1, "after": 5}',
    '{"offset": 1, "after": ""}',
    String.raw`{"offset": 1, "after": "a\u0000"}`,
    '{"after": "x"}',
    '{"offset": 0}',
    '5',
    '[]',
  ])
    assert.match(
      await t.refusal('runs/search', { experiment_ids: experiments, page_token: token(text) }),
      /^400 INVALID_PARAMETER_VALUE Invalid page token/,
      text,
    );
});

test('pages show each run once, also while runs come and go', async () => {
  const { experiment_id } = await t.post('experiments/create', { name: 'comes and goes' });
  const random = openRandom(SEED + 2);
  const log = async (index: number): Promise<string> => {
    const run_id = await t.run({ experiment_id, start_time: 1000 + (index % 5) });
    const metrics = index % 3 === 0 ? [] : [{ key: 'm', value: index % 4 === 0 ? 'NaN' : index % 6, timestamp: 1 }];
    await t.post('runs/log-batch', { run_id, metrics, params: index % 5 === 0 ? [] : [{ key: 'p', value: String(index % 4) }] });
    return run_id;
  };
  for (const order_by of [[], ['metrics.m DESC'], ['params.p', 'metrics.m'], ['attributes.end_time', 'tags.nope']]) {
    const before = await Promise.all(Array.from({ length: 16 }, (_, index) => log(index)));
    const gone = new Set<string>();
    const seen: string[] = [];
    for (let page_token: string | undefined; ;) {
      const page: Json = await t.post('runs/search', { experiment_ids: [experiment_id], max_results: 4, order_by, page_token });
      seen.push(...page.runs.map((run: Json) => run.info.run_id));
      if (page.next_page_token === undefined) break;
      page_token = page.next_page_token;
      // One that has been seen, one that has not, and the one that the next page begins behind.
      for (const run_id of [
        seen.at(-1),
        seen[Math.floor(random() * seen.length)],
        before.find((id) => !seen.includes(id) && !gone.has(id)),
      ]) {
        if (run_id === undefined) continue;
        gone.add(run_id);
        await t.post('runs/delete', { run_id });
      }
      await log(seen.length);
    }
    assert.equal(new Set(seen).size, seen.length, `a run is shown twice by ${order_by.join()}`);
    assert.deepEqual(
      before.filter((id) => !gone.has(id) && !seen.includes(id)),
      [],
      `a run is hidden by ${order_by.join()}`,
    );
    const { runs: left } = await t.post('runs/search', { experiment_ids: [experiment_id] });
    for (const run of left) await t.post('runs/delete', { run_id: run.info.run_id });
  }
});

test('searches that are refused', async () => {
  const cases: [body: object, expected: RegExp][] = [
    [
      { max_results: 0 },
      /^400 INVALID_PARAMETER_VALUE Invalid value 0 for parameter 'max_results' supplied\. It must be a positive integer$/,
    ],
    [{ max_results: -1 }, /Invalid value -1 for parameter 'max_results' supplied\. It must be a positive integer$/],
    [{ max_results: 50_001 }, /Invalid value 50001 for parameter 'max_results' supplied\. It must be at most 50000$/],
    [{ max_results: 1.5 }, /Invalid value 1\.5 for parameter 'max_results'/],
    [{ page_token: 'x' }, /Invalid page token, could not base64-decode$/],
    [{ page_token: 'eyJ4IjogMX0=' }, /Invalid page token, parsed value=/],
    [{ experiment_ids: 'x' }, /Invalid value "x" for parameter 'experiment_ids' supplied: {2}Hint: Value was of type 'str'/],
    [{ experiment_ids: [0] }, /for parameter 'experiment_ids\[0\]'/],
    [{ experiment_ids: ['abc'] }, /Invalid experiment ID 'abc'\. Experiment ID must be a valid integer/],
    [{ run_view_type: 'SOME' }, /for parameter 'run_view_type'.*one of ACTIVE_ONLY, DELETED_ONLY, ALL/],
    [{ order_by: 'metrics.m' }, /for parameter 'order_by' supplied: {2}Hint: Value was of type 'str'/],
    [{ order_by: [5] }, /for parameter 'order_by\[0\]'/],
    [{ order_by: ['foo'] }, /Invalid attribute key 'foo' specified/],
    [{ order_by: ['metrics.m SIDEWAYS'] }, /Invalid ordering key in order_by clause/],
    [{ order_by: ['metrics.m', 'metric.m DESC'] }, /`order_by` contains duplicate fields/],
    [{ order_by: ['datasets.name'] }, /Invalid order_by entity: Invalid entity type 'datasets'/],
    [{ order_by: ['params.`a\0b`'] }, /^400 INVALID_PARAMETER_VALUE/],
    [{ filter: 'foo' }, /Invalid clause\(s\) in filter string: 'foo'/],
    [{ filter: "foo.x = 'y'" }, /Invalid entity type 'foo'\. Valid values are \['metric', 'parameter', 'tag', 'attribute', 'dataset'\]/],
    [{ filter: "metrics.m = 'a'" }, /Expected numeric value type for metric\. Found 'a'/],
    [{ filter: 'params.p > 1' }, /Expected a quoted string value for param/],
    [{ filter: "params.p > '1'" }, /Invalid comparator '>' not one of/],
    [{ filter: "attributes.nope = 'x'" }, /Invalid attribute key 'nope' specified/],
    [{ filter: "params.p = 'a\0b'" }, /^400 INVALID_PARAMETER_VALUE/],
    [{ filter: "params.p = '\ud800'" }, /^400 INVALID_PARAMETER_VALUE/],
    [{ filter: `${'('.repeat(60)}metrics.m = 1${')'.repeat(60)}` }, /nested deeper than/],
    [{ filter: Array.from({ length: 1001 }, () => 'metrics.m = 1').join(' and ') }, /more than 1000 comparisons/],
    [{ order_by: Array.from({ length: 101 }, (_, index) => `metrics.m${index}`) }, /`order_by` has 101 fields, and 100 is the most/],
  ];
  for (const [body, expected] of cases) assert.match(await t.refusal('runs/search', { experiment_ids: experiments, ...body }), expected);
});

test('a search with hundreds of comparisons and an order of forty parts is answered', async () => {
  const parts = Array.from({ length: 300 }, (_, index): readonly ModelFilter[] => [
    { kind: 'compare', entity: 'metric', key: ['m', 'loss/val', 'never logged'][index % 3] as string, operator: '>', value: index / 100 },
    { kind: 'compare', entity: 'param', key: 'p', operator: '=', value: String(index) },
  ]);
  const filter: ModelFilter = { kind: 'not', part: { kind: 'or', parts: parts.flat() } };
  const order_by = Array.from({ length: 40 }, (_, index) => `${['metrics', 'params', 'tags'][index % 3]}.k${index} DESC`);
  assert.deepEqual(await search({ filter: writeFilter(openRandom(3), filter), order_by }, 1000), found(filter, []));
});
