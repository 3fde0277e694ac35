import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { registry } from '@mlab/contracts/registry';
import { defineContract, defineService, schema, type AnyService, type Received } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { Client } from 'pg';
import { call, MODEL_ID, startRegistry, until, type Json, type TestRegistry } from './registry-for-test.ts';

const stack = new AsyncDisposableStack();
let app: TestRegistry;
let database: Client;
const heard: Received<Json>[] = [];

/** Somebody who hears everything that the registry tells. */
const listener = defineService({
  contract: defineContract({
    name: 'listener',
    title: 'Listener',
    label: 'Listener',
    description: 'Hears.',
    port: 18_208,
    wire: 'problem',
    operations: {},
  }),
  needs: {},
  consumes: registry.events,
  config: schema(Type.Object({})),
  database: { migrations: new URL('migrations/', import.meta.url) },
  start: () => ({
    handlers: {},
    consumers: Object.fromEntries(
      Object.keys(registry.events).map((name) => [name, async (event: Received<Json>) => void heard.push(event)]),
    ) as never,
  }),
});

before(async () => {
  app = stack.use(await startRegistry({ beside: [listener as AnyService] }));
  database = new Client({ connectionString: app.databaseUrl });
  await database.connect();
  stack.defer(() => database.end());
});
after(() => stack.disposeAsync());

const audit = async (query: string): Promise<Json[]> => (await app.must(app.api(`GET /audit?${query}`))).items;
const alias = (name: string, version: number, which = 'champion') =>
  app.post('registered-models/alias', { name, alias: which, version: String(version) });

