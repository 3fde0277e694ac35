import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { GraphBuilder, scaler, writeModel } from '@mlab/onnx';
import { startTraining, type Json, type TestTraining } from './training-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTraining;
let dataset: string;

before(async () => {
  t = stack.use(
    await startTraining({
      MLAB_TRAINING_COMMANDS: 'true',
      MLAB_TRAINING_TRACKING_URI: 'http://tracking.test/mlflow',
      MLAB_TRAINING_GRACE_MS: '100',
    }),
  );
  dataset = await t.upload('a,b\n1,2\n3,4\n', 'flights.csv');
});
after(() => stack.disposeAsync());

const graph = new GraphBuilder();
graph.output('y', scaler(graph, graph.input('x', 'float'), { offset: [1], scale: [2] }));
const ONNX = writeModel(graph.build());

const node = (code: string): readonly string[] => [process.execPath, '-e', `const fs = require('fs'); const env = process.env; ${code}`];

async function run(command: readonly string[], more: object = {}): Promise<Json> {
  const { trainer = {}, ...spec } = more as { trainer?: object };
  const { id } = await t.must('POST /jobs', { dataset, experiment: 'flights', trainer: { command, ...trainer }, ...spec });
  return t.job(id, ({ state }) => state !== 'waiting' && state !== 'running');
}

const linesOf = async (id: string): Promise<string> => String((await t.api(`GET /jobs/${id}/logs?follow=false`)).body);

test('a program trains: it finds its data, its run and its folder, and the model that it leaves is logged and registered', async () => {
  const code = `
    console.log('DATA ' + JSON.stringify(fs.readFileSync(env.MLAB_DATASET, 'utf8')) + ' ' + env.MLAB_DATASET.split('/').pop());
    console.log('ENV ' + JSON.stringify(Object.keys(env).filter((name) => name.startsWith('ML') || /URL|PASS|DATABASE/.test(name)).sort()));
    console.log('TOLD ' + [env.MLFLOW_TRACKING_URI, env.MLAB_TARGET, env.MLAB_TASK, env.MLAB_PARAMS, env.MLAB_SEED, env.OWN, env.MLFLOW_RUN_ID].join(' '));
    console.error('a warning');
    fs.writeFileSync(env.MLAB_OUTPUT + '/model.onnx', Buffer.from('${Buffer.from(ONNX).toString('base64')}', 'base64'));`;
  const spec = { target: 'b', task: 'regression', params: { depth: 3 }, seed: 7, model: 'flights', tags: { team: 'a' } };
  const job = await run(node(code), { ...spec, trainer: { env: { OWN: 'x', MLFLOW_RUN_ID: 'not this' } } });
  assert.equal(job.state, 'succeeded', job.error);
  const { runId, modelId, model, version, modelBytes, modelSha256 } = job.result;
  assert.deepEqual([model, version, modelBytes, modelSha256], ['flights', 1, ONNX.length, createHash('sha256').update(ONNX).digest('hex')]);
  const lines = await linesOf(job.id);
  assert.match(lines, /DATA \\"a,b\\\\n1,2\\\\n3,4\\\\n\\" flights\.csv/);
  assert.match(lines, new RegExp(`TOLD http://tracking\\.test/mlflow b regression \\{\\\\"depth\\\\":3\\} 7 x ${runId}`));
  assert.doesNotMatch(lines, /DATABASE_URL|MLAB_HOME/);
  assert.match(lines, /"level":"warning","text":"a warning"/);
  const run1 = t.told.runs.get(runId);
  assert.deepEqual([run1?.status, [...(run1?.models ?? [])]], ['FINISHED', [modelId]]);
  const logged = t.told.models.get(modelId);
  assert.equal(logged?.status, 'READY');
  assert.deepEqual(logged.files.get('model.onnx'), Buffer.from(ONNX));
  const mlmodel = String(logged.files.get('MLmodel'));
  assert.match(mlmodel, /inputs: '\[\{"name":"x","type":"tensor","tensor-spec":\{"dtype":"float32","shape":\[-1,1\]\}\}\]'/);
  assert.deepEqual(t.told.versions.at(-1)?.source, `models:/${modelId}`);
});

