import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APPROVAL_STATES, type AliasRule, type Policy } from '@mlab/contracts/registry-schemas';
import { modelVersionFilters, parseFilter, registeredModelFilters } from '@mlab/mlflow';
import { checkBecomes, mayBecome } from '#/domain/approval.ts';
import { readSignature } from '#/domain/mlmodel.ts';
import { readVersion } from '#/domain/names.ts';
import {
  FIRST_POLICY,
  missing,
  missingApprovals,
  ruleOfAlias,
  rulesOfStage,
  whyNotApprover,
  whyNotListed,
  type Evidence,
} from '#/domain/policy.ts';
import { readPrompts } from '#/domain/prompt-filter.ts';
import { isWithin, readSource } from '#/domain/source.ts';
import { waitMs } from '#/domain/webhook.ts';
import { judge, type Who } from '#/domain/who.ts';

const allowed = new Set(['s3', 'http']);

test('what a version may become', () => {
  const may = Object.fromEntries(APPROVAL_STATES.map((from) => [from, APPROVAL_STATES.filter((to) => mayBecome(from, to))]));
  assert.deepEqual(may, {
    candidate: ['approved', 'rejected', 'archived'],
    approved: ['rejected', 'archived'],
    rejected: ['archived'],
    archived: [],
  });
  assert.throws(
    () => checkBecomes('churn version 1', 'archived', 'approved'),
    /churn version 1 cannot become approved: it is archived, and can become nothing any more/,
  );
  assert.throws(() => checkBecomes('churn version 1', 'rejected', 'approved'), /it is rejected, and can become archived/);
});

const rule = (more: Partial<AliasRule> = {}): AliasRule => ({
  alias: 'champion',
  stages: [],
  checks: [],
  metrics: [],
  tags: [],
  keep: false,
  ...more,
});
const policy = (more: Partial<Policy> = {}): Policy => ({ ...FIRST_POLICY, ...more });
const evidence = (more: Partial<Evidence> = {}): Evidence => ({
  approval: 'approved',
  approvers: ['bob'],
  authors: ['ann'],
  checks: {},
  metrics: {},
  tags: {},
  ...more,
});
const metric = (comparison: AliasRule['metrics'][number]['comparison'], value: number) =>
  rule({ metrics: [{ name: 'auc', comparison, value }] });
const auc = (value: number) => evidence({ metrics: { auc: { value } } });