test('every change is an event, in the order of its model, whatever that is called', async () => {
  const version = { name: 'told', version: '1' };
  await app.must(app.post('registered-models/create', { name: 'told' }));
  await app.must(app.post('model-versions/create', { name: 'told', source: `models:/${MODEL_ID}`, model_id: MODEL_ID }));
  await app.must(app.post('registered-models/set-tag', { name: 'told', key: 'a', value: '1' }));
  await app.must(app.patch('registered-models/update', { name: 'told', description: 'x' }));
  await app.must(app.post('model-versions/set-tag', { ...version, key: 'b', value: '2' }));
  await app.must(app.patch('model-versions/update', { ...version, description: 'x' }));
  await app.must(app.post('model-versions/transition-stage', { ...version, stage: 'Staging' }));
  // Once more is nothing new.
  await app.must(app.post('model-versions/transition-stage', { ...version, stage: 'Staging' }));
  await app.must(app.api('PUT /models/told/policy', { policy: { aliases: [{ alias: 'champion' }] }, by: 'ann' }));
  assert.equal((await alias('told', 1)).status, 403);
  await app.must(
    app.api('POST /models/told/versions/1/reports', {
      checks: [{ name: 'bias', passed: true }],
      metrics: [{ name: 'auc', value: 0.5 }],
      by: 'ci',
    }),
  );
  await app.must(app.api('POST /models/told/versions/1/approve', { by: 'bob', comment: 'fine' }));
  await app.must(alias('told', 1));
  await app.must(alias('told', 1));
  await app.must(app.post('registered-models/rename', { name: 'told', new_name: 'tale' }));
  await app.must(app.api('POST /models/tale/versions/1/reject', { by: 'bob', comment: 'no', release: true }));
  await app.must(app.api('POST /models/tale/versions/1/archive', { by: 'bob' }));
  await app.must(app.delete('registered-models/delete-tag', { name: 'tale', key: 'a' }));
  await app.must(app.delete('registered-models/delete-tag', { name: 'tale', key: 'a' }));
  await app.must(app.delete('model-versions/delete-tag', { name: 'tale', version: '1', key: 'b' }));
  await app.must(app.delete('model-versions/delete', { name: 'tale', version: '1' }));
  await app.must(app.api('DELETE /models/tale/policy'));
  await app.must(app.delete('registered-models/delete', { name: 'tale' }));

  await until(() => heard.find(({ type }) => type === 'registry.model-deleted@1'), 'the last event');
  const key = heard[0]?.key;
  await until(() => heard.filter((event) => event.key === key).length === 21 || undefined, 'all events');
  const told = heard
    .filter((event) => event.key === key)
    .toSorted((a, b) => a.data.seq - b.data.seq)
    .map(({ type, subject, data }) => [type.slice(9, -2), subject, { ...data, seq: undefined, at: undefined }]);
  const of = { model: 'told', version: 1 };
  const tale = { model: 'tale', version: 1 };
  const by = 'anonymous';
  const root = `mlflow-artifacts:/1/models/${MODEL_ID}/artifacts`;
  const expected = [
    ['model-created', 'told', { model: 'told', by }],
    [
      'version-registered',
      'told@1',
      { ...of, source: `models:/${MODEL_ID}`, location: root, runId: 'a'.repeat(32), loggedModelId: MODEL_ID, isPrompt: false, by },
    ],
    ['model-updated', 'told', { model: 'told', changed: 'tag a', by }],
    ['model-updated', 'told', { model: 'told', changed: 'description', by }],
    ['version-updated', 'told@1', { ...of, changed: 'tag b', by }],
    ['version-updated', 'told@1', { ...of, changed: 'description', by }],
    ['stage-changed', 'told@1', { ...of, from: 'None', to: 'Staging', by }],
    ['policy-changed', 'told', { model: 'told', by: 'ann' }],
    ['version-reported', 'told@1', { ...of, checks: [{ name: 'bias', passed: true }], metrics: [{ name: 'auc', value: 0.5 }], by: 'ci' }],
    ['approval-given', 'told@1', { ...of, comment: 'fine', approval: 'approved', by: 'bob' }],
    ['version-approved', 'told@1', { ...of, by: 'bob' }],
    ['alias-set', 'told@1', { ...of, alias: 'champion', by }],
    ['model-renamed', 'tale', { model: 'tale', from: 'told', by }],
    ['alias-deleted', 'tale@1', { ...tale, alias: 'champion', by: 'bob' }],
    ['version-rejected', 'tale@1', { ...tale, comment: 'no', from: 'approved', by: 'bob' }],
    ['version-archived', 'tale@1', { ...tale, from: 'rejected', by: 'bob' }],
    ['model-updated', 'tale', { model: 'tale', changed: 'tag a', by }],
    ['version-updated', 'tale@1', { ...tale, changed: 'tag b', by }],
    ['version-deleted', 'tale@1', { ...tale, by }],
    ['policy-changed', 'tale', { model: 'tale', by }],
    ['model-deleted', 'tale', { model: 'tale', versions: 0, by }],
  ];
  assert.deepEqual(
    told,
    expected.map(([type, subject, data]) => [type, subject, { ...(data as object), seq: undefined, at: undefined }]),
  );

  // The same again, as the audit log has it: with who, what was and what is.
  const entries = (await audit('model=tale&limit=100')).toReversed();
  assert.deepEqual(
    entries.map(({ action }) => action),
    told.slice(12).map(([type]) => type),
  );
  const all = [...(await audit('model=told&limit=100')).toReversed(), ...entries];
  assert.deepEqual(
    all.map(({ action }) => action),
    told.map(([type]) => type),
  );
  const entry = (action: string): Json => all.find((each) => each.action === action);
  const shown = ({ caller, name, via, before, after }: Json) => ({ caller, name, via, before, after });
  assert.deepEqual(shown(entry('version-approved')), {
    caller: by,
    name: 'bob',
    via: 'approveVersion',
    before: { approval: 'candidate' },
    after: { approval: 'approved' },
  });
  assert.deepEqual(shown(entry('alias-deleted')), {
    caller: by,
    name: 'bob',
    via: 'rejectVersion',
    before: { alias: 'champion', version: 1 },
    after: undefined,
  });
  assert.deepEqual([entry('model-renamed').before, entry('model-renamed').after], [{ name: 'told' }, { name: 'tale' }]);
  assert.deepEqual(entry('version-reported').after, { checks: [{ name: 'bias', passed: true }], metrics: [{ name: 'auc', value: 0.5 }] });
  assert.match(entry('model-created').traceId, /^[0-9a-f]{32}$/);
});

test('who MLflow’s client says it is stands in the audit log beside who called', async () => {
  const authorization = `Basic ${Buffer.from('zoe:secret').toString('base64')}`;
  await app.must(app.post('registered-models/create', { name: 'of zoe' }, { authorization, 'mlab-caller': 'script' }));
  await app.must(app.post('model-versions/create', { name: 'of zoe', source: 's3://b/c' }, { authorization }));
  const [registered, created] = await audit('model=of%20zoe');
  assert.deepEqual([created?.caller, created?.name, created?.via, registered?.name], ['script', 'zoe', 'mlflow', 'zoe']);
  assert.equal((await app.client.getVersion({ name: 'of zoe', version: 1 }, call())).author, 'zoe');
  for (const odd of ['Basic', 'Basic !!!', `Basic ${Buffer.from(':x').toString('base64')}`, 'Bearer x'])
    assert.equal((await app.get('registered-models/get?name=of+zoe', undefined, { authorization: odd })).status, 200);
});

