import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, escapeIdentifier } from 'pg';
import { waitUntil } from '../../../tests/system/wait.ts';
import { LONE_SURROGATE, startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;

before(async () => {
  t = stack.use(await startTracking());
});
after(() => stack.disposeAsync());

const get = async (id: string): Promise<Json> => (await t.get(`runs/get?run_id=${id}`)).run;
const create = async (fields: object): Promise<Json> => (await t.post('runs/create', fields)).run;
const missing = (name: string): RegExp => new RegExp(`^400 INVALID_PARAMETER_VALUE Missing value for required parameter '${name}'\\. See`);
const NONE = /^404 RESOURCE_DOES_NOT_EXIST Run with id=nope not found$/;
const NO_TEXT = /^400 INVALID_PARAMETER_VALUE Invalid value .* for parameter '[a-z_[\].0-9]+' supplied: {2}Hint: It has /;

test('a run has what it was created with, and a name', async () => {
  const fields = { experiment_id: '0', user_id: 'ada', run_name: 'first', start_time: 1_700_000_000_123, tags: [{ key: 'a', value: 'b' }] };
  const created = await create(fields);
  const id = created.info.run_id;
  assert.match(id, /^[0-9a-f]{32}$/);
  const info = {
    run_uuid: id,
    run_id: id,
    run_name: 'first',
    experiment_id: '0',
    user_id: 'ada',
    status: 'RUNNING',
    start_time: 1_700_000_000_123,
    artifact_uri: `mlflow-artifacts:/0/${id}/artifacts`,
    lifecycle_stage: 'active',
  };
  const tags = [
    { key: 'a', value: 'b' },
    { key: 'mlflow.runName', value: 'first' },
  ];
  assert.deepEqual(created, { info, data: { tags }, inputs: {} });
  assert.deepEqual(await get(id), { info, data: { tags }, inputs: {}, outputs: {} });
  assert.deepEqual((await t.get(`runs/get?run_uuid=${id}`)).run, await get(id));
  assert.deepEqual((await t.get(`runs/get?run_id=${id}&run_uuid=${id}`)).run, await get(id));
});

test('a run that is told nothing has the default experiment, no user, this moment, and a name that is easy to say', async () => {
  const before = Date.now();
  const { info, data } = await create({});
  assert.deepEqual([info.experiment_id, info.user_id], ['0', '']);
  assert.ok(info.start_time >= before && info.start_time <= Date.now());
  assert.match(info.run_name, /^[a-z]+-[a-z]+-\d{1,3}$/);
  assert.deepEqual(data.tags, [{ key: 'mlflow.runName', value: info.run_name }]);
  const names = await Promise.all(Array.from({ length: 20 }, async () => (await create({})).info.run_name));
  assert.ok(new Set(names).size > 10);
});

test('a name may come as a tag; what comes twice must be the same', async () => {
  const named = (value: string) => [{ key: 'mlflow.runName', value }];
  assert.equal((await create({ tags: named('tagged') })).info.run_name, 'tagged');
  assert.equal((await create({ run_name: 'same', tags: named('same') })).info.run_name, 'same');
  const emptyTag = await create({ run_name: 'said', tags: named('') });
  assert.deepEqual([emptyTag.info.run_name, emptyTag.data.tags], ['said', named('said')]);
  assert.match((await create({ run_name: '', tags: named('') })).info.run_name, /^[a-z]+-[a-z]+-\d+$/);
  assert.equal(
    await t.refusal('runs/create', { run_name: 'one', tags: named('two') }),
    "400 INVALID_PARAMETER_VALUE Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='one', mlflow.runName='two').",
  );
});

test('tags of a new run have any characters in their keys, the last of several with one key counts, and long ones are cut', async () => {
  const tags = [
    { key: 'git@host;../x', value: '1' },
    { key: 'twice', value: 'first' },
    { key: 'twice', value: 'second' },
    { key: 'long', value: '😀'.repeat(8001) },
    { key: 'k'.repeat(250) },
  ];
  const { info, data } = await create({ run_name: 'tagged', tags });
  const kept = (await get(info.run_id)).data.tags;
  assert.deepEqual(data.tags.toSorted(byKey), kept);
  assert.deepEqual(kept, [
    { key: 'git@host;../x', value: '1' },
    { key: 'k'.repeat(250), value: '' },
    { key: 'long', value: '😀'.repeat(8000) },
    { key: 'mlflow.runName', value: 'tagged' },
    { key: 'twice', value: 'second' },
  ]);
  assert.equal(await t.refusal('runs/create', { tags: [{ key: 'a' }, { key: 'k'.repeat(251) }] }).then((text) => text.slice(0, 3)), '400');
  const long = await create({ run_name: 'é'.repeat(8001) });
  assert.deepEqual([long.info.run_name, long.data.tags[0].value], ['é'.repeat(8000), 'é'.repeat(8000)]);
});

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1);