for (const [what, ofPolicy, ofRule, has, expected] of [
  ['an approved version with nothing more to show', policy(), rule(), evidence(), []],
  ['a candidate', policy(), rule(), evidence({ approval: 'candidate' }), ['it is candidate and not approved']],
  [
    'a rejected version, however often it was approved of',
    policy(),
    rule(),
    evidence({ approval: 'rejected' }),
    ['it is rejected and not approved'],
  ],
  [
    'a policy that has become stricter',
    policy({ approvals: { count: 2, authorMayApprove: true } }),
    rule(),
    evidence(),
    ['it has 1 of the 2 approvals that it needs'],
  ],
  [
    'approvals of its own',
    policy(),
    rule({ approvals: { count: 1, approvers: ['carol', 'dan'], authorMayApprove: true } }),
    evidence(),
    ['it has 0 of the 1 approvals of carol, dan that it needs'],
  ],
  [
    'approvals of its own that are there',
    policy(),
    rule({ approvals: { count: 1, approvers: ['bob'], authorMayApprove: true } }),
    evidence(),
    [],
  ],
  [
    'an author who approved',
    policy({ approvals: { count: 1, authorMayApprove: false } }),
    rule(),
    evidence({ approvers: ['ann'] }),
    ['it has 0 of the 1 approvals that it needs, without its author'],
  ],
  ['a check that passed', policy(), rule({ checks: ['bias'] }), evidence({ checks: { bias: { passed: true } } }), []],
  [
    'a check that failed',
    policy(),
    rule({ checks: ['bias'] }),
    evidence({ checks: { bias: { passed: false } } }),
    ['the check bias has failed'],
  ],
  ['a check that nobody reported', policy(), rule({ checks: ['bias'] }), evidence(), ['the check bias has not been reported']],
  [
    'a check that is called as something all objects have',
    policy(),
    rule({ checks: ['constructor'] }),
    evidence(),
    ['the check constructor has not been reported'],
  ],
  ['a metric at its bound', policy(), metric('>=', 0.8), auc(0.8), []],
  ['a metric that must be above its bound', policy(), metric('>', 0.8), auc(0.8), ['the metric auc is 0.8, and must be > 0.8']],
  ['a metric below', policy(), metric('>=', 0.8), auc(0.7), ['the metric auc is 0.7, and must be >= 0.8']],
  ['a loss at its bound', policy(), metric('<=', 0.8), auc(0.8), []],
  ['a loss that must be below its bound', policy(), metric('<', 0.8), auc(0.8), ['the metric auc is 0.8, and must be < 0.8']],
  ['a metric that nobody reported', policy(), metric('<', 0.8), evidence(), ['the metric auc has not been reported']],
  ['a tag with any value', policy(), rule({ tags: [{ key: 'card' }] }), evidence({ tags: { card: '' } }), []],
  ['a tag that is not there', policy(), rule({ tags: [{ key: 'card' }] }), evidence(), ['it has no tag card']],
  [
    'a tag with another value',
    policy(),
    rule({ tags: [{ key: 'card', value: 'done' }] }),
    evidence({ tags: { card: 'open' } }),
    ['its tag card is not done'],
  ],
  [
    'everything at once',
    policy(),
    rule({ checks: ['a'], tags: [{ key: 'b' }] }),
    evidence({ approval: 'candidate' }),
    ['it is candidate and not approved', 'the check a has not been reported', 'it has no tag b'],
  ],
] as const) {
  test(`what keeps an alias away: ${what}`, () => assert.deepEqual(missing(ofPolicy, ofRule, has), expected));
}

test('an alias is guarded by its own rule, or by that of all others', () => {
  const own = rule();
  const others = rule({ alias: '*', stages: ['Production'] });
  const of = policy({ aliases: [others, own] });
  assert.deepEqual([ruleOfAlias(of, 'champion'), ruleOfAlias(of, 'any'), ruleOfAlias(policy(), 'champion')], [own, others, undefined]);
  assert.deepEqual([rulesOfStage(of, 'Production'), rulesOfStage(of, 'Staging')], [[others], []]);
});

test('whose approval counts, and is taken', () => {
  const two = policy({ approvals: { count: 2, approvers: ['bob', 'carol'], authorMayApprove: false } });
  const by = (...approvers: readonly string[]) => missingApprovals(two.approvals, { approvers, authors: ['carol'] });
  assert.deepEqual(by('bob', 'carol', 'eve'), ['it has 1 of the 2 approvals of bob, carol that it needs, without its author']);
  assert.equal(whyNotApprover(two, { authors: ['ann'] }, 'bob'), undefined);
  assert.match(whyNotApprover(two, { authors: ['carol'] }, 'carol') ?? '', /carol has registered or made it/);
  assert.match(whyNotApprover(two, { authors: [] }, 'eve') ?? '', /eve is none of the approvers, who are bob, carol/);
  assert.equal(whyNotListed(two, 'carol'), undefined);
  // An approval that only the rule of an alias asks for is worth taking too.
  const more = policy({
    approvals: two.approvals,
    aliases: [rule({ approvals: { count: 1, approvers: ['dan'], authorMayApprove: true } })],
  });
  assert.equal(whyNotApprover(more, { authors: ['dan'] }, 'dan'), undefined);
});

const who = (caller: string, name?: string): Who => ({ caller, name, via: 'test' });

for (const [caller, name, trusted, proven] of [
  ['anonymous', 'bob', 'bob', /Nothing proves who judges/],
  ['anonymous', undefined, 'anonymous', /Nothing proves who judges/],
  ['claimed:bob', undefined, 'bob', /Nothing proves/],
  ['forwarded:gateway', undefined, 'forwarded:gateway', /Nothing proves/],
  ['delivery', undefined, 'delivery', 'delivery'],
  ['delivery', 'delivery', 'delivery', 'delivery'],
  ['delivery', 'bob', 'bob', /delivery cannot judge as bob/],
] as const) {
  test(`${caller}${name === undefined ? '' : ` as ${name}`} judges as ${trusted}, and as ${String(proven)} where names must be proven`, () => {
    assert.equal(judge(who(caller, name), true), trusted);
    if (typeof proven === 'string') assert.equal(judge(who(caller, name), false), proven);
    else assert.throws(() => judge(who(caller, name), false), proven);
  });
}

