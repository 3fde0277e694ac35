import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { call, startArtifacts, type Came, type TestArtifacts } from './artifacts-for-test.ts';

let t: TestArtifacts;
let experiment: string;
before(async () => {
  t = await startArtifacts();
  experiment = (await t.post('experiments/create', { name: 'models' })).experiment_id;
});
after(() => t[Symbol.asyncDispose]());

const newRun = async (experiment_id = experiment): Promise<string> =>
  (await t.post('runs/create', { experiment_id, start_time: 1 })).run.info.run_id;
const newModel = async (more: object = {}): Promise<Came> => (await t.post('logged-models', { experiment_id: experiment, ...more })).model;
const pairs = (values: Readonly<Record<string, string>>) => Object.entries(values).map(([key, value]) => ({ key, value }));
const refused = async (method: string, path: string, body: unknown, status: number, code: string, said?: RegExp): Promise<void> => {
  const answer = await t.ask(method, path, body);
  assert.deepEqual([answer.status, answer.body.error_code], [status, code], `${method} ${path}: ${JSON.stringify(answer.body)}`);
  if (said !== undefined) assert.match(answer.body.message, said);
};

test('a model is created, filled, finished, read and deleted as MLflow’s client does it', async () => {
  const run = await newRun();
  const { info, data } = await newModel({
    name: 'model',
    model_type: 'classifier',
    source_run_id: run,
    params: pairs({ lr: '0.1' }),
    tags: pairs({ team: 'a' }),
  });
  const id: string = info.model_id;
  assert.match(id, /^m-[0-9a-f]{32}$/);
  const { creation_timestamp_ms, last_updated_timestamp_ms, ...rest } = info;
  assert.ok(Math.abs(creation_timestamp_ms - Date.now()) < 60_000 && last_updated_timestamp_ms === creation_timestamp_ms);
  assert.deepEqual(rest, {
    model_id: id,
    experiment_id: experiment,
    name: 'model',
    model_type: 'classifier',
    source_run_id: run,
    artifact_uri: `mlflow-artifacts:/${experiment}/models/${id}/artifacts`,
    status: 'LOGGED_MODEL_PENDING',
    tags: pairs({ team: 'a' }),
  });
  assert.deepEqual(data, { params: pairs({ lr: '0.1' }) });

  await t.post(`logged-models/${id}/params`, { model_id: id, params: pairs({ depth: '3', lr: '0.1' }) });
  await t.ask('PATCH', `logged-models/${id}/tags`, { tags: pairs({ team: 'b', 'a/b c': 'd' }) });
  assert.equal((await t.ask('DELETE', `logged-models/${id}/tags/a/b%20c`)).status, 200);
  await refused('DELETE', `logged-models/${id}/tags/a`, undefined, 404, 'RESOURCE_DOES_NOT_EXIST', /No tag with key 'a'/);
  const finished = await t.ask('PATCH', `logged-models/${id}`, { model_id: id, status: 'LOGGED_MODEL_READY' });
  assert.equal(finished.body.model.info.status, 'LOGGED_MODEL_READY');
  const { model } = await t.get(`logged-models/${id}`);
  assert.deepEqual([model.info.tags, model.data.params], [pairs({ team: 'b' }), pairs({ depth: '3', lr: '0.1' })]);
  assert.equal((await t.ask('PATCH', `logged-models/${id}`, { status: 3 })).body.model.info.status, 'LOGGED_MODEL_UPLOAD_FAILED');

  const typed = await t.app.client.getLoggedModel({ id }, call());
  assert.deepEqual(
    [typed.id, typed.status, typed.params, typed.tags, typed.sourceRunId],
    [id, 'UPLOAD_FAILED', { depth: '3', lr: '0.1' }, { team: 'b' }, run],
  );

  assert.deepEqual((await t.ask('DELETE', `logged-models/${id}`, { model_id: id })).body, {});
  await refused('GET', `logged-models/${id}`, undefined, 404, 'RESOURCE_DOES_NOT_EXIST', /Logged model with ID 'm-/);
  assert.equal((await t.get(`logged-models/${id}?allow_deleted=true`)).model.info.model_id, id);
  await assert.rejects(t.app.client.getLoggedModel({ id }, call()), /not found/);
});

test('what is wrong is named', async () => {
  const create = (body: object, status: number, code: string, said: RegExp) => refused('POST', 'logged-models', body, status, code, said);
  await create({}, 400, 'INVALID_PARAMETER_VALUE', /experiment_id/);
  await create({ experiment_id: '999999' }, 404, 'RESOURCE_DOES_NOT_EXIST', /No Experiment with id=999999/);
  for (const name of ['a/b', 'a:b', 'a.b', 'a%b', `a'b`, 'a"b'])
    await create({ experiment_id: experiment, name }, 400, 'INVALID_PARAMETER_VALUE', /Invalid model name/);
  await create({ experiment_id: experiment, name: 'x'.repeat(501) }, 400, 'INVALID_PARAMETER_VALUE', /'name' exceeds/);
  await create({ experiment_id: experiment, params: [{ key: '' }] }, 400, 'INVALID_PARAMETER_VALUE', /must not be empty/);
  await create({ experiment_id: experiment, params: [...pairs({ a: '1' }), ...pairs({ a: '2' })] }, 400, 'INVALID_PARAMETER_VALUE', /'a'/);
  const { info } = await newModel({ params: pairs({ a: '1' }) });
  assert.match(info.name, /^[a-z]+-[a-z]+-\d+$/);
  const id: string = info.model_id;
  const missing = `m-${'0'.repeat(32)}`;
  await refused(
    'POST',
    `logged-models/${id}/params`,
    { params: pairs({ a: '2' }) },
    400,
    'INVALID_PARAMETER_VALUE',
    /Changing param values/,
  );
  await refused('PATCH', `logged-models/${id}`, { status: 'DONE' }, 400, 'INVALID_PARAMETER_VALUE', /status/);
  await refused('PATCH', `logged-models/${id}`, { status: 0 }, 400, 'INVALID_PARAMETER_VALUE', /LOGGED_MODEL_PENDING/);
  for (const [method, path, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { status: 2 }],
    ['DELETE', '', undefined],
    ['PATCH', '/tags', { tags: [] }],
    ['DELETE', '/tags/x', undefined],
    ['POST', '/params', { params: [] }],
    ['GET', '/artifacts/directories', undefined],
    ['GET', '/artifacts/files?artifact_file_path=x', undefined],
  ] as const)
    await refused(method, `logged-models/${missing}${path}`, body, 404, 'RESOURCE_DOES_NOT_EXIST');
  await t.post('experiments/create', { name: 'dead' }).then(async ({ experiment_id }) => {
    await t.post('experiments/delete', { experiment_id });
    await create({ experiment_id }, 400, 'INVALID_PARAMETER_VALUE', /must be in the 'active' state/);
  });
});

