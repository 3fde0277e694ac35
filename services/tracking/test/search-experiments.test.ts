import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openRandom } from '../../../tests/crash/random.ts';
import { matches, writeFilter, type ModelFilter, type ModelRun } from './search-model.ts';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const SEED = Number(process.env['MLAB_SEARCH_SEED'] ?? Date.now() % 1_000_000);
const SEARCHES = Number(process.env['MLAB_SEARCHES'] ?? 50);
const random = openRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;

const NAMES = ['churn', 'Churn', 'churn 2', 'chur_', '%', 'été', 'ÉTÉ', '😀', '\uffee', "it's", 'a"b', 'z'];
const VALUES = ['a', 'A', 'ab', '', 'a%b', '😀', 'É', 'é', "it's"];
const TAGS = ['team', 'a b/c', 'never said'];

const stack = new AsyncDisposableStack();
let t: TestTracking;
let all: readonly ModelRun[];

before(async () => {
  t = stack.use(await startTracking());
  for (let index = 0; index < 36; index++) {
    const name = `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : ` ${index}`}`;
    const tags = TAGS.slice(0, -1).flatMap((key) => (random() < 0.6 ? [{ key, value: pick(VALUES) }] : []));
    const { experiment_id } = await t.post('experiments/create', { name, tags });
    if (random() < 0.2) await t.post('experiments/update', { experiment_id, new_name: `${name} renamed` });
    if (random() < 0.2) await t.post('experiments/delete', { experiment_id });
  }
  const { experiments } = await t.post('experiments/search', { max_results: 1000, view_type: 'ALL' });
  all = experiments.map(({ experiment_id: id, name, creation_time, last_update_time, lifecycle_stage, tags = [] }: Json) => ({
    id,
    experiment: id,
    deleted: lifecycle_stage === 'deleted',
    attributes: { experiment_id: id, name, creation_time, last_update_time },
    metrics: {},
    params: {},
    tags: Object.fromEntries(tags.map(({ key, value }: Json) => [key, value])),
    datasets: [],
  }));
});
after(() => stack.disposeAsync());

type Order = readonly (readonly [key: string, ascending: boolean])[];

function sorted(list: readonly ModelRun[], order: Order): readonly string[] {
  const asked: Order =
    order.length === 0
      ? [
          ['creation_time', false],
          ['experiment_id', true],
        ]
      : order;
  const compare = (a: ModelRun, b: ModelRun): number => {
    for (const [key, ascending] of [...asked, ['experiment_id', false] as const]) {
      const of = ({ attributes }: ModelRun): Buffer | number =>
        key === 'name' ? Buffer.from(String(attributes['name'])) : Number(attributes[key]);
      const [x, y] = [of(a), of(b)];
      const difference = typeof x === 'number' || typeof y === 'number' ? Number(x) - Number(y) : Buffer.compare(x, y);
      if (difference !== 0) return ascending ? difference : -difference;
    }
    return 0;
  };
  return list.toSorted(compare).map(({ id }) => id);
}

async function search(body: object, size = 1000): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let page_token: string | undefined; ;) {
    const page: Json = await t.post('experiments/search', { max_results: size, ...body, page_token });
    const found = (page.experiments ?? []).map(({ experiment_id }: Json) => experiment_id);
    assert.ok(found.length <= size && (page.next_page_token === undefined || found.length === size));
    ids.push(...found);
    if (page.next_page_token === undefined) return ids;
    page_token = page.next_page_token;
  }
}

function randomFilter(depth = 0): ModelFilter {
  const kind = random();
  if (depth < 3 && kind < 0.3) {
    const parts = [randomFilter(depth + 1), randomFilter(depth + 1)];
    return kind < 0.1 ? { kind: 'not', part: randomFilter(depth + 1) } : { kind: kind < 0.2 ? 'and' : 'or', parts };
  }
  const textual = pick(['=', '!=', 'LIKE', 'ILIKE']);
  const patterns = ['%', '_', 'ch%', 'CHUR_', '%é', '%2_', 'a%b', '%renamed', '%😀%'];
  const [first, last] = [all[0], all.at(-1)];
  if (kind < 0.6) return { kind: 'compare', entity: 'attribute', key: 'name', operator: textual, value: pick([...NAMES, ...patterns]) };
  if (kind < 0.8) {
    const operator = pick(['=', '!=', 'LIKE', 'ILIKE', 'IS NULL', 'IS NOT NULL']);
    const value = operator.startsWith('IS') ? undefined : pick([...VALUES, ...VALUES, ...patterns]);
    return { kind: 'compare', entity: 'tag', key: pick(TAGS), operator, value };
  }
  if (kind < 0.9) {
    const times = [first, last, pick(all)].map((each) => each?.attributes['last_update_time'] as number);
    return {
      kind: 'compare',
      entity: 'attribute',
      key: pick(['creation_time', 'last_update_time']),
      operator: pick(['=', '!=', '<', '<=', '>', '>=']),
      value: pick(times),
    };
  }
  const operator = pick(['=', '!=', 'IN', 'NOT IN']);
  const ids = all.map(({ id }) => id);
  return {
    kind: 'compare',
    entity: 'attribute',
    key: 'experiment_id',
    operator,
    value: operator.endsWith('IN') ? [pick(ids), '9999', pick(ids)] : pick(ids),
  };
}

