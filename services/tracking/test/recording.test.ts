import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { rootCall, type CallMeta } from '@mlab/kernel';
import { startTracking, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;

before(async () => {
  t = stack.use(await startTracking());
});
after(() => stack.disposeAsync());

const call = (): CallMeta => rootCall('test');
const nothing = { metrics: [], params: [], tags: [], datasets: [], models: [] };
const ID = 'c0ffee00c0ffee00c0ffee00c0ffee00';
const MODEL = `m-${ID}`;

async function* bytes(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function begin(experimentId: string, id: string): Promise<unknown> {
  const run = { id, experimentId, name: 'trained', userId: 'ada', status: 'RUNNING' as const, startTime: 5, params: [], tags: [] };
  return t.app.client.importRun(run, call());
}

test('an experiment is made once, however many ask for it at the same time', async () => {
  const asked = await Promise.all(Array.from({ length: 8 }, () => t.app.client.ensureExperiment({ name: 'flights' }, call())));
  assert.equal(new Set(asked.map(({ id }) => id)).size, 1);
  assert.equal(asked.filter(({ created }) => created).length, 1);
  await t.post('experiments/delete', { experiment_id: asked[0]?.id });
  await assert.rejects(t.app.client.ensureExperiment({ name: 'flights' }, call()), { code: 'conflict', message: /'flights' is deleted/ });
});

test('a job that begins anew says it all again, and nothing is there twice', async () => {
  const { client } = t.app;
  const { id: experiment } = await client.ensureExperiment({ name: 'penguins' }, call());
  const dataset = {
    name: 'penguins.csv',
    digest: 'abc',
    sourceType: 'local',
    source: '{"uri":"penguins.csv"}',
    tags: [{ key: 'mlflow.data.context', value: 'training' }],
  };
  await begin(experiment, ID);
  for (let attempt = 0; attempt < 2; attempt++) {
    await client.importLoggedModel(
      {
        id: MODEL,
        experimentId: experiment,
        name: 'model',
        status: 'PENDING',
        sourceRunId: ID,
        createdAt: 5,
        updatedAt: 5,
        params: [],
        tags: [],
      },
      call(),
    );
    await client.logToRun(
      {
        id: ID,
        metrics: [
          { key: 'loss', value: 0.5, timestamp: 7, step: 1 },
          { key: 'loss', value: 'NaN', timestamp: 8, step: 2 },
        ],
        params: [{ key: '__proto__', value: '1' }],
        tags: [{ key: 'a', value: 'b' }],
        datasets: [dataset],
        models: [{ id: MODEL, step: 0 }],
      },
      call(),
    );
    await client.putFile({ uri: `models:/${MODEL}/model.onnx`, body: bytes('on', 'nx') }, call());
    await client.putFile({ uri: `runs:/${ID}/report.html`, body: bytes('<p>') }, call());
  }
  await client.setLoggedModelStatus({ id: MODEL, status: 'READY' }, call());
  await client.setRunStatus({ id: ID, status: 'FINISHED', endTime: 99 }, call());
  const { run } = (await t.get(`runs/get?run_id=${ID}`)) as { run: { info: object; inputs: object; outputs: object } };
  assert.deepEqual(run.inputs, {
    dataset_inputs: [
      { dataset: { name: 'penguins.csv', digest: 'abc', source_type: 'local', source: '{"uri":"penguins.csv"}' }, tags: dataset.tags },
    ],
  });
  assert.deepEqual(run.outputs, { model_outputs: [{ model_id: MODEL, step: 0 }] });
  const whole = await client.getRun({ id: ID }, call());
  assert.deepEqual(whole.models, [MODEL]);
  assert.deepEqual(
    [whole.status, whole.endTime, whole.params, whole.metrics],
    ['FINISHED', 99, Object.fromEntries([['__proto__', '1']]), [{ key: 'loss', value: 'NaN', timestamp: 8, step: 2 }]],
  );
  const history = (await t.get(`metrics/get-history?run_id=${ID}&metric_key=loss`)) as { metrics: unknown[] };
  assert.equal(history.metrics.length, 2);
  assert.equal((await client.getLoggedModel({ id: MODEL }, call())).status, 'READY');
  const { items } = await client.listFiles({ uri: `models:/${MODEL}`, limit: 10 }, call());
  assert.deepEqual(
    items.map(({ path, size }) => [path, size]),
    [['model.onnx', 4]],
  );
});

test('what cannot be written is refused, and what belongs to it is not written either', async () => {
  const { client } = t.app;
  const { id: experiment } = await client.ensureExperiment({ name: 'refused' }, call());
  const id = 'dddddddddddddddddddddddddddddddd';
  await begin(experiment, id);
  const params = [{ key: 'depth', value: '3' }];
  await client.logToRun({ id, ...nothing, params }, call());
  const changed = client.logToRun({ id, ...nothing, params: [{ key: 'depth', value: '4' }], tags: [{ key: 'seen', value: '' }] }, call());
  await assert.rejects(changed, { code: 'invalid', message: /Changing param values is not allowed/ });
  assert.equal((await client.getRun({ id }, call())).tags['seen'], undefined);
  await assert.rejects(client.logToRun({ id: 'nope', ...nothing, params }, call()), { code: 'not_found' });
  await assert.rejects(client.setRunStatus({ id: 'nope', status: 'FINISHED' }, call()), { code: 'not_found' });
  await assert.rejects(client.setLoggedModelStatus({ id: 'm-nope', status: 'READY' }, call()), { code: 'not_found' });
  for (const uri of [
    `runs:/${id}/../../x`,
    `runs:/${id}`,
    'mlflow-artifacts:/',
    'file:///etc/passwd',
    's3://bucket/x',
    `models:/${MODEL}/%2e%2e/x`,
  ])
    await assert.rejects(client.putFile({ uri, body: bytes('x') }, call()), { code: 'invalid' }, uri);
  const broken = (async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from('half');
    throw new Error('the sender has gone');
  })();
  await assert.rejects(client.putFile({ uri: `runs:/${id}/half`, body: broken }, call()), /the sender has gone/);
  assert.deepEqual((await client.listFiles({ uri: `runs:/${id}`, limit: 10 }, call())).items, []);
});