test('metrics that a run logs for a model are kept with their dataset, each once', async () => {
  const [run, { info }] = [await newRun(), await newModel({ name: 'measured' })];
  const id: string = info.model_id;
  const metric = (key: string, value: unknown, step: number, more: object = {}) => ({
    key,
    value,
    step,
    timestamp: 5,
    model_id: id,
    ...more,
  });
  const onData = { dataset_name: 'iris', dataset_digest: 'abc' };
  await t.post('runs/log-metric', { run_id: run, ...metric('acc', 0.5, 1, onData) });
  const metrics = [
    metric('acc', 0.5, 1, onData),
    metric('acc', 0.7, 2),
    metric('loss', 'NaN', 1),
    { key: 'own', value: 1, timestamp: 5, step: 0 },
  ];
  for (let i = 0; i < 2; i++) await t.post('runs/log-batch', { run_id: run, metrics });
  const { data } = (await t.get(`logged-models/${id}`)).model;
  assert.deepEqual(data.metrics, [
    { key: 'acc', value: 0.5, timestamp: 5, step: 1, ...onData, model_id: id, run_id: run },
    { key: 'acc', value: 0.7, timestamp: 5, step: 2, model_id: id, run_id: run },
    { key: 'loss', value: 'NaN', timestamp: 5, step: 1, model_id: id, run_id: run },
  ]);
  const { run: whole } = await t.get(`runs/get?run_id=${run}`);
  assert.deepEqual(
    whole.data.metrics.map(({ key, value }: { key: string; value: unknown }) => [key, value]),
    [
      ['acc', 0.7],
      ['loss', 'NaN'],
      ['own', 1],
    ],
  );
  const lost = { run_id: run, metrics: [metric('acc', 1, 3), metric('acc', 1, 4, { model_id: `m-${'0'.repeat(32)}` })] };
  await refused('POST', 'runs/log-batch', lost, 404, 'RESOURCE_DOES_NOT_EXIST', /Logged model with ID/);
  assert.equal((await t.get(`logged-models/${id}`)).model.data.metrics.length, 3, 'all of a batch or nothing');
  const long = { run_id: run, ...metric('acc', 1, 9, { dataset_name: 'x'.repeat(501) }) };
  await refused('POST', 'runs/log-metric', long, 400, 'INVALID_PARAMETER_VALUE', /dataset_name/);
});