/** MLflow calls attributes of experiments only by `attribute` or by nothing, and tags by `tag` or `tags`. */
const written = (filter: ModelFilter): string => writeFilter(random, filter).replaceAll(/\b(?:attributes|attr|run)\./g, 'attribute.');

test('random filters, orders and pages find what they should', async (context) => {
  const views = { ACTIVE_ONLY: (each: ModelRun) => !each.deleted, DELETED_ONLY: (each: ModelRun) => each.deleted, ALL: () => true };
  for (let index = 0; index < SEARCHES; index++) {
    const filter = random() < 0.1 ? undefined : randomFilter();
    const order = [
      ...new Map(
        Array.from({ length: Math.floor(random() * 4) }, () => [
          pick(['name', 'experiment_id', 'creation_time', 'last_update_time']),
          random() < 0.5,
        ]),
      ),
    ];
    const order_by = order.map(([key, ascending]) => `${random() < 0.3 ? 'attribute.' : ''}${key} ${ascending ? 'ASC' : 'desc'}`);
    const view_type = pick(['ACTIVE_ONLY', 'DELETED_ONLY', 'ALL'] as const);
    const text = filter && written(filter);
    const expected = sorted(
      all.filter((each) => views[view_type](each) && (filter === undefined || matches(each, filter))),
      order,
    );
    const actual = await search({ filter: text, order_by, view_type }, random() < 0.3 ? 1 + Math.floor(random() * 9) : 1000);
    assert.deepEqual(actual, expected, `seed ${SEED}, search ${index}: ${text} ORDER BY ${order_by.join(', ')}`);
  }
  context.diagnostic(`seed ${SEED}`);
});

test('a search may come by GET, too', async () => {
  const answer = await t.get(
    `experiments/search?max_results=2&order_by=name&order_by=experiment_id&view_type=ALL&filter=${encodeURIComponent("name LIKE 'chur%'")}`,
  );
  const expected = sorted(
    all.filter(({ attributes }) => String(attributes['name']).startsWith('chur')),
    [['name', true]],
  );
  assert.deepEqual(
    answer.experiments.map(({ experiment_id }: Json) => experiment_id),
    expected.slice(0, 2),
  );
  assert.equal(answer.next_page_token, 'eyJvZmZzZXQiOiAyfQ==');
});

test('what is found is what is got, and nothing is an empty answer', async () => {
  const { experiments } = await t.post('experiments/search', { max_results: 3, filter: "tags.team LIKE '%'" });
  for (const found of experiments)
    assert.deepEqual(found, (await t.get(`experiments/get?experiment_id=${found.experiment_id}`)).experiment);
  assert.deepEqual(await t.post('experiments/search', { max_results: 3, filter: "name = 'nope'" }), {});
});

test('searches that are refused', async () => {
  const positive = (size: number): RegExp =>
    new RegExp(`^400 INVALID_PARAMETER_VALUE Invalid value ${size} for parameter 'max_results' supplied\\. It must be a positive integer$`);
  const cases: [body: object, expected: RegExp][] = [
    // MLflow knows no default here.
    [{ max_results: undefined }, positive(0)],
    [{ max_results: 0 }, positive(0)],
    [{ max_results: -1 }, positive(-1)],
    [{ max_results: 50_001 }, /Invalid value 50001 for parameter 'max_results' supplied\. It must be at most 50000$/],
    [{ max_results: 'abc' }, /Invalid value "abc" for parameter 'max_results' supplied: {2}Hint: Value was of type 'str'/],
    [{ view_type: 'SOME' }, /for parameter 'view_type'.*one of ACTIVE_ONLY, DELETED_ONLY, ALL/],
    [{ page_token: 'x' }, /Invalid page token, could not base64-decode$/],
    [{ order_by: 'name' }, /for parameter 'order_by' supplied: {2}Hint: Value was of type 'str'/],
    [{ order_by: ['foo'] }, /Invalid attribute key 'foo' specified/],
    [{ order_by: ['tags.team'] }, /Invalid order_by entity/],
    [{ filter: 'foo' }, /Invalid clause\(s\) in filter string: 'foo'/],
    [{ filter: "metrics.m = 'x'" }, /Invalid entity type 'metrics'\. Valid entity types are \('attribute', 'tag', 'tags'\)/],
    [{ filter: "name > 'x'" }, /Invalid comparator '>'|Invalid comparison operator|Invalid comparator for string attribute/],
    [{ filter: 'creation_time > 1.5' }, /Invalid value for numeric attribute 'creation_time'/],
    [{ filter: "creation_time > 'x'" }, /400 INVALID_PARAMETER_VALUE/],
    [{ filter: "experiment_id = 'abc'" }, /Invalid experiment ID 'abc'/],
    [{ filter: "name = 'a\0'" }, /400 INVALID_PARAMETER_VALUE/],
  ];
  for (const [body, expected] of cases) assert.match(await t.refusal('experiments/search', { max_results: 1, ...body }), expected);
  assert.match(await t.refusal('experiments/search'), positive(0));
});