test('a model that it has logged by MLflow is picked up, with its metrics', async () => {
  const id = `m-${'7'.repeat(32)}`;
  // In the place of MLflow's client, which would speak to tracking while the program runs.
  t.told.onCall = (operation) => {
    const run1 = [...t.told.runs.values()].at(-1);
    if (operation !== 'getRun' || run1 === undefined || run1.models.size > 0) return;
    run1.models.add(id);
    run1.metrics.push({ key: 'accuracy', value: 0.9, timestamp: 1, step: 0 }, { key: 'val_rmse', value: 2, timestamp: 1, step: 0 });
  };
  const job = await run(node(''), { model: 'elsewhere' });
  t.told.onCall = () => {};
  assert.equal(job.state, 'succeeded', job.error);
  assert.deepEqual([job.result.modelId, job.result.version], [id, 1]);
  assert.deepEqual(job.result.metrics, [
    { name: 'accuracy', value: 0.9, better: 'higher' },
    { name: 'val_rmse', value: 2, better: 'lower' },
  ]);
});

test('what goes wrong is told as it is, and nothing is registered', async () => {
  const before = t.told.versions.length;
  const rows: readonly (readonly [readonly string[], object, RegExp])[] = [
    [node('process.exit(4)'), {}, /^The command has failed\. It ended with code 4\.$/],
    [['no-such-program-here'], {}, /"no-such-program-here" cannot be started/],
    [node(''), {}, /left no model to register: log one by MLflow, or write model\.onnx/],
    [node(`fs.writeFileSync(env.MLAB_OUTPUT + '/model.onnx', 'not one')`), {}, /model\.onnx in MLAB_OUTPUT is no ONNX model/],
    [node(`fs.mkdirSync(env.MLAB_OUTPUT + '/model.onnx')`), {}, /must be a file/],
    [node('setInterval(() => {}, 1000)'), { trainer: { timeoutSeconds: 1 } }, /ended after 1 s, which is all it may take/],
  ];
  for (const [command, more, expected] of rows) {
    const job = await run(command, { model: 'broken', ...more });
    assert.equal(job.state, 'failed');
    assert.match(job.error, expected);
    assert.equal(job.attempts, 1);
  }
  assert.equal(t.told.versions.length, before);
});

test('a job that is cancelled ends its program', async () => {
  const { id } = await t.must('POST /jobs', {
    dataset,
    trainer: { command: node('console.log("PID " + process.pid); setInterval(() => {}, 1000)') },
  });
  let pid = 0;
  await t.until('it runs', async () => {
    pid = Number(/PID (\d+)/.exec(await linesOf(id))?.[1] ?? 0);
    return pid > 0;
  });
  await t.must(`POST /jobs/${id}/cancel`);
  await t.until('it has ended', () => {
    try {
      process.kill(pid, 0);
      return false;
    } catch {
      return true;
    }
  });
  const job = await t.job(id);
  assert.equal(job.state, 'cancelled');
});

test('one that leaves no model and names none has done what it was asked', async () => {
  const { state, result } = await run(node('console.log("fine")'));
  assert.equal(state, 'succeeded');
  assert.deepEqual([result.modelId, result.version, result.warnings], [undefined, undefined, ['The command has left no model.']]);
});

test('the bytes of a dataset can be fetched, for programs that run elsewhere', async () => {
  const answer = await fetch(`${t.url}/datasets/${dataset}/content`);
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), 'a,b\n1,2\n3,4\n');
  assert.match(answer.headers.get('content-disposition') ?? '', /flights\.csv/);
  assert.equal((await t.api('GET /datasets/nope/content')).status, 404);
});