test('the audit log is asked by what, who and when, page by page', async () => {
  await app.must(app.post('registered-models/create', { name: 'asked' }));
  for (let each = 0; each < 3; each++) await app.must(app.post('model-versions/create', { name: 'asked', source: 's3://b/c' }));
  await app.must(app.api('POST /models/asked/versions/2/approve', { by: 'carol' }));
  const actions = async (query: string): Promise<string[]> =>
    (await audit(query)).map(({ action, version }) => `${action} ${version ?? ''}`.trim());
  assert.deepEqual(await actions('model=asked&action=version-registered'), [
    'version-registered 3',
    'version-registered 2',
    'version-registered 1',
  ]);
  assert.deepEqual(await actions('caller=carol'), ['version-approved 2', 'approval-given 2']);
  assert.deepEqual(await actions('model=asked&version=3'), ['version-registered 3']);
  const [entry] = await audit('model=asked&version=3');
  assert.deepEqual(await actions(`model=asked&to=${entry.at}&action=version-registered`), ['version-registered 2', 'version-registered 1']);
  assert.equal((await actions(`model=asked&from=${entry.at}`))[0], 'version-approved 2');
  const first = await app.client.listAudit({ model: 'asked', limit: 4 }, call());
  const second = await app.client.listAudit({ model: 'asked', limit: 4, cursor: first.next as string }, call());
  assert.deepEqual(
    [first.items.length, second.items.map(({ action }) => action), second.next],
    [4, ['version-registered', 'model-created'], undefined],
  );
  for (const query of ['from=yesterday', 'cursor=x', 'limit=0', 'version=x'])
    assert.match(await app.refusal(app.api(`GET /audit?${query}`)), /^400 invalid/);
});

test('no entry of the audit log can be changed, by nobody who asks the database', async () => {
  const owner = (await database.query("SELECT tableowner FROM pg_tables WHERE tablename = 'audit'")).rows[0].tableowner as string;
  const { schemaname } = (await database.query("SELECT schemaname FROM pg_tables WHERE tablename = 'audit'")).rows[0] as {
    schemaname: string;
  };
  const count = async (): Promise<unknown> => (await database.query(`SELECT count(*) FROM "${schemaname}".audit`)).rows[0].count;
  const before = await count();
  assert.notEqual(before, '0');
  for (const statement of ['UPDATE "?".audit SET caller = \'me\'', 'DELETE FROM "?".audit', 'TRUNCATE "?".audit']) {
    const text = statement.replace('?', schemaname);
    await assert.rejects(database.query(text), /takes entries and lets none be changed/);
    await database.query(`SET ROLE "${owner}"`);
    await assert.rejects(database.query(text), /permission denied|takes entries/);
    await database.query('RESET ROLE');
  }
  assert.equal(await count(), before);
});

test('16 versions that are registered at once have the numbers 1 to 16', async () => {
  await app.must(app.post('registered-models/create', { name: 'crowd' }));
  const made = await Promise.all(
    Array.from({ length: 16 }, () => app.must(app.post('model-versions/create', { name: 'crowd', source: 's3://b/c' }))),
  );
  const numbers = made.map(({ model_version: { version } }) => Number(version)).toSorted((a, b) => a - b);
  assert.deepEqual(
    numbers,
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
  const registered = await until(() => {
    const found = heard.filter(({ type, data }) => type === 'registry.version-registered@1' && data.model === 'crowd');
    return found.length === 16 ? found : undefined;
  }, '16 events');
  // Whoever comes first has the smaller number, and is told first.
  assert.deepEqual(
    registered.map(({ data }) => data.version),
    numbers,
  );
});

test('one of 8 who create a model at once makes it, and all who register without one get it', async () => {
  const statuses = (await Promise.all(Array.from({ length: 8 }, () => app.post('registered-models/create', { name: 'once' })))).map(
    ({ status }) => status,
  );
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, ...Array.from({ length: 7 }, () => 400)],
  );
  const made = await Promise.all(Array.from({ length: 8 }, () => app.api('POST /models/once%20more/versions', { source: 's3://b/c' })));
  assert.deepEqual(
    made.map(({ body }) => body.version as number).toSorted((a, b) => a - b),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  assert.equal((await audit('model=once%20more&action=model-created')).length, 1);
});

test('of aliases that are set at once the last one told is the one that is there', async () => {
  await Promise.all(Array.from({ length: 12 }, (_, index) => app.must(alias('crowd', 1 + index, 'race'))));
  const set = await until(() => {
    const found = heard.filter(({ type, data }) => type === 'registry.alias-set@1' && data.alias === 'race');
    return found.length === 12 ? found.map(({ data }) => data) : undefined;
  }, '12 events');
  assert.deepEqual(
    set.map(({ from }) => from),
    [undefined, ...set.slice(0, -1).map(({ version }) => version)],
  );
  assert.equal((await app.client.resolveAlias({ name: 'crowd', alias: 'race' }, call())).version, set.at(-1)?.version);
});

test('a version that is deleted while an alias is set to it bears none', async () => {
  const outcomes = await Promise.all([app.delete('model-versions/delete', { name: 'crowd', version: '16' }), alias('crowd', 16, 'late')]);
  assert.equal(outcomes[0]?.status, 200);
  assert.ok([200, 404].includes(outcomes[1]?.status ?? 0));
  assert.equal((await app.get('registered-models/alias?name=crowd&alias=late')).status, 400);
});