for (const [source, expected] of [
  ['models:/m-1', { kind: 'logged model', id: 'm-1' }],
  ['MODELS:/m-1', { kind: 'logged model', id: 'm-1' }],
  ['models:/a/12', { kind: 'version', name: 'a', version: 12 }],
  ['models:/a/Latest', { kind: 'version', name: 'a' }],
  ['models:/a/Production', { kind: 'version', name: 'a', stage: 'Production' }],
  ['models:/a@b@champion', { kind: 'version', name: 'a@b', alias: 'champion' }],
  ['runs:/r/a/b', { kind: 'run', runId: 'r' }],
  ['mlflow-artifacts:/1/r/artifacts', { kind: 'artifacts' }],
  ['s3://bucket/path', { kind: 'elsewhere' }],
  ['http://host/a?x=1', { kind: 'elsewhere' }],
] as const) {
  test(`${source} is read`, () => assert.deepEqual(readSource(source, allowed, 'run_id'), expected));
}

const NO_SOURCES = String.raw`
  /a a \\host\share file:/a FILE:///a file://remote/a C:\a c:/a gs://b/c javascript:/a models: models:/ models:/a/ models:/a/b/c models:/a@
  models://h/a runs:/ runs:/r runs:/r/ runs://h/r/a mlflow-artifacts://h/a mlflow-artifacts:/../x mlflow-artifacts:/a#b
  s3://b s3://b/ s3://b/.. s3://b/../c s3://b/. s3://b/./c s3://b/a/%2E%2E/c s3://b/%252e%252e/c s3://b/a\..\c s3://b/%00 s3://b/%0a s3://b/%255c..%255cc
  http://h/api/2.0/mlflow-artifacts/artifacts/x http://h/p/api%2F2.0/mlflow-artifacts/artifacts`;

for (const source of [
  ...NO_SOURCES.trim().split(/\s+/),
  '',
  'models:/ ',
  's3://b/a\u0000',
  `s3://b/%${'25'.repeat(12)}2e`,
  `s3://b/${'a'.repeat(2048)}`,
]) {
  test(`${source.slice(0, 40)} is no source`, () =>
    assert.throws(() => readSource(source, allowed, 'run_id'), /Invalid (model version source|path)/));
}

test('what lies within a place', () => {
  const root = 'mlflow-artifacts:/1/run/artifacts';
  for (const uri of [root, `${root}/`, `${root}/a`, 'mlflow-artifacts:///1/run/artifacts/a', 'mlflow-artifacts:/1/%72un/artifacts'])
    assert.ok(isWithin(uri, root), uri);
  for (const uri of [
    `${root}x`,
    'mlflow-artifacts:/1/run',
    's3:/1/run/artifacts',
    'mlflow-artifacts://h/1/run/artifacts',
    'mlflow-artifacts:/1/run%2Fartifacts/a',
  ])
    assert.ok(!isWithin(uri, root), uri);
  assert.ok(!isWithin(root, 'mlflow-artifacts:/'));
});

