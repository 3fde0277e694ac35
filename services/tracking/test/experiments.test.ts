import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LONE_SURROGATE, startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;

before(async () => {
  t = stack.use(await startTracking());
});
after(() => stack.disposeAsync());

const create = async (name: string, more: object = {}): Promise<string> =>
  (await t.post('experiments/create', { name, ...more })).experiment_id;
const get = async (id: string): Promise<Json> => (await t.get(`experiments/get?experiment_id=${id}`)).experiment;

test('the default experiment is there from the start', async () => {
  const { creation_time, last_update_time, ...rest } = await get('0');
  assert.deepEqual(rest, {
    experiment_id: '0',
    name: 'Default',
    artifact_location: 'mlflow-artifacts:/0',
    lifecycle_stage: 'active',
  });
  assert.ok(creation_time <= Date.now() && creation_time === last_update_time);
});

test('an experiment is found by its id and by its name, with its tags', async () => {
  const before = Date.now();
  const tags = [{ key: 'team', value: 'vision' }, { key: 'empty' }, { key: 'team', value: 'speech' }];
  const id = await create('churn / €𝄞', { tags, artifact_location: 's3://bucket/models/' });
  assert.match(id, /^\d+$/);
  const found = await get(id);
  assert.ok(found.creation_time >= before && found.creation_time === found.last_update_time);
  assert.deepEqual(found, {
    experiment_id: id,
    name: 'churn / €𝄞',
    artifact_location: 's3://bucket/models',
    lifecycle_stage: 'active',
    creation_time: found.creation_time,
    last_update_time: found.creation_time,
    tags: [
      { key: 'empty', value: '' },
      { key: 'team', value: 'speech' },
    ],
  });
  const byName = await t.get(`experiments/get-by-name?experiment_name=${encodeURIComponent('churn / €𝄞')}`);
  assert.deepEqual(byName.experiment, found);
  assert.deepEqual((await get(`00${id}`)).experiment_id, id);
});

