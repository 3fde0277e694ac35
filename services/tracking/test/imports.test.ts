import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTracking, type Json, type TestTracking } from './tracking-for-test.ts';

let tracking: TestTracking;
before(async () => (tracking = await startTracking()));
after(() => tracking[Symbol.asyncDispose]());

const ID = 'a'.repeat(32);
const MODEL = `m-${'b'.repeat(32)}`;
const RUN = {
  experimentId: '0',
  name: 'brought',
  userId: 'ann',
  status: 'FAILED',
  startTime: 1000,
  endTime: 2000,
  params: [
    { key: 'lr', value: '0.1' },
    { key: '__proto__', value: 'p' },
  ],
  tags: [{ key: 'mlflow.runName', value: 'brought' }],
};
const LOGGED_MODEL = {
  experimentId: '0',
  name: 'model',
  status: 'READY',
  modelType: 'tree',
  sourceRunId: ID,
  createdAt: 1500,
  updatedAt: 1600,
  params: [{ key: 'lr', value: '0.1' }],
  tags: [{ key: 'team', value: 'red' }],
};

async function put(path: string, body: object): Promise<{ readonly status: number; readonly body: Json }> {
  const answer = await fetch(tracking.app.url + path, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: answer.status, body: await answer.json() };
}

test('a run keeps its id, its times, its status, its parameters and its tags', async () => {
  const created = await put(`/runs/${ID}`, RUN);
  assert.equal(created.status, 200, JSON.stringify(created.body));
  assert.deepEqual(created.body, {
    outcome: 'created',
    lifecycleStage: 'active',
    artifactUri: `mlflow-artifacts:/0/${ID}/artifacts`,
    metrics: [],
  });
  const { run } = await tracking.get(`runs/get?run_id=${ID}`);
  assert.deepEqual(run.info, {
    run_uuid: ID,
    run_id: ID,
    run_name: 'brought',
    experiment_id: '0',
    user_id: 'ann',
    status: 'FAILED',
    start_time: 1000,
    end_time: 2000,
    artifact_uri: `mlflow-artifacts:/0/${ID}/artifacts`,
    lifecycle_stage: 'active',
  });
  assert.deepEqual(run.data, { params: [RUN.params[1], RUN.params[0]], tags: RUN.tags });
});

test('bringing it again changes nothing, and says what is there already', async () => {
  const metric = (key: string, step: number) => ({ key, value: 1, timestamp: 1, step });
  await tracking.post('runs/log-batch', { run_id: ID, metrics: [metric('a', 1), metric('a', 2), metric('b', 1)] });
  const again = await put(`/runs/${ID}`, { ...RUN, params: RUN.params.toReversed() });
  assert.equal(again.body.outcome, 'same');
  assert.deepEqual(again.body.metrics, [
    { key: 'a', values: 2 },
    { key: 'b', values: 1 },
  ]);
  await tracking.post('runs/delete', { run_id: ID });
  assert.equal((await put(`/runs/${ID}`, RUN)).body.lifecycleStage, 'deleted');
  await tracking.post('runs/restore', { run_id: ID });
});

test('an id that stands for something else is refused with what differs, and what is there stays', async () => {
  const other = await put(`/runs/${ID}`, {
    ...RUN,
    status: 'FINISHED',
    endTime: undefined,
    tags: [],
    params: [{ key: 'lr', value: '0.2' }],
  });
  assert.equal(other.status, 409);
  assert.equal(
    other.body.detail,
    `The run ${ID} is here already with other content: status is "FAILED" here and "FINISHED" there; end time is 2000 here and missing there; params differ: __proto__, lr; tags differ: mlflow.runName.`,
  );
  assert.equal((await put(`/runs/${ID}`, RUN)).body.outcome, 'same');
});

test('many who bring the same run at once bring it once', async () => {
  const id = 'c'.repeat(32);
  const answers = await Promise.all(Array.from({ length: 8 }, () => put(`/runs/${id}`, RUN)));
  assert.deepEqual(answers.map(({ body }) => body.outcome as string).toSorted(), ['created', ...Array.from({ length: 7 }, () => 'same')]);
});

test('what MLflow would refuse is refused, and nothing of it is kept', async () => {
  const id = 'd'.repeat(32);
  const long = { key: 'long', value: 'x'.repeat(2_000_000) };
  for (const [path, body, status, said] of [
    [`/runs/${id}`, { ...RUN, experimentId: '77' }, 404, /No Experiment with id=77/],
    [`/runs/${id}`, { ...RUN, params: [{ key: '../x', value: '' }] }, 400, /params\[0\]\.key/],
    [`/runs/${id}`, { ...RUN, tags: [{ key: 'a//b', value: '' }] }, 400, /tags\[0\]\.key/],
    [`/runs/${id}`, { ...RUN, status: 'DONE' }, 400, /status/],
    [`/runs/${id}`, { ...RUN, startTime: -1 }, 400, /startTime/],
    ['/runs/.hidden', RUN, 400, /run_id/],
    ['/logged-models/m-1', LOGGED_MODEL, 400, /id/],
    [`/logged-models/${MODEL}`, { ...LOGGED_MODEL, name: 'a/b' }, 400, /Invalid model name/],
    [`/logged-models/${MODEL}`, { ...LOGGED_MODEL, experimentId: '77' }, 404, /No Experiment/],
  ] as const) {
    const answer = await put(path, body);
    assert.equal(answer.status, status, `${path}: ${JSON.stringify(answer.body)}`);
    assert.match(answer.body.detail as string, said);
  }
  assert.equal((await tracking.ask('GET', `runs/get?run_id=${id}`)).status, 404);
  // Long values are cut as everywhere, also when it comes again.
  assert.equal((await put(`/runs/${id}`, { ...RUN, params: [long] })).body.outcome, 'created');
  assert.equal((await put(`/runs/${id}`, { ...RUN, params: [long] })).body.outcome, 'same');
});

test('a logged model keeps its id and its times, and is the same when its tags have changed here', async () => {
  assert.deepEqual((await put(`/logged-models/${MODEL}`, LOGGED_MODEL)).body, {
    outcome: 'created',
    lifecycleStage: 'active',
    artifactUri: `mlflow-artifacts:/0/models/${MODEL}/artifacts`,
  });
  const { model } = await tracking.get(`logged-models/${MODEL}`);
  assert.deepEqual(
    [
      model.info.model_id,
      model.info.status,
      model.info.creation_timestamp_ms,
      model.info.last_updated_timestamp_ms,
      model.info.source_run_id,
    ],
    [MODEL, 'LOGGED_MODEL_READY', 1500, 1600, ID],
  );
  await tracking.ask('PATCH', `logged-models/${MODEL}/tags`, { tags: [{ key: 'mlflow.modelVersions', value: '[]' }] });
  assert.equal((await put(`/logged-models/${MODEL}`, LOGGED_MODEL)).body.outcome, 'same');
  const other = await put(`/logged-models/${MODEL}`, { ...LOGGED_MODEL, status: 'PENDING', params: [] });
  assert.equal(other.status, 409);
  assert.match(other.body.detail as string, /status is "READY" here and "PENDING" there; params differ: lr/);
  await tracking.ask('DELETE', `logged-models/${MODEL}`);
  assert.equal((await put(`/logged-models/${MODEL}`, LOGGED_MODEL)).body.lifecycleStage, 'deleted');
});