const IS = 'tags.`mlflow.prompt.is_prompt`';
for (const [filter, prompts, rest] of [
  [undefined, false, undefined],
  ["name = 'a'", false, 'name'],
  [`${IS} = 'true'`, true, 'mlflow.prompt.is_prompt'],
  [`${IS} = 'TRUE'`, true, 'mlflow.prompt.is_prompt'],
  [`${IS} != 'false'`, true, 'mlflow.prompt.is_prompt'],
  [`${IS} != 'true'`, false, undefined],
  [`${IS} LIKE '%'`, false, undefined],
  [`${IS} = 'false' AND name = 'a'`, false, 'name'],
  [`${IS} != 'true' AND ${IS} = 'true'`, false, undefined],
  [`NOT ${IS} = 'true'`, false, 'not'],
  [`NOT ${IS} != 'true'`, true, 'not'],
  [`name = 'a' OR ${IS} = 'true'`, true, 'or'],
] as const) {
  test(`${filter ?? 'no filter'} asks for ${prompts ? '' : 'no '}prompts`, () => {
    for (const grammar of [registeredModelFilters, modelVersionFilters]) {
      const { prompts: asks, filter: left } = readPrompts(parseFilter(grammar, filter));
      assert.deepEqual([asks, left?.kind === 'compare' ? left.key : left?.kind], [prompts, rest]);
    }
  });
}

test('versions as clients write them', () => {
  assert.deepEqual(['1', ' 7 ', '+3', '0012', '2147483647'].map(readVersion), [1, 7, 3, 12, 2_147_483_647]);
  assert.deepEqual(
    ['0', '-1', '2147483648', '9'.repeat(400)].map(readVersion),
    Array.from({ length: 4 }, () => Number.NaN),
  );
  for (const text of ['', 'x', '1.0', '1e3', '0x1', undefined])
    assert.throws(() => readVersion(text), /Parameter 'version' must be an integer, got/);
});

test('waits between attempts double up to the longest, and are scattered', () => {
  const limits = { firstMs: 1000, mostMs: 60_000 };
  assert.deepEqual(
    [1, 2, 3, 7, 8, 1000].map((failures) => waitMs(failures, limits, 1)),
    [1000, 2000, 4000, 60_000, 60_000, 60_000],
  );
  assert.deepEqual(
    [1, 2].map((failures) => waitMs(failures, limits, 0)),
    [500, 1000],
  );
});

/** Written by MLflow 3.17.2. */
const MLMODEL = String.raw`artifact_path: model
flavors:
  python_function:
    loader_module: x
is_signature_from_type_hint: false
mlflow_version: 3.17.2
model_id: null
model_uuid: d695d89d9ff04af6a9f3e2c82fcaf9e9
prompts: null
run_id: abc
signature:
  inputs: '[{"type": "double", "name": "sepal length (cm)", "required": true}, {"type":
    "string", "name": "it''s  two  blanks: \"x\" \u00e4 \ud83d\ude00", "required":
    true}, {"type": "long", "name": "a very long column name that goes on and on and
    on until the line must be folded somewhere in it", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1,
    3]}}]'
  params: '[{"name": "temperature", "default": 0.5, "shape": null, "type": "double"}]'
type_hint_from_example: false
utc_time_created: '2026-11-25 18:53:12.844774'
`;

test('the signature in a file MLmodel', () => {
  assert.deepEqual(readSignature(MLMODEL), {
    inputs: [
      { type: 'double', name: 'sepal length (cm)', required: true },
      { type: 'string', name: 'it\'s  two  blanks: "x" ä 😀', required: true },
      {
        type: 'long',
        name: 'a very long column name that goes on and on and on until the line must be folded somewhere in it',
        required: false,
      },
    ],
    outputs: [{ type: 'tensor', 'tensor-spec': { dtype: 'float64', shape: [-1, 3] } }],
    params: [{ name: 'temperature', default: 0.5, shape: null, type: 'double' }],
  });
  assert.deepEqual(readSignature("signature:\r\n  inputs: '[1]'\r\n  outputs: null\r\n"), { inputs: [1] });
  for (const other of [
    '',
    'flavors: {}',
    'signature: null',
    'signature:\n',
    "signature:\n  inputs: '{}'",
    "signature:\n  inputs: '[",
    "x:\n  inputs: '[1]'",
  ])
    assert.equal(readSignature(other), undefined, other);
  for (const unkept of [
    String.raw`["\u0000"]`,
    String.raw`["\ud800"]`,
    '['.repeat(100) + ']'.repeat(100),
    '['.repeat(400_000) + ']'.repeat(400_000),
  ])
    assert.equal(readSignature(`signature:\n  inputs: '${unkept}'\n`), undefined, unkept.slice(0, 100));
});