test('requests that are refused, with the words of MLflow', async () => {
  const id = await create('refusals');
  const missing = (name: string): RegExp =>
    new RegExp(`^400 INVALID_PARAMETER_VALUE Missing value for required parameter '${name}'\\. See the API docs`);
  const wrong = (shown: string, name: string, type: string): RegExp =>
    new RegExp(
      `^400 INVALID_PARAMETER_VALUE Invalid value ${shown} for parameter '${name}' supplied:  Hint: Value was of type '${type}'\\. See`,
    );
  const noKey = /^400 INVALID_PARAMETER_VALUE Invalid value "a;b" for parameter 'key' supplied: Names may only contain alphanumerics/;
  const noPath = /^400 INVALID_PARAMETER_VALUE .*must not resolve to other names.*would resolve to 'b'/;
  const none = /^404 RESOURCE_DOES_NOT_EXIST No Experiment with id=9999 exists$/;
  const notAnId = /^400 INVALID_PARAMETER_VALUE Invalid experiment ID 'abc'\. Experiment ID must be a valid integer\.$/;
  const noText = /^400 INVALID_PARAMETER_VALUE Invalid value .* for parameter '[a-z_[\].0-9]+' supplied: {2}Hint: It has /;
  const cases: [path: string, body: object | undefined, expected: RegExp][] = [
    ['experiments/create', {}, missing('name')],
    ['experiments/create', { name: '' }, missing('name')],
    ['experiments/create', { name: null }, missing('name')],
    ['experiments/create', { name: 5 }, wrong('5', 'name', 'int')],
    ['experiments/create', { name: ['x'] }, wrong('\\["x"\\]', 'name', 'list')],
    ['experiments/create', { name: 'x'.repeat(501) }, /'name' exceeds the maximum length of 500 characters$/],
    ['experiments/create', { name: 'a\0b' }, noText],
    ['experiments/create', { name: `a${LONE_SURROGATE}` }, noText],
    ['experiments/create', { name: 'new', tags: 'x' }, wrong('"x"', 'tags', 'str')],
    ['experiments/create', { name: 'new', tags: ['x'] }, wrong('"x"', 'tags\\[0\\]', 'str')],
    ['experiments/create', { name: 'new', tags: [{ value: 'x' }] }, /^400 INVALID_PARAMETER_VALUE Invalid value "" for parameter 'key'/],
    ['experiments/create', { name: 'new', tags: [{ key: 'a;b' }] }, noKey],
    ['experiments/create', { name: 'new', tags: [{ key: 'k'.repeat(251) }] }, /'key' exceeds the maximum length of 250 characters$/],
    ['experiments/create', { name: 'new', tags: [{ key: 'k', value: 'v'.repeat(20_001) }] }, /'value' exceeds .* 20000 characters$/],
    ['experiments/create', { name: 'new', tags: [{ key: 'k', value: 'a\0' }] }, noText],
    ['experiments/create', { name: 'refusals' }, /^400 RESOURCE_ALREADY_EXISTS Experiment\(name=refusals\) already exists\.$/],
    ['experiments/get', undefined, missing('experiment_id')],
    ['experiments/get?experiment_id=', undefined, missing('experiment_id')],
    ['experiments/get?experiment_id=abc', undefined, notAnId],
    ['experiments/get?experiment_id=9999', undefined, none],
    ['experiments/get?experiment_id=-1', undefined, /^404 RESOURCE_DOES_NOT_EXIST No Experiment with id=-1 exists$/],
    ['experiments/get?experiment_id=99999999999999999999', undefined, /^404 RESOURCE_DOES_NOT_EXIST No Experiment with id=9+ exists$/],
    ['experiments/get-by-name', undefined, missing('experiment_name')],
    ['experiments/get-by-name?experiment_name=nope', undefined, /^404 RESOURCE_DOES_NOT_EXIST Could not find experiment with name 'nope'$/],
    ['experiments/get-by-name?experiment_name=a%00b', undefined, noText],
    ['experiments/get-by-name?experiment_name=a%ff', undefined, /^400 INVALID_PARAMETER_VALUE .*not UTF-8/],
    ['experiments/update', { experiment_id: id }, missing('new_name')],
    ['experiments/update', { experiment_id: id, new_name: '' }, missing('new_name')],
    ['experiments/update', { new_name: 'x' }, missing('experiment_id')],
    ['experiments/update', { experiment_id: id, new_name: 'x'.repeat(501) }, /'name' exceeds the maximum length of 500 characters$/],
    [
      'experiments/update',
      { experiment_id: id, new_name: 'Default' },
      /^400 RESOURCE_ALREADY_EXISTS Experiment\(name=Default\) already exists\.$/,
    ],
    ['experiments/update', { experiment_id: '9999', new_name: 'x' }, none],
    ['experiments/update', { experiment_id: 'abc', new_name: 'x' }, notAnId],
    ['experiments/set-experiment-tag', { experiment_id: id }, missing('key')],
    ['experiments/set-experiment-tag', { key: 'k' }, missing('experiment_id')],
    ['experiments/set-experiment-tag', { experiment_id: id, key: 'a;b', value: 'v' }, noKey],
    ['experiments/set-experiment-tag', { experiment_id: id, key: 'a/../b', value: 'v' }, noPath],
    ['experiments/set-experiment-tag', { experiment_id: id, key: 'k', value: 5 }, wrong('5', 'value', 'int')],
    ['experiments/set-experiment-tag', { experiment_id: id, key: 'k', value: 'v'.repeat(20_001) }, /'value' exceeds .* 20000 characters$/],
    ['experiments/set-experiment-tag', { experiment_id: '9999', key: 'k', value: 'v' }, none],
    ['experiments/delete-experiment-tag', { experiment_id: id }, missing('key')],
    ['experiments/delete-experiment-tag', { experiment_id: '9999', key: 'k' }, none],
    [
      'experiments/delete-experiment-tag',
      { experiment_id: id, key: 'k' },
      new RegExp(`^404 RESOURCE_DOES_NOT_EXIST No tag with name: k in experiment with id ${id}$`),
    ],
    ['experiments/delete', {}, missing('experiment_id')],
    ['experiments/delete', { experiment_id: '9999' }, none],
    ['experiments/delete', { experiment_id: 'abc' }, notAnId],
    ['experiments/restore', { experiment_id: '9999' }, none],
    ['experiments/restore', { experiment_id: id }, new RegExp(`^404 RESOURCE_DOES_NOT_EXIST No Experiment with id=${id} exists$`)],
  ];
  for (const [path, body, expected] of cases) assert.match(await t.refusal(path, body), expected);
  assert.equal(await t.refusal('experiments/get-by-name?experiment_name=new').then((text) => text.slice(0, 3)), '404');
});

