import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { AppError, rootCall } from '@mlab/kernel';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

const stack = new AsyncDisposableStack();
let t: TestTracking;

before(async () => {
  t = stack.use(await startTracking());
});
after(() => stack.disposeAsync());

const ask = async (path: string): Promise<{ readonly status: number; readonly body: Json }> => {
  const answer = await fetch(`${t.app.url}${path}`);
  return { status: answer.status, body: await answer.json() };
};

test('a run is given with its parameters, its tags and the latest of its metrics', async () => {
  const id = await t.run({ user_id: 'ada', run_name: 'typed', start_time: 5 });
  const params = ['__proto__', 'constructor', 'a/b c'].map((key) => ({ key, value: `${key} 😀` }));
  const metrics = [
    { key: 'm', value: 2, timestamp: 8, step: 1 },
    { key: 'm', value: 1, timestamp: 9, step: 0 },
    { key: 'nan', value: 'NaN', timestamp: 7, step: -1 },
    { key: 'vast', value: '-Infinity', timestamp: 7 },
  ];
  await t.post('runs/log-batch', { run_id: id, params, metrics, tags: [{ key: 'toString', value: '' }] });
  const expected = {
    id,
    experimentId: '0',
    name: 'typed',
    userId: 'ada',
    status: 'RUNNING',
    lifecycleStage: 'active',
    startTime: 5,
    artifactUri: `mlflow-artifacts:/0/${id}/artifacts`,
    params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
    tags: { 'mlflow.runName': 'typed', toString: '' },
    metrics: [
      { key: 'm', value: 2, timestamp: 8, step: 1 },
      { key: 'nan', value: 'NaN', timestamp: 7, step: -1 },
      { key: 'vast', value: -1.7976931348623157e308, timestamp: 7, step: 0 },
    ],
    models: [],
  };
  assert.deepEqual(await t.app.client.getRun({ id }, rootCall('test')), expected);
  assert.deepEqual(await ask(`/runs/${id}`), { status: 200, body: expected });
  await t.post('runs/update', { run_id: id, status: 'FINISHED', end_time: 99 });
  await t.post('runs/delete', { run_id: id });
  const { status, endTime, lifecycleStage } = await t.app.client.getRun({ id }, rootCall('test'));
  assert.deepEqual([status, endTime, lifecycleStage], ['FINISHED', 99, 'deleted']);
});

test('a run that is not there is not found, whatever its id', async () => {
  const hostile = ['nope', '..%2f..', '%00', 'a%00b', '%f0%9f%98%80', "'; DROP TABLE run; --", 'x'.repeat(3000), '%ff', '%ed%a0%80'];
  for (const id of hostile) {
    const { status, body } = await ask(`/runs/${id}`);
    assert.ok(status === 404 || status === 400, `${id}: ${status}`);
    assert.ok(typeof body.detail === 'string' && body.detail !== '', JSON.stringify(body));
  }
  await assert.rejects(
    t.app.client.getRun({ id: 'nope' }, rootCall('test')),
    (error) => AppError.is(error, 'not_found') && /Run with id=nope not found/.test(error.message),
  );
  await assert.rejects(
    t.app.client.getRun({ id: 'a\0b' }, rootCall('test')),
    (error) => AppError.is(error, 'not_found') || AppError.is(error, 'invalid'),
  );
});