test('models are searched by all that they have, in every order, page by page', async () => {
  const { experiment_id } = await t.post('experiments/create', { name: 'search' });
  const run = await newRun(experiment_id);
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) {
    const { info } = await newModel({
      experiment_id,
      name: `m${n}`,
      model_type: n % 2 === 0 ? 'even' : undefined,
      source_run_id: n === 0 ? run : undefined,
      params: pairs({
        lr: `0.${n}`,
        note: 'x'.repeat(300) + n,
      }),
      tags: pairs({ stage: n < 3 ? 'Early' : 'late' }),
    });
    ids.push(info.model_id);
    const log = (key: string, value: unknown, step: number, more: object = {}) =>
      t.post('runs/log-metric', { run_id: run, key, value, step, timestamp: step, model_id: info.model_id, ...more });
    if (n < 4) await log('acc', n / 10, 1, { dataset_name: 'd', dataset_digest: n < 2 ? 'one' : 'two' });
    if (n === 0) await log('acc', 0.9, 2);
    if (n === 3) await log('acc', 'NaN', 3);
  }
  await t.ask('PATCH', `logged-models/${ids[1]}`, { status: 2 });
  const search = async (body: object): Promise<string[]> => {
    const { models = [] } = await t.post('logged-models/search', { experiment_ids: [experiment_id], ...body });
    return (models as { info: { name: string } }[]).map(({ info }) => info.name);
  };
  const cases: readonly (readonly [body: object, names: readonly string[]])[] = [
    [{}, ['m4', 'm3', 'm2', 'm1', 'm0']],
    [{ filter: "name = 'm1'" }, ['m1']],
    [{ filter: "attributes.name LIKE 'm%' AND model_type = 'even'" }, ['m4', 'm2', 'm0']],
    [{ filter: "name IN ('m1', 'm3')" }, ['m3', 'm1']],
    [{ filter: `source_run_id = '${run}'` }, ['m0']],
    [{ filter: `model_id != '${ids[0]}' AND experiment_id = '${experiment_id}'` }, ['m4', 'm3', 'm2', 'm1']],
    [{ filter: "status = 'READY'" }, ['m1']],
    [{ filter: "status IN ('LOGGED_MODEL_READY', 'FAILED')" }, ['m1']],
    [{ filter: "status != 'LOGGED_MODEL_READY'" }, ['m4', 'm3', 'm2', 'm0']],
    [{ filter: "params.lr = '0.2'" }, ['m2']],
    [{ filter: `params.note = '${'x'.repeat(300)}3'` }, ['m3']],
    [{ filter: "tags.stage ILIKE 'early'" }, ['m2', 'm1', 'm0']],
    [{ filter: "tags.stage LIKE 'early'" }, []],
    [{ filter: 'metrics.acc > 0.5' }, ['m0']],
    [{ filter: 'metrics.acc >= 0.2' }, ['m3', 'm2', 'm0']],
    [{ filter: 'metrics.none > 0' }, []],
    [{ filter: 'metrics.acc < 0.5', datasets: [{ dataset_name: 'd', dataset_digest: 'one' }] }, ['m1', 'm0']],
    [{ datasets: [{ dataset_name: 'd' }] }, ['m3', 'm2', 'm1', 'm0']],
    [{ datasets: [{ dataset_name: 'd', dataset_digest: 'two' }, { dataset_name: 'other' }] }, ['m3', 'm2']],
    [{ filter: "name = 'm0' OR NOT (params.lr != '0.4')" }, ['m4', 'm0']],
    [{ filter: 'creation_timestamp > 1 AND last_updated_timestamp > 1.5' }, ['m4', 'm3', 'm2', 'm1', 'm0']],
    [{ order_by: [{ field_name: 'name' }] }, ['m0', 'm1', 'm2', 'm3', 'm4']],
    [{ order_by: [{ field_name: 'metrics.acc', ascending: false }] }, ['m0', 'm2', 'm1', 'm3', 'm4']],
    [{ order_by: [{ field_name: 'metrics.acc' }] }, ['m1', 'm2', 'm0', 'm3', 'm4']],
    [{ order_by: [{ field_name: 'metrics.acc', dataset_name: 'd', dataset_digest: 'one' }] }, ['m0', 'm1', 'm4', 'm3', 'm2']],
    [{ order_by: [{ field_name: 'model_type' }, { field_name: 'creation_timestamp', ascending: true }] }, ['m0', 'm2', 'm4', 'm1', 'm3']],
  ];
  for (const [body, names] of cases) assert.deepEqual(await search(body), names, JSON.stringify(body));

  const first = await t.post('logged-models/search', { experiment_ids: [experiment_id], filter: "name LIKE 'm%'", max_results: 2 });
  assert.equal(first.models.length, 2);
  const page = (more: object) =>
    t.ask('POST', 'logged-models/search', {
      experiment_ids: [experiment_id],
      filter: "name LIKE 'm%'",
      max_results: 2,
      page_token: first.next_page_token,
      ...more,
    });
  const second = await page({});
  assert.deepEqual(
    second.body.models.map(({ info }: Came) => info.name),
    ['m2', 'm1'],
  );
  const third = await page({ page_token: second.body.next_page_token });
  assert.deepEqual([third.body.models.length, third.body.next_page_token], [1, undefined]);
  for (const [more, said] of [
    [{ filter: "name LIKE 'n%'" }, /^Filter string in the page token/],
    [{ experiment_ids: ['0'] }, /^Experiment IDs in the page token/],
    [{ order_by: [{ field_name: 'name' }] }, /^Order by in the page token/],
    [{ datasets: [{ dataset_name: 'd' }] }, /^Datasets in the page token/],
    [{ page_token: 'nonsense!' }, /Invalid page token/],
    [{ max_results: -1 }, /max_results/],
    [{ filter: 'name >' }, /./],
    [{ filter: 'params.a > 3' }, /Invalid compar/],
    [{ filter: "bogus.x = '1'" }, /Invalid entity type/],
    [{ order_by: [{ field_name: 'params.lr' }] }, /Only metrics are supported/],
    [{ order_by: [{ field_name: 'metrics.acc', dataset_digest: 'x' }] }, /dataset_name/],
    [{ datasets: [{ dataset_digest: 'x' }] }, /`dataset_name`/],
    [{ experiment_ids: ['abc'] }, /experiment ID/i],
  ] as const) {
    const { status, body } = await page({
      page_token: undefined,
      ...(String(said).includes('page token') ? { page_token: first.next_page_token } : {}),
      ...more,
    });
    assert.deepEqual([status, body.error_code], [400, 'INVALID_PARAMETER_VALUE'], JSON.stringify(more));
    assert.match(body.message, said);
  }
});

