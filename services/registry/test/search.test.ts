import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client } from 'pg';
import { startRegistry, type Json, type TestRegistry } from './registry-for-test.ts';

const stack = new AsyncDisposableStack();
let app: TestRegistry;
let database: Client;

interface Version {
  readonly name: string;
  readonly version: number;
  readonly run_id: string;
  readonly source_path: string;
  readonly tags: Readonly<Record<string, string>>;
}
interface Model {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

const models: Model[] = [];
const versions: Version[] = [];

/** Numbers that look random and are the same each time. */
let seed = 20_260_101;
function random(below: number): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((seed / 2 ** 32) * below);
}
const pick = <T>(from: readonly T[]): T => from[random(from.length)] as T;

const WORDS = ['churn', 'Churn', 'fraud', 'a%b', 'a_b', 'axb', 'back\\slash', "it's", 'ärger', 'ÄRGER', 'x'.repeat(80)];
const TAGS = ['team', 'dotted.key', 'with blank', 'rare'];

const tagsOf = (): Record<string, string> => Object.fromEntries(TAGS.flatMap((key) => (random(3) === 0 ? [] : [[key, pick(WORDS)]])));
const listOf = (tags: Readonly<Record<string, string>>) => Object.entries(tags).map(([key, value]) => ({ key, value }));

before(async () => {
  app = stack.use(await startRegistry());
  for (const [index, word] of WORDS.entries()) {
    const model = { name: `${word}${index % 3}`, tags: tagsOf() };
    models.push(model);
    await app.must(app.post('registered-models/create', { name: model.name, tags: listOf(model.tags) }));
    for (let version = 1; version <= 3; version++) {
      const made = {
        name: model.name,
        version,
        run_id: pick(['', 'r1', 'R1', 'r2']),
        source_path: `s3://${pick(['b', 'B'])}/${version}`,
        tags: tagsOf(),
      };
      versions.push(made);
      const { name, run_id, source_path: source, tags } = made;
      await app.must(app.post('model-versions/create', { name, source, run_id, tags: listOf(tags) }));
    }
  }
  database = new Client({ connectionString: app.databaseUrl });
  await database.connect();
  stack.defer(() => database.end());
});
after(() => stack.disposeAsync());

type Value = string | number | undefined;
interface Asked {
  readonly text: string;
  readonly holds: (item: Model | Version) => boolean;
}

const quote = (text: string): string => (text.includes("'") ? `"${text}"` : `'${text}'`);
const lower = (text: string): string => text.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());

function like(value: string, pattern: string): boolean {
  const source = Array.from(pattern, (character) => (character === '%' ? '.*' : character === '_' ? '.' : RegExp.escape(character))).join(
    '',
  );
  return new RegExp(`^${source}$`, 'su').test(value);
}

const TEXT = {
  '=': (value: string, other: string) => value === other,
  '!=': (value: string, other: string) => value !== other,
  LIKE: like,
  ILIKE: (value: string, pattern: string) => like(lower(value), lower(pattern)),
} as const;
const NUMBER = {
  '=': (value: number, other: number) => value === other,
  '!=': (value: number, other: number) => value !== other,
  '>': (value: number, other: number) => value > other,
  '>=': (value: number, other: number) => value >= other,
  '<': (value: number, other: number) => value < other,
  '<=': (value: number, other: number) => value <= other,
} as const;

const patternOf = (word: string): string => pick([word, `%${word.slice(1, 4)}%`, `${word.slice(0, 2)}%`, `_${word.slice(1)}%`, '%']);