test('artifacts lie where a client can put them, and nowhere on this machine', async () => {
  const at = (artifact_location: string): Promise<string> => t.refusal('experiments/create', { name: 'located', artifact_location });
  for (const location of ['/tmp/x', 'file:///etc', 'mlruns', 'FILE:/x', 'javascript:alert(1)', 'runs:/x'])
    assert.match(await at(location), /^400 INVALID_PARAMETER_VALUE .*'artifact_location'.*expected a URI/, location);
  for (const location of [
    'mlflow-artifacts:/../x',
    's3://b/%2e%2e/x',
    's3://b/%252e%252e/x',
    's3://b\\..\\x',
    'mlflow-artifacts:/a%00b',
    's3://b/..',
  ])
    assert.match(await at(location), /^400 INVALID_PARAMETER_VALUE .*'artifact_location'.*leads out of its folder/, location);
  for (const location of ['s3://b/x#y', 's3://b/x?y', 's3://b/x;y'])
    assert.match(await at(location), /'artifact_location' URL can't include fragments or params\.$/, location);
  assert.match(await at(`s3://b/${'x'.repeat(2048)}`), /Invalid artifact path length.*2048 characters/);
  const kept = { 'mlflow-artifacts:/mine': 'mlflow-artifacts:/mine', 'S3://b/x//': 'S3://b/x', 'gs://b/a..b': 'gs://b/a..b' };
  for (const [location, expected] of Object.entries(kept)) {
    const id = await create(`located at ${location}`, { artifact_location: location });
    assert.equal((await get(id)).artifact_location, expected);
  }
  const id = await create('located by default', { artifact_location: '' });
  assert.equal((await get(id)).artifact_location, `mlflow-artifacts:/${id}`);
});

test('a name and a tag change, and the last change is told', async () => {
  const id = await create('first name');
  await t.post('experiments/update', { experiment_id: id, new_name: 'second name' });
  await t.post('experiments/set-experiment-tag', { experiment_id: id, key: 'note', value: 'one' });
  await t.post('experiments/set-experiment-tag', { experiment_id: id, key: 'note', value: 'two 😀' });
  await t.post('experiments/set-experiment-tag', { experiment_id: id, key: 'gone', value: 'x' });
  assert.deepEqual(await t.post('experiments/delete-experiment-tag', { experiment_id: id, key: 'gone' }), {});
  const { name, tags, creation_time, last_update_time } = await get(id);
  assert.deepEqual([name, tags], ['second name', [{ key: 'note', value: 'two 😀' }]]);
  assert.ok(last_update_time >= creation_time);
  await create('first name');
  assert.match(await t.refusal('experiments/create', { name: 'second name' }), /already exists\.$/);
});

test('a length is counted in characters, not in halves of them', async () => {
  const id = await create('😀'.repeat(500));
  assert.match(await t.refusal('experiments/create', { name: '😀'.repeat(501) }), /maximum length of 500 characters/);
  await t.post('experiments/set-experiment-tag', { experiment_id: id, key: 'long', value: '😀'.repeat(20_000) });
  assert.equal((await get(id)).tags[0].value, '😀'.repeat(20_000));
});

test('a deleted experiment takes its runs along, refuses all that writes, keeps its name, and comes back', async () => {
  const id = await create('short-lived');
  const [kept, alone] = [await t.run({ experiment_id: id }), await t.run({ experiment_id: id })];
  await t.post('runs/delete', { run_id: alone });
  await t.post('experiments/delete', { experiment_id: id });
  const stageOf = async (run: string): Promise<string> => (await t.get(`runs/get?run_id=${run}`)).run.info.lifecycle_stage;
  assert.equal((await get(id)).lifecycle_stage, 'deleted');
  assert.equal((await t.get('experiments/get-by-name?experiment_name=short-lived')).experiment.lifecycle_stage, 'deleted');
  assert.deepEqual([await stageOf(kept), await stageOf(alone)], ['deleted', 'deleted']);

  const inactive = new RegExp(
    `^400 INVALID_PARAMETER_VALUE The experiment ${id} must be in the 'active' state\\. Current state is deleted\\.$`,
  );
  assert.match(await t.refusal('experiments/set-experiment-tag', { experiment_id: id, key: 'k', value: 'v' }), inactive);
  assert.match(await t.refusal('experiments/delete-experiment-tag', { experiment_id: id, key: 'k' }), inactive);
  assert.match(await t.refusal('runs/create', { experiment_id: id }), inactive);
  assert.match(
    await t.refusal('experiments/update', { experiment_id: id, new_name: 'n' }),
    /^409 INVALID_STATE Cannot rename a non-active/,
  );
  assert.match(await t.refusal('experiments/delete', { experiment_id: id }), /^404 RESOURCE_DOES_NOT_EXIST/);
  assert.match(
    await t.refusal('experiments/create', { name: 'short-lived' }),
    new RegExp(
      `^400 RESOURCE_ALREADY_EXISTS Experiment\\(name=short-lived\\) already exists\\. It is deleted: restore the experiment ${id}`,
    ),
  );
  assert.match(
    await t.refusal('runs/log-metric', { run_id: kept, key: 'm', value: 1, timestamp: 1 }),
    /The run \S+ must be in the 'active' state/,
  );

  await t.post('experiments/restore', { experiment_id: id });
  assert.equal((await get(id)).lifecycle_stage, 'active');
  // As MLflow does, also the one that had been deleted by itself.
  assert.deepEqual([await stageOf(kept), await stageOf(alone)], ['active', 'active']);
  await t.post('runs/log-metric', { run_id: kept, key: 'm', value: 1, timestamp: 1 });
});

test('of many who create one name at once, one does', async () => {
  const answers = await Promise.all(Array.from({ length: 16 }, () => t.ask('POST', 'experiments/create', { name: 'contested' })));
  const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
  assert.deepEqual(statuses, [200, ...Array.from({ length: 15 }, () => 400)]);
  assert.ok(answers.every(({ status, body }) => status === 200 || body.error_code === 'RESOURCE_ALREADY_EXISTS'));
});

test('no run is created in an experiment while it is deleted', async () => {
  for (let round = 0; round < 4; round++) {
    const id = await create(`deleted under way ${round}`);
    const creating = Array.from({ length: 12 }, () => t.ask('POST', 'runs/create', { experiment_id: id }));
    const deleting = t.post('experiments/delete', { experiment_id: id });
    const answers = await Promise.all(creating);
    await deleting;
    assert.ok(answers.every(({ status }) => status === 200 || status === 400));
    assert.deepEqual(await t.post('runs/search', { experiment_ids: [id] }), {});
  }
});

test('a body may be encoded twice, have an unknown field, and names in camel case; it may not be anything but an object', async () => {
  const ask = async (body: string, contentType = 'application/json'): Promise<string> => {
    const answer = await fetch(`${t.url}/api/2.0/mlflow/experiments/create`, {
      method: 'POST',
      body,
      headers: { 'content-type': contentType },
    });
    return `${answer.status} ${await answer.text()}`;
  };
  assert.match(await ask(JSON.stringify(JSON.stringify({ name: 'twice' }))), /^200 \{"experiment_id":"\d+"\}$/);
  assert.match(await ask('{"name":"further","unknown":{"a":[1]},"artifactLocation":"s3://b/c"}'), /^200/);
  assert.equal((await t.get('experiments/get-by-name?experiment_name=further')).experiment.artifact_location, 's3://b/c');
  assert.match(await ask('{"name":"typed"}', 'application/json; charset=utf-8'), /^200/);
  assert.match(await ask('{"name":"x"}', 'text/plain'), /^400 .*Content-Type must be one of \['application\/json'\]/);
  assert.match(await ask('{"name":"x","artifact_location":"s3://a","artifactLocation":"s3://b"}'), /^400 .*specifies both/);
  for (const body of ['[]', '5', '"x"', '{', '', 'null', '{"name":"x"', '{"name":\u0000}']) assert.match(await ask(body), /^400 /, body);
  const invalid = new Uint8Array([...new TextEncoder().encode('{"name":"'), 0xff, ...new TextEncoder().encode('"}')]);
  const answer = await fetch(`${t.url}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    body: invalid,
    headers: { 'content-type': 'application/json' },
  });
  assert.equal(answer.status, 400);
});

test('the beginning that the pages of MLflow ask below stands for the same', async () => {
  const answer = await fetch(`${t.url}/ajax-api/2.0/mlflow/experiments/get?experiment_id=0`);
  assert.equal(answer.status, 200);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/json/);
});
