import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  experimentFilters,
  experimentOrder,
  loggedModelFilters,
  modelVersionFilters,
  modelVersionOrder,
  parseFilter,
  parseLoggedModelOrder,
  parseOrderBy,
  registeredModelFilters,
  registeredModelOrder,
  runFilters,
  runOrder,
  traceFilters,
  traceOrder,
  type Filter,
  type FilterGrammar,
  type OrderGrammar,
} from '@mlab/mlflow';
import { refusal } from './refusal.ts';

/** A filter as a text with all its parentheses. */
function show(filter: Filter<string> | undefined): string {
  if (filter === undefined) return 'nothing';
  if (filter.kind === 'not') return `NOT ${show(filter.part)}`;
  if (filter.kind !== 'compare') return `(${filter.parts.map(show).join(` ${filter.kind.toUpperCase()} `)})`;
  const { entity, key, operator, value } = filter;
  return `${entity}.${key} ${operator}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`;
}

const runs = (filter: string | undefined): string => show(parseFilter(runFilters, filter));

describe('what MLflow has no words for', () => {
  const a = 'metrics.a > 1';
  const b = "tags.b = 'x'";
  const c = 'params.c IS NULL';
  const [A, B, C] = ['metric.a > 1', 'tag.b = "x"', 'param.c IS NULL'];
  const table: readonly (readonly [filter: string, meaning: string])[] = [
    [`${a} OR ${b}`, `(${A} OR ${B})`],
    [`${a} OR ${b} AND ${c}`, `(${A} OR (${B} AND ${C}))`],
    [`${a} AND ${b} or ${c}`, `((${A} AND ${B}) OR ${C})`],
    [`(${a} OR ${b}) AND ${c}`, `((${A} OR ${B}) AND ${C})`],
    [`${c} AND(${a} OR(${b}))`, `(${C} AND (${A} OR ${B}))`],
    [`NOT ${a} AND ${b}`, `(NOT ${A} AND ${B})`],
    [`not not ${a}`, `NOT NOT ${A}`],
    [`NOT (${a} OR ${b})`, `NOT (${A} OR ${B})`],
    [`NOT(${a})OR NOT ${b}`, `(NOT ${A} OR NOT ${B})`],
    [`((${a}))`, A],
    [`${a} ${b} OR ${c}`, `((${A} AND ${B}) OR ${C})`],
    [`(run_id IN ('a', 'b') OR run_id NOT IN ('c'))`, '(attribute.run_id IN ["a","b"] OR attribute.run_id NOT IN ["c"])'],
    ["tags.x = 'a OR b' OR tags.`NOT` = '('", '(tag.x = "a OR b" OR tag.NOT = "(")'],
    ['metrics.or > 1 OR metrics.not < 2 AND metrics.and = 3', '(metric.or > 1 OR (metric.not < 2 AND metric.and = 3))'],
  ];
  for (const [filter, meaning] of table) test(filter, () => assert.equal(runs(filter), meaning));

  test('every search has them', () => {
    assert.equal(
      show(parseFilter(registeredModelFilters, "NOT (name = 'a' OR tags.b LIKE '%')")),
      'NOT (attribute.name = "a" OR tag.b LIKE "%")',
    );
    assert.equal(show(parseFilter(loggedModelFilters, 'params.lr = 0.01 OR metrics.x > 2')), '(param.lr = "0.01" OR metric.x > 2)');
    assert.equal(
      show(parseFilter(traceFilters, "NOT timestamp > 5 OR tags.a RLIKE '^x'")),
      '(NOT attribute.timestamp_ms > 5 OR tag.a RLIKE "^x")',
    );
  });

  test('half of one is refused', () => {
    const halves = [
      `${a} OR`,
      `OR ${a}`,
      `${a} OR OR ${b}`,
      'NOT',
      `${a} AND NOT`,
      '()',
      `(${a}`,
      `${a})`,
      `NOT AND ${a}`,
      `(${a}) (`,
      `${a} OR ()`,
      'AND OR AND',
    ];
    for (const filter of halves)
      assert.match(
        refusal(() => runs(filter)),
        /Invalid clause\(s\) in filter string/,
        filter,
      );
  });
});