/** A comparison of texts: `read` finds the value, which may not be there. */
function textComparison(name: string, read: (item: never) => Value, words: readonly string[], withLists: boolean): Asked {
  const word = pick(words);
  const operators = [...Object.keys(TEXT), ...(withLists ? ['IN', 'NOT IN'] : [])];
  const operator = pick(operators);
  if (operator === 'IN' || operator === 'NOT IN') {
    const list = [word, pick(words), 'nothing'];
    const text = `${name} ${operator} (${list.map(quote).join(', ')})`;
    return { text, holds: (item) => list.includes(read(item as never) as string) === (operator === 'IN') };
  }
  const compare = TEXT[operator as keyof typeof TEXT];
  const other = operator.includes('LIKE') ? patternOf(word) : word;
  return {
    text: `${name} ${operator} ${quote(other)}`,
    holds: (item) => {
      const value = read(item as never);
      return value !== undefined && compare(value as string, other);
    },
  };
}

const tagComparison = (): Asked => {
  const key = pick(TAGS);
  const name = `${pick(['tag', 'tags'])}.${/^\w+$/.test(key) ? key : `\`${key}\``}`;
  return textComparison(name, ({ tags }: Model) => tags[key], WORDS, false);
};
const names = (): readonly string[] => models.map(({ name }) => name);
const modelComparison = (): Asked => (random(2) === 0 ? tagComparison() : textComparison('name', ({ name }: Model) => name, names(), true));

function versionComparison(): Asked {
  switch (random(5)) {
    case 0:
      return tagComparison();
    case 1:
      return textComparison('name', ({ name }: Version) => name, names(), true);
    case 2:
      return textComparison('run_id', ({ run_id }: Version) => run_id, ['', 'r1', 'R1', 'r2'], true);
    case 3:
      return textComparison(
        'source_path',
        ({ source_path }: Version) => source_path,
        versions.map(({ source_path }) => source_path),
        false,
      );
    default: {
      const operator = pick(Object.keys(NUMBER)) as keyof typeof NUMBER;
      const other = random(5);
      return { text: `version_number ${operator} ${other}`, holds: (item) => NUMBER[operator]((item as Version).version, other) };
    }
  }
}

function combined(comparison: () => Asked, depth: number): Asked {
  const shape = depth === 0 ? 0 : random(5);
  if (shape <= 1) return comparison();
  const one = combined(comparison, depth - 1);
  if (shape === 2) return { text: `NOT (${one.text})`, holds: (item) => !one.holds(item) };
  const other = combined(comparison, depth - 1);
  return shape === 3
    ? { text: `(${one.text} OR ${other.text})`, holds: (item) => one.holds(item) || other.holds(item) }
    : { text: `${one.text} AND ${other.text}`, holds: (item) => one.holds(item) && other.holds(item) };
}

const ask = async (what: string, query: Readonly<Record<string, string>>): Promise<Json> =>
  app.must(app.get(`${what}/search?${new URLSearchParams(query).toString()}`));

test('100 filters of models, each with what a filter in JavaScript finds', async () => {
  const { registered_models: all } = await ask('registered-models', {});
  assert.deepEqual(
    all.map(({ name }: Model) => name),
    names().toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
  );
  let found = 0;
  for (let round = 0; round < 100; round++) {
    const { text, holds } = combined(modelComparison, 3);
    const { registered_models: items = [] } = await ask('registered-models', { filter: text });
    const expected = models.filter(holds).map(({ name }) => name);
    assert.deepEqual(items.map(({ name }: Model) => name).toSorted(), expected.toSorted(), text);
    found += expected.length;
  }
  assert.ok(found > 60, 'most of them find something');
});

test('100 filters of versions, each with what a filter in JavaScript finds', async () => {
  let found = 0;
  for (let round = 0; round < 100; round++) {
    const { text, holds } = combined(versionComparison, 3);
    const { model_versions: items = [] } = await ask('model-versions', { filter: text });
    const shown = (name: string, version: number | string): string => `${name} ${version}`;
    const expected = versions.filter(holds).map(({ name, version }) => shown(name, version));
    assert.deepEqual(items.map(({ name, version }: Json) => shown(name, version)).toSorted(), expected.toSorted(), text);
    found += expected.length;
  }
  assert.ok(found > 200, 'most of them find something');
});

test('pages hold everything once, in the order that was asked for', async () => {
  for (const [order, compare] of [
    ['name ASC', (a: Version, b: Version) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)) || b.version - a.version],
    ['version_number DESC', (a: Version, b: Version) => b.version - a.version || Buffer.compare(Buffer.from(a.name), Buffer.from(b.name))],
  ] as const) {
    const seen: string[] = [];
    let token = '';
    do {
      const page = await ask('model-versions', { order_by: order, max_results: '7', page_token: token });
      seen.push(...page.model_versions.map(({ name, version }: Json) => `${name} ${version}`));
      token = page.next_page_token ?? '';
    } while (token !== '');
    assert.deepEqual(
      seen,
      versions.toSorted(compare).map(({ name, version }) => `${name} ${version}`),
      order,
    );
  }
});

test('of 10,000 models with 30,000 versions a page comes at once', async () => {
  const { rows } = await database.query("SELECT schemaname FROM pg_tables WHERE tablename = 'model_version'");
  await database.query(`SET search_path TO "${rows[0].schemaname}"`);
  await database.query(
    `INSERT INTO model (name, created_ms, updated_ms, last_version) SELECT 'many-' || lpad(n::text, 5, '0'), n, n * 7919 % 10007, 3 FROM generate_series(1, 10000) AS n`,
  );
  await database.query(
    `INSERT INTO model_tag SELECT id, key, CASE key WHEN 'team' THEN 'team ' || id % 50 ELSE repeat('long', 30) || id END FROM model, unnest(ARRAY['team', 'long']) AS key WHERE name LIKE 'many-%'`,
  );
  await database.query(`INSERT INTO model_version (model_id, version, created_ms, updated_ms, source, location, run_id, registered_by, listed, stage)
    SELECT id, n, id, id * 31 + n, 's3://b/' || id, 's3://b/' || id, md5(id || ' ' || n), 'x', false, CASE n WHEN 3 THEN 'Production' ELSE 'None' END FROM model, generate_series(1, 3) AS n WHERE name LIKE 'many-%'`);
  await database.query(
    `INSERT INTO version_tag SELECT model_id, version, 'team', 'team ' || model_id % 50 FROM model_version WHERE registered_by = 'x'`,
  );
  await database.query('ANALYZE');
  const median: Record<string, number> = {};
  for (const [what, query] of [
    ['registered-models', {}],
    ['registered-models', { order_by: 'timestamp DESC' }],
    ['registered-models', { filter: "name LIKE 'many-099%'" }],
    ['registered-models', { filter: "name ILIKE '%-0999%'" }],
    ['registered-models', { filter: "tags.team = 'team 7'" }],
    ['registered-models', { filter: "tags.team = 'nobody'" }],
    ['registered-models', { filter: "tags.team LIKE '%9'" }],
    ['model-versions', { max_results: '100' }],
    ['model-versions', { filter: "name = 'many-05000'" }],
    ['model-versions', { filter: "run_id = 'c4ca4238a0b923820dcc509a6f75849b'" }],
    ['model-versions', { filter: "tags.team = 'team 7'", max_results: '100' }],
    ['model-versions', { order_by: 'name ASC', max_results: '100' }],
  ] as const) {
    const times: number[] = [];
    for (let round = 0; round < 5; round++) {
      const start = performance.now();
      await ask(what, query);
      times.push(performance.now() - start);
    }
    median[`${what} ${JSON.stringify(query)}`] = times.toSorted((a, b) => a - b)[2] as number;
  }
  if (process.env['MLAB_SHOW_TIMES'] !== undefined) process.stdout.write(`${JSON.stringify(median, undefined, 1)}\n`);
  const slow = Object.entries(median).filter(([, ms]) => ms > 500);
  assert.deepEqual(slow, [], 'even where the machine is busy');
  assert.equal((await ask('registered-models', { filter: "tags.team = 'team 7'" })).registered_models.length, 100);
});