test('runs that are not created', async () => {
  const cases: [body: object, expected: RegExp][] = [
    [{ experiment_id: '9999' }, /^404 RESOURCE_DOES_NOT_EXIST No Experiment with id=9999 exists$/],
    [{ experiment_id: 'abc' }, /^400 INVALID_PARAMETER_VALUE Invalid experiment ID 'abc'/],
    [{ experiment_id: 0 }, /Invalid value 0 for parameter 'experiment_id' supplied: {2}Hint: Value was of type 'int'/],
    [{ start_time: 1.5 }, /Invalid value 1\.5 for parameter 'start_time' supplied: {2}Hint: Value was of type 'float'/],
    [{ start_time: 'soon' }, /Invalid value "soon" for parameter 'start_time'/],
    [{ start_time: 2 ** 60 }, /parameter 'start_time' supplied: {2}Hint: Whole numbers go from -9007199254740991 to 9007199254740991/],
    [{ run_name: 5 }, /parameter 'run_name' supplied: {2}Hint: Value was of type 'int'/],
    [{ run_name: 'a\0' }, NO_TEXT],
    [{ user_id: LONE_SURROGATE }, NO_TEXT],
    [{ user_id: {} }, /parameter 'user_id' supplied: {2}Hint: Value was of type 'dict'/],
    [{ tags: [{ value: 'x' }] }, missing('tags\\[0\\]\\.key')],
    [{ tags: [{ key: 'k' }, { key: 'l', value: 'a\0' }] }, NO_TEXT],
    [{ tags: { key: 'k' } }, /parameter 'tags' supplied: {2}Hint: Value was of type 'dict'/],
  ];
  for (const [body, expected] of cases) assert.match(await t.refusal('runs/create', body), expected);
  assert.match(await t.refusal('runs/get'), missing('run_id'));
  assert.match(await t.refusal('runs/get?run_id='), missing('run_id'));
  assert.match(await t.refusal('runs/get?run_id=nope'), NONE);
  assert.match(await t.refusal('runs/get?run_id=a%00'), NO_TEXT);
  assert.match(await t.refusal(`runs/get?run_id=${'x'.repeat(2000)}`), /^404 .{0,400}$/);
});

test('times are kept as they are told, also before 1970 and at the end of what numbers hold', async () => {
  for (const start_time of [-1, 0, -62_135_596_800_000, Number.MAX_SAFE_INTEGER, '12', '-9007199254740991', 3e2]) {
    const { info } = await create({ start_time });
    assert.equal((await get(info.run_id)).info.start_time, Number(start_time));
  }
});

test('a run changes its status, its end and its name, and nothing that is not told', async () => {
  const id = await t.run({ run_name: 'before', start_time: 5 });
  const update = async (change: object): Promise<Json> => (await t.post('runs/update', { run_id: id, ...change })).run_info;
  const { info } = await get(id);
  assert.deepEqual(await update({}), info);
  assert.deepEqual(await update({ status: 'FINISHED', end_time: 99 }), { ...info, status: 'FINISHED', end_time: 99 });
  assert.deepEqual(await update({ status: 4 }), { ...info, status: 'FAILED', end_time: 99 });
  assert.deepEqual(await update({ run_name: 'after 😀' }), { ...info, status: 'FAILED', end_time: 99, run_name: 'after 😀' });
  assert.deepEqual(await update({ run_name: '' }), { ...info, status: 'FAILED', end_time: 99, run_name: 'after 😀' });
  assert.deepEqual((await get(id)).data.tags, [{ key: 'mlflow.runName', value: 'after 😀' }]);
  assert.equal((await t.post('runs/update', { run_uuid: id, end_time: '-7' })).run_info.end_time, -7);
  for (const status of ['RUNNING', 'SCHEDULED', 'KILLED']) assert.equal((await update({ status })).status, status);

  assert.match(
    await t.refusal('runs/update', { run_id: id, status: 'DONE' }),
    /^400 .*'status'.*one of RUNNING, SCHEDULED, FINISHED, FAILED, KILLED/,
  );
  assert.match(await t.refusal('runs/update', { run_id: id, status: 6 }), /^400 .*'status'/);
  assert.match(await t.refusal('runs/update', { run_id: id, end_time: 1.5 }), /^400 .*'end_time'/);
  assert.match(await t.refusal('runs/update', { run_id: id, run_name: 'a\0' }), NO_TEXT);
  assert.match(await t.refusal('runs/update', { status: 'FINISHED' }), missing('run_id'));
  assert.match(await t.refusal('runs/update', { run_id: 'nope', status: 'FINISHED' }), NONE);
});

test('the name of a run and its tag are one, whichever is set', async () => {
  const id = await t.run({ run_name: 'one' });
  const both = async (): Promise<readonly string[]> => {
    const { info, data } = await get(id);
    return [info.run_name, data.tags?.find(({ key }: { key: string }) => key === 'mlflow.runName')?.value];
  };
  await t.post('runs/set-tag', { run_id: id, key: 'mlflow.runName', value: 'two' });
  assert.deepEqual(await both(), ['two', 'two']);
  await t.post('runs/log-batch', {
    run_id: id,
    tags: [
      { key: 'mlflow.runName', value: 'three' },
      { key: 'mlflow.runName', value: 'four' },
    ],
  });
  assert.deepEqual(await both(), ['four', 'four']);
  await t.post('runs/set-tag', { run_id: id, key: 'mlflow.runName', value: '' });
  assert.deepEqual(await both(), ['four', 'four']);
  await t.post('runs/update', { run_id: id, run_name: 'é'.repeat(8001) });
  assert.deepEqual(await both(), ['é'.repeat(8000), 'é'.repeat(8000)]);
  await t.post('runs/delete-tag', { run_id: id, key: 'mlflow.runName' });
  assert.deepEqual(await both(), ['é'.repeat(8000), undefined]);
});