test('the files of a model, by its own routes and by URIs', async () => {
  const run = await newRun();
  const { info } = await newModel({ name: 'filed', source_run_id: run });
  const [id, uri]: [string, string] = [info.model_id, info.artifact_uri];
  const root = uri.replace('mlflow-artifacts:/', '');
  for (const [path, body] of [
    ['MLmodel', 'flavors'],
    ['data/a.bin', 'a'],
    ['data/b/c.bin', 'bc'],
  ] as const)
    await t.put(`${root}/${path}`, body);
  assert.deepEqual(await t.get(`logged-models/${id}/artifacts/directories`), {
    root_uri: uri,
    files: [
      { path: 'MLmodel', is_dir: false, file_size: 7 },
      { path: 'data', is_dir: true },
    ],
  });
  assert.deepEqual((await t.get(`logged-models/${id}/artifacts/directories?artifact_directory_path=data`)).files, [
    { path: 'data/a.bin', is_dir: false, file_size: 1 },
    { path: 'data/b', is_dir: true },
  ]);
  const file = await fetch(`${t.url}/ajax-api/2.0/mlflow/logged-models/${id}/artifacts/files?artifact_file_path=data/a.bin`);
  assert.deepEqual([file.headers.get('content-disposition'), await file.text()], ['attachment; filename=a.bin', 'a']);
  await refused('GET', `logged-models/${id}/artifacts/files`, undefined, 400, 'BAD_REQUEST', /artifact_file_path/);

  const { client } = t.app;
  for (const asked of [uri, `models:/${id}`, `models:/${id}/`, `runs:/${run}/filed`, `mlflow-artifacts://host:5000/${root}`]) {
    const { uri: resolved, items } = await client.listFiles({ uri: asked, limit: 10 }, call());
    assert.equal(resolved, uri, asked);
    assert.deepEqual(
      items.map(({ path, size }) => [path, size]),
      [
        ['MLmodel', 7],
        ['data/a.bin', 1],
        ['data/b/c.bin', 2],
      ],
    );
    assert.equal(items[2]?.sha256, createHash('sha256').update('bc').digest('hex'));
  }
  const below = await client.listFiles({ uri: `models:/${id}/data`, limit: 10 }, call());
  assert.deepEqual(
    below.items.map(({ path }) => path),
    ['a.bin', 'b/c.bin'],
  );
  const single = await client.listFiles({ uri: `models:/${id}/data/b/c.bin`, limit: 10 }, call());
  assert.deepEqual(
    single.items.map(({ path, size, contentType }) => [path, size, contentType]),
    [['', 2, 'application/octet-stream']],
  );
  const paths: string[] = [];
  for (let cursor: string | undefined, more = true; more;) {
    const page = await client.listFiles({ uri, limit: 1, ...(cursor === undefined ? {} : { cursor }) }, call());
    paths.push(...page.items.map(({ path }) => path));
    cursor = page.next;
    more = cursor !== undefined;
  }
  assert.deepEqual(paths, ['MLmodel', 'data/a.bin', 'data/b/c.bin']);

  const { body, fileName } = await client.getFile({ uri: `models:/${id}/data/b/c.bin` }, call());
  assert.deepEqual([fileName, Buffer.concat(await Array.fromAsync(body)).toString()], ['c.bin', 'bc']);
  // A file of the run itself comes before a model of this name.
  const { run: whole } = await t.get(`runs/get?run_id=${run}`);
  await t.put(`${whole.info.artifact_uri.replace('mlflow-artifacts:/', '')}/filed/own`, 'own');
  assert.deepEqual(
    (await client.listFiles({ uri: `runs:/${run}/filed`, limit: 10 }, call())).items.map(({ path }) => path),
    ['own'],
  );

  for (const [asked, said] of [
    ['s3://bucket/x', /expected mlflow-artifacts:/],
    ['models:/name/1', /registry knows names/],
    ['models:/m-1', /logged models/],
    ['/etc/passwd', /expected/],
    ['mlflow-artifacts://../x', /no host/],
    [`runs:/${'0'.repeat(32)}/x`, /not found/],
    [`models:/m-${'0'.repeat(32)}`, /not found/],
  ] as const)
    await assert.rejects(client.listFiles({ uri: asked, limit: 10 }, call()), said, asked);
  await assert.rejects(client.getFile({ uri: `models:/${id}/none` }, call()), /No such artifact/);
  await assert.rejects(client.getFile({ uri: 'mlflow-artifacts:/' }, call()), /names no file/);
  await assert.rejects(client.listFiles({ uri, limit: 10, cursor: 'x' }, call()), /cursor/);
});