test('nothing is asked for by nothing, and by a lone AND, as in MLflow', () => {
  for (const filter of [undefined, '', 'AND', ' and AND ']) assert.equal(runs(filter), 'nothing');
  assert.match(
    refusal(() => runs('  ')),
    /Invalid filter '  '\. Could not be parsed\./,
  );
});

test('a message says what is wrong, and where', () => {
  const table: readonly (readonly [filter: string, message: RegExp])[] = [
    ['foo.x = 1', /^Invalid entity type 'foo'\. Valid values are \['metric', 'parameter', 'tag', 'attribute', 'dataset'\]$/],
    ["metrics.a = 'x'", /^Expected numeric value type for metric\. Found 'x'$/],
    ['tags.a = 5', /^Expected a quoted string value for tag \(e\.g\. 'my-value'\)\. Got value 5$/],
    ['tags.a = x', /not quoted or unidentified quote types used for string value x\. Use either single or double quotes\.$/],
    [
      'metrics.a LIKE 5',
      /^Invalid comparison operator for metric 'a'\. Invalid comparator 'LIKE' not one of '\{'=', '!=', '>', '>=', '<', '<='\}'$/,
    ],
    ["status IN ('a')", /^Only \['run_id'\] attributes support comparison with a list of quoted string values\.$/],
    ["run_id = ('a')", /a list needs IN or NOT IN/],
    ["x = 'a'", /^Invalid attribute key 'x' specified\. Valid keys are '\{'run_id', /],
    ["dataset.x = 'a'", /^Invalid dataset key 'x' specified/],
    ['metrics.a-b > 1', /Expected 'Identifier' found 'metrics\.a-b'\. Quote keys/],
    ['metrics.a > 1 ; DROP TABLE runs', /^Invalid clause\(s\) in filter string: ';' \(at character 15\)$/],
    ['metrics.a >', /^Invalid clause\(s\) in filter string: 'metrics\.a >' \(at the end of the filter\)$/],
    ["run_id IN ('a', 1)", /got different type in list/],
    ["run_id IN ('a\\ud800')", /half of a surrogate pair/],
    ["run_id IN ('a\\')", /ill-formed list/],
    ["run_id IN ('a\n')", /ill-formed list/],
    ["run_id IN ('a', )x", /Invalid clause/],
    ["run_id IN ('a' b)", /ill-formed list/],
    ["tags.a = 'x\0'", /NUL/],
  ];
  for (const [filter, message] of table)
    assert.match(
      refusal(() => runs(filter)),
      message,
      filter,
    );
});

test('the texts of a list are read as Python reads them', () => {
  const table: readonly (readonly [list: string, texts: readonly string[]])[] = [
    [String.raw`('\141\x41\u00e4\U0001F600\n\q\'"')`, ['aAä😀\n\\q\'"']],
    [String.raw`("\0101", u'a' r'\n' "", ('b'),)`, ['\b1', 'a\\n', 'b']],
    ["(('a', 'b'))", ['a', 'b']],
    [`('''a'b''', ${'"'.repeat(3)}c${'"'.repeat(3)})`, ["a'b", 'c']],
    [String.raw`('\U0010FFFF')`, ['\u{10ffff}']],
  ];
  for (const [list, texts] of table) assert.equal(runs(`run_id IN ${list}`), `attribute.run_id IN ${JSON.stringify(texts)}`);
  const wrong = ['()', '(,)', "('a',,)", "('a' 'b", "(b'a')", '(None)', "('a', ('b',))", "(f'a')", "('a')('b')"];
  for (const list of [...wrong, String.raw`('\U00110000')`, String.raw`('\xg')`]) refusal(() => runs(`run_id IN ${list}`));
});

test('experiments and traces have their own rules', () => {
  const wrong = <O extends string>(grammar: FilterGrammar<O>, filter: string): string => refusal(() => parseFilter(grammar, filter));
  assert.match(wrong(experimentFilters, "experiment_id = 'x'"), /^Invalid experiment ID 'x'\. Experiment ID must be a valid integer\.$/);
  assert.match(wrong(experimentFilters, "experiment_id IN ('1', '1.5')"), /Invalid experiment ID '1\.5'/);
  assert.equal(show(parseFilter(experimentFilters, "experiment_id NOT IN (' 007', '-1')")), 'attribute.experiment_id NOT IN ["7","-1"]');
  assert.equal(
    show(parseFilter(modelVersionFilters, "version_number = '5' AND version_number > 3")),
    '(attribute.version_number = 5 AND attribute.version_number > 3)',
  );
  assert.equal(runs('metrics.`a-b/c` > 1'), 'metric.a-b/c > 1');
  assert.match(wrong(experimentFilters, 'creation_time > 1e3'), /Invalid value for numeric attribute 'creation_time': 1e3/);
  for (const filter of ["span.foo = 'x'", "span.attributes. = 'x'", 'span.attributes.`` = 1', "span.content = 'x'"])
    wrong(traceFilters, filter);
  for (const filter of [
    "prompt = 'x'",
    "prompt = 'a/b/c'",
    "prompt != 'a/b'",
    'feedback.x = 5',
    "feedback.x > '5'",
    "issue.id != 'x'",
    "issue.x = 'x'",
  ])
    wrong(traceFilters, filter);
  const reads =
    "span.attributes.`a b` LIKE 'x' AND prompt = 'a/1' AND feedback.x > 5 AND feedback.x = '5' AND text LIKE '%' AND name IS NULL";
  assert.equal(
    show(parseFilter(traceFilters, reads)),
    '(span.attributes.a b LIKE "x" AND tag.mlflow.linkedPrompts = "a/1" AND feedback.x > 5 AND feedback.x = "5" AND span.content LIKE "%" AND tag.mlflow.traceName IS NULL)',
  );
});

describe('whatever is sent is answered soon', () => {
  const sizes = { deep: 60, long: 90_000, many: 1001 };
  const hostile: Readonly<Record<string, string>> = {
    'a filter that is too long': 'x'.repeat(100_001),
    'too many parentheses': `${'('.repeat(sizes.deep)}metrics.a > 1${')'.repeat(sizes.deep)}`,
    'too many NOTs': `${'NOT '.repeat(sizes.deep)}metrics.a > 1`,
    'parentheses without an end': '('.repeat(sizes.long),
    'too many comparisons': Array.from({ length: sizes.many }, () => 'metrics.a > 1').join(' AND '),
    'too many entries': `run_id IN (${'"",'.repeat(25_000)})`,
    'quotes without an end': `tags.a = '${'x'.repeat(sizes.long)}`,
    'quotes behind backslashes': `tags.a = '${"\\'".repeat(45_000)} x`,
    'double quotes without an end': `tags.a = "${'\\"'.repeat(45_000)}x`,
    backticks: `tags.${'`'.repeat(sizes.long + 1)} = 'x'`,
    dots: `tags${'.a'.repeat(45_000)}`,
    'blanks before dots': `tags${' '.repeat(sizes.long)}x`,
    'many names': 'a '.repeat(45_000),
    digits: `metrics.a > ${'1'.repeat(sizes.long)}x`,
    'nested lists': `run_id IN ${'('.repeat(20_000)}'a'${')'.repeat(20_000)}`,
    'texts side by side': `run_id IN (${'"" '.repeat(30_000)}`,
  };
  for (const [name, filter] of Object.entries(hostile)) {
    test(name, { timeout: 2000 }, () => {
      const message = refusal(() => runs(filter));
      assert.ok(message.length < 1000, `${message.length} characters`);
    });
  }

  test('what is just small enough is read', () => {
    assert.equal(runs(`${'('.repeat(49)}metrics.a > 1${')'.repeat(49)}`), 'metric.a > 1');
    const many = parseFilter(runFilters, Array.from({ length: 1000 }, (_, at) => `metrics.m${at} > ${at}`).join(' AND '));
    assert.equal(many?.kind === 'and' && many.parts.length, 1000);
    const listed = parseFilter(
      runFilters,
      `run_id IN (${Array.from({ length: 2500 }, (_, at) => `'${String(at).padStart(32, '0')}'`).join(', ')})`,
    );
    assert.equal(listed?.kind === 'compare' && (listed.value as readonly string[]).length, 2500);
  });
});

describe('an order is whole: what was asked for or the default, and what decides between equals', () => {
  const order = (grammar: OrderGrammar, ...clauses: readonly string[]): string =>
    parseOrderBy(grammar, clauses)
      .map(({ entity, key, ascending }) => `${entity}.${key} ${ascending ? 'up' : 'down'}`)
      .join(', ');
  const table: readonly (readonly [grammar: OrderGrammar, clauses: readonly string[], whole: string])[] = [
    [runOrder, [], 'attribute.start_time down, attribute.run_id up'],
    [runOrder, ['metrics.`a b` DESC'], 'metric.a b down, attribute.start_time down, attribute.run_id up'],
    [runOrder, ['created', 'run_id desc'], 'attribute.start_time up, attribute.run_id down'],
    [experimentOrder, [], 'attribute.creation_time down, attribute.experiment_id up'],
    [experimentOrder, ['name'], 'attribute.name up, attribute.experiment_id down'],
    [experimentOrder, ['name', 'attribute.name DESC'], 'attribute.name up, attribute.experiment_id down'],
    [registeredModelOrder, [], 'attribute.name up'],
    [registeredModelOrder, ['timestamp DESC'], 'attribute.last_updated_timestamp down, attribute.name up'],
    [modelVersionOrder, [], 'attribute.last_updated_timestamp down, attribute.name up, attribute.version_number down'],
    [modelVersionOrder, ['version_number ASC'], 'attribute.version_number up, attribute.name up'],
    [
      traceOrder,
      ['name', 'run_id desc'],
      'tag.mlflow.traceName up, metadata.mlflow.sourceRun down, attribute.timestamp_ms down, attribute.request_id up',
    ],
  ];
  for (const [grammar, clauses, whole] of table) test(whole, () => assert.equal(order(grammar, ...clauses), whole));

  test('a key twice is refused, also by two of its names', () => {
    assert.equal(
      refusal(() => order(runOrder, 'start_time', 'attr.created DESC')),
      "`order_by` contains duplicate fields: ['start_time', 'attr.created DESC']",
    );
    refusal(() => order(registeredModelOrder, 'timestamp', 'last_updated_timestamp'));
    refusal(() => order(modelVersionOrder, 'name', 'attribute.name'));
  });

  test('and so is what is no order', () => {
    assert.match(
      refusal(() => order(runOrder, 'metrics.a foo')),
      /Invalid ordering key in order_by clause 'metrics\.a foo'/,
    );
    assert.match(
      refusal(() => order(experimentOrder, 'tags.a')),
      /Invalid order_by entity/,
    );
    for (const clause of [
      '',
      ' ',
      'metrics.a DESC NULLS LAST',
      "'a'",
      '5',
      'a, b',
      'metrics.a;',
      'metrics.a/b',
      'metrics.``',
      "metrics.'a",
    ]) {
      assert.match(
        refusal(() => order(runOrder, clause)),
        /Invalid (?:order_by clause|attribute key)/,
        clause,
      );
    }
    refusal(() => order(runOrder, ...Array.from({ length: 101 }, (_, at) => `metrics.m${at}`)));
  });

  test('logged models are ordered by objects', () => {
    const show = (fields: Parameters<typeof parseLoggedModelOrder>[0]): string =>
      parseLoggedModelOrder(fields)
        .map(
          ({ entity, key, ascending, datasetName, datasetDigest }) =>
            `${entity}.${key} ${ascending ? 'up' : 'down'} ${datasetName ?? '-'}/${datasetDigest ?? '-'}`,
        )
        .join(', ');
    assert.equal(show([]), 'attribute.creation_timestamp down -/-, attribute.model_id up -/-');
    assert.equal(
      show([{ field_name: 'metrics.a.b', ascending: false, dataset_name: 'd', dataset_digest: '1' }, { field_name: 'creation_time' }]),
      'metric.a.b down d/1, attribute.creation_timestamp up -/-, attribute.model_id up -/-',
    );
    for (const field of [
      {},
      { field_name: 'x' },
      { field_name: 'params.x' },
      { field_name: 'metrics.' },
      { field_name: 'name', dataset_digest: '1' },
    ]) {
      refusal(() => parseLoggedModelOrder([field]));
    }
  });
});