test('a deleted run can be read and refuses all that writes, until it is restored', async () => {
  const id = await t.run();
  await t.post('runs/set-tag', { run_id: id, key: 'k', value: 'v' });
  assert.deepEqual(await t.post('runs/delete', { run_id: id }), {});
  assert.deepEqual(await t.post('runs/delete', { run_uuid: id }), {});
  assert.equal((await get(id)).info.lifecycle_stage, 'deleted');
  const metric = { key: 'm', value: 1, timestamp: 1 };
  const writes: [path: string, body: object][] = [
    ['log-metric', metric],
    ['log-metric', { ...metric, model_id: 'm-1' }],
    ['log-parameter', { key: 'p', value: '1' }],
    ['set-tag', { key: 't', value: '1' }],
    ['delete-tag', { key: 'k' }],
    ['log-batch', {}],
    ['log-batch', { metrics: [metric] }],
    ['log-batch', { params: [{ key: 'p', value: '1' }] }],
    ['log-batch', { tags: [{ key: 'p', value: '1' }] }],
    ['update', { status: 'FINISHED' }],
  ];
  const expected = `400 INVALID_PARAMETER_VALUE The run ${id} must be in the 'active' state. Current state is deleted.`;
  for (const [path, body] of writes) assert.equal(await t.refusal(`runs/${path}`, { run_id: id, ...body }), expected, path);
  assert.deepEqual(await t.post('runs/restore', { run_id: id }), {});
  assert.deepEqual(await t.post('runs/restore', { run_id: id }), {});
  for (const [path, body] of writes.filter(([, { model_id }]: [string, Json]) => model_id === undefined))
    assert.ok(await t.post(`runs/${path}`, { run_id: id, ...body }), path);
  for (const path of ['delete', 'restore']) {
    assert.match(await t.refusal(`runs/${path}`, { run_id: 'nope' }), NONE);
    assert.match(await t.refusal(`runs/${path}`, {}), missing('run_id'));
  }
});

test('what is written while a run is deleted is either kept and was before, or refused', async () => {
  const id = await t.run();
  const writing = Array.from({ length: 24 }, (_, index) => {
    if (index % 3 === 0) return t.ask('POST', 'runs/log-metric', { run_id: id, key: `m${index}`, value: 1, timestamp: 1 });
    if (index % 3 === 1) return t.ask('POST', 'runs/log-parameter', { run_id: id, key: `p${index}`, value: '1' });
    return t.ask('POST', 'runs/set-tag', { run_id: id, key: `t${index}`, value: '1' });
  });
  const deleting = t.post('runs/delete', { run_id: id });
  const answers = await Promise.all(writing);
  await deleting;
  const { data } = await get(id);
  const kept = new Set([...(data.metrics ?? []), ...(data.params ?? []), ...data.tags].map(({ key }) => key));
  for (const [index, { status }] of answers.entries()) {
    assert.ok(status === 200 || status === 400);
    assert.equal(kept.has(`${'mpt'.charAt(index % 3)}${index}`), status === 200);
  }
});

test('what is to be written waits for a deletion that is under way, and is then refused', async () => {
  const id = await t.run();
  const writes: [path: string, body: object][] = [
    ['log-parameter', { key: 'p', value: '1' }],
    ['set-tag', { key: 't', value: '1' }],
    ['log-batch', { params: [{ key: 'q', value: '1' }], metrics: [{ key: 'm', value: 1, timestamp: 1 }] }],
    ['update', { status: 'FAILED' }],
  ];
  const before = await get(id);
  const client = new Client({ connectionString: t.databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ nspname: string }>("SELECT nspname FROM pg_namespace WHERE nspname ~ 'tracking'");
    await client.query(`SET search_path TO ${escapeIdentifier(rows[0]?.nspname ?? '')}`);
    await client.query('BEGIN');
    await client.query("UPDATE run SET lifecycle_stage = 'deleted' WHERE id = $1", [id]);
    const answers = Promise.all(writes.map(async ([path, body]) => (await t.ask('POST', `runs/${path}`, { run_id: id, ...body })).status));
    await waitUntil('all of them wait', 5000, async () => {
      const waiting = await client.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
      return waiting.rowCount === writes.length;
    });
    await client.query('COMMIT');
    assert.deepEqual(await answers, [400, 400, 400, 400]);
  } finally {
    await client.end();
  }
  const { info, data } = await get(id);
  assert.deepEqual([info.status, data], ['RUNNING', before.data]);
});