test('what a run has used and made is told with it, and searched for', async () => {
  const { experiment_id } = await t.post('experiments/create', { name: 'links' });
  const [run, other] = [await newRun(experiment_id), await newRun(experiment_id)];
  const dataset = (name: string, digest: string, more: object = {}) => ({
    name,
    digest,
    source_type: 'http',
    source: '{"url":"https://x"}',
    ...more,
  });
  const context = (value: string) => pairs({ 'mlflow.data.context': value });
  const inputs = {
    run_id: run,
    datasets: [
      { dataset: dataset('train', 'a1', { schema: '{}', profile: '{"rows":3}' }), tags: context('training') },
      { dataset: dataset('test', 'b2') },
      { dataset: dataset('train', 'a1'), tags: context('again') },
    ],
    models: [{ model_id: 'm-1' }],
  };
  for (let i = 0; i < 2; i++) await t.post('runs/log-inputs', inputs);
  await t.post('runs/log-inputs', {
    run_id: other,
    datasets: [{ dataset: dataset('train', 'a1', { profile: 'changed' }), tags: context('eval') }],
  });
  const outputs = { run_id: run, models: [{ model_id: 'm-2', step: 3 }, { model_id: 'm-3' }] };
  for (let i = 0; i < 2; i++) await t.post('runs/outputs', outputs);
  const { run: whole } = await t.get(`runs/get?run_id=${run}`);
  assert.deepEqual(whole.inputs, {
    dataset_inputs: [
      { tags: context('training'), dataset: dataset('train', 'a1', { schema: '{}', profile: '{"rows":3}' }) },
      { dataset: dataset('test', 'b2') },
    ],
    model_inputs: [{ model_id: 'm-1' }],
  });
  assert.deepEqual(whole.outputs, {
    model_outputs: [
      { model_id: 'm-2', step: 3 },
      { model_id: 'm-3', step: 0 },
    ],
  });
  const search = async (filter: string): Promise<string[]> => {
    const { runs = [] } = await t.post('runs/search', { experiment_ids: [experiment_id], filter, order_by: ['attribute.start_time'] });
    return runs
      .map(({ info, inputs: used }: Came) => `${info.run_id === run ? 'run' : 'other'} ${used.dataset_inputs?.length ?? 0}`)
      .toSorted();
  };
  assert.deepEqual(await search("dataset.name = 'train'"), ['other 1', 'run 2']);
  assert.deepEqual(await search("dataset.digest = 'b2'"), ['run 2']);
  assert.deepEqual(await search("dataset.context = 'eval'"), ['other 1']);
  assert.deepEqual(await search("dataset.context LIKE 'train%' AND datasets.name = 'test'"), ['run 2']);

  const { dataset_summaries } = await t.post('experiments/search-datasets', { experiment_ids: [experiment_id] });
  assert.deepEqual(dataset_summaries, [
    { experiment_id, name: 'test', digest: 'b2' },
    { experiment_id, name: 'train', digest: 'a1', context: 'eval' },
    { experiment_id, name: 'train', digest: 'a1', context: 'training' },
  ]);
  assert.deepEqual(await t.post('experiments/search-datasets', { experiment_ids: ['424242'] }), {});
  const invalid = (path: string, body: object, said: RegExp) => refused('POST', path, body, 400, 'INVALID_PARAMETER_VALUE', said);
  await invalid('experiments/search-datasets', { experiment_ids: [] }, /at least one/);
  await invalid('experiments/search-datasets', { experiment_ids: Array.from({ length: 21 }, String) }, /more than 20/);
  await invalid('runs/log-inputs', { run_id: run, datasets: [{}] }, /dataset/);
  await invalid('runs/log-inputs', { run_id: run, datasets: [{ dataset: dataset('', 'x') }] }, /name/);
  await invalid('runs/log-inputs', { run_id: run, datasets: [{ dataset: dataset('x'.repeat(501), 'x') }] }, /'name' exceeds/);
  await invalid('runs/log-inputs', { run_id: run, datasets: [{ dataset: dataset('x', 'x'.repeat(37)) }] }, /'digest' exceeds/);
  await invalid(
    'runs/log-inputs',
    { run_id: run, datasets: [{ dataset: dataset('x', 'x', { source: 'x'.repeat(65_536) }) }] },
    /'source' exceeds/,
  );
  await invalid(
    'runs/log-inputs',
    { run_id: run, datasets: [{ dataset: dataset('x', 'x'), tags: pairs({ k: 'x'.repeat(501) }) }] },
    /'value' exceeds/,
  );
  await refused('POST', 'runs/log-inputs', { run_id: '0'.repeat(32), datasets: [] }, 404, 'RESOURCE_DOES_NOT_EXIST');
  await t.post('runs/delete', { run_id: other });
  await invalid('runs/outputs', { run_id: other, models: [{ model_id: 'm-1' }] }, /must be in the 'active' state/);
});

test('a model that a client before MLflow 3 logs stands in a tag of its run', async () => {
  const run = await newRun();
  const model = (path: string) =>
    JSON.stringify({
      artifact_path: path,
      flavors: { sklearn: { code: 1, config: { secret: 1 } } },
      utc_time_created: 't',
      run_id: run,
      model_uuid: 'u',
      more: 1,
    });
  await Promise.all(['a', 'b', 'c'].map((path) => t.post('runs/log-model', { run_id: run, model_json: model(path) })));
  const tag = (await t.get(`runs/get?run_id=${run}`)).run.data.tags.find(({ key }: Came) => key === 'mlflow.log-model.history');
  const history = JSON.parse(tag.value);
  assert.deepEqual(history.map(({ artifact_path }: Came) => artifact_path).toSorted(), ['a', 'b', 'c']);
  assert.deepEqual(history[0].flavors, { sklearn: { code: 1 } });
  assert.equal(history[0].more, undefined);
  const invalid = (model_json: string, said: RegExp) =>
    refused('POST', 'runs/log-model', { run_id: run, model_json }, 400, 'INVALID_PARAMETER_VALUE', said);
  await invalid('{', /Malformed model info/);
  await invalid('[]', /Malformed model info/);
  await invalid('{"flavors":{}}', /missing mandatory fields/);
  await invalid(JSON.stringify({ artifact_path: 'x', flavors: 1, utc_time_created: 't', run_id: run }), /flavors/);
});
