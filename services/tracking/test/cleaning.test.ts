import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { CleanOrder, CleanReport } from '@mlab/contracts/tracking-storage';
import { openObjectsFacility } from '@mlab/objects';
import { systemClock } from '@mlab/kernel';
import { testOwner } from '@mlab/sql/testing';
import { call, startArtifacts, storedKeys, until, type TestArtifacts } from './artifacts-for-test.ts';

const NOTHING = {
  dryRun: false,
  experiments: 0,
  runs: 0,
  loggedModels: 0,
  traces: 0,
  metrics: 0,
  files: 0,
  uploads: 0,
  orphans: 0,
  bytes: 0,
};
const DAY_MS = 86_400_000;

let t: TestArtifacts;
before(async () => {
  t = await startArtifacts();
});
after(() => t[Symbol.asyncDispose]());

async function clean(order: CleanOrder): Promise<CleanReport> {
  const { id } = await t.app.client.clean(order, call());
  let found: Awaited<ReturnType<typeof t.app.client.cleaning>> | undefined;
  await until(async () => {
    found = await t.app.client.cleaning({ id }, call());
    return found.state === 'succeeded' || found.state === 'failed';
  }, 'the cleaning ends');
  assert.equal(found?.state, 'succeeded', JSON.stringify(found));
  return found?.report as CleanReport;
}

const newExperiment = async (name: string, artifact_location?: string): Promise<string> =>
  (await t.post('experiments/create', { name, artifact_location })).experiment_id;

interface Made {
  readonly id: string;
  readonly root: string;
}

/** With 3 values, a parameter, a tag, an input, an output and 2 files of 1,000 bytes each. */
async function newRun(experiment_id: string): Promise<Made> {
  const { info } = (await t.post('runs/create', { experiment_id, start_time: 1, tags: [{ key: 'a', value: 'b' }] })).run;
  const run_id: string = info.run_id;
  const metrics = [0, 1, 2].map((step) => ({ key: 'm', value: step, timestamp: step, step }));
  await t.post('runs/log-batch', { run_id, metrics, params: [{ key: 'p', value: '1' }] });
  await t.post('runs/log-inputs', { run_id, datasets: [{ dataset: { name: 'd', digest: 'x' }, tags: [{ key: 'k', value: 'v' }] }] });
  await t.post('runs/outputs', { run_id, models: [{ model_id: 'm-x' }] });
  const root = String(info.artifact_uri).replace('mlflow-artifacts:/', '');
  for (const path of ['a', 'b/c']) assert.equal(await t.put(`${root}/${path}`, Buffer.alloc(1000)), 200);
  return { id: run_id, root };
}

async function newModel(experiment_id: string, run_id: string): Promise<Made> {
  const { info } = (await t.post('logged-models', { experiment_id, source_run_id: run_id, params: [{ key: 'p', value: '1' }] })).model;
  await t.post('runs/log-metric', { run_id, key: 'acc', value: 1, timestamp: 1, model_id: info.model_id });
  const root = String(info.artifact_uri).replace('mlflow-artifacts:/', '');
  assert.equal(await t.put(`${root}/MLmodel`, Buffer.alloc(500)), 200);
  return { id: info.model_id, root };
}

const deleteRun = (run: Made) => t.post('runs/delete', { run_id: run.id });
const isThere = async (run: Made): Promise<boolean> => (await t.ask('GET', `runs/get?run_id=${run.id}`)).status === 200;
/** As if it had been deleted so long ago. */
const age = (table: 'run' | 'logged_model', { id }: Made, days: number) =>
  t.query(`UPDATE ${table} SET deleted_ms = deleted_ms - ${days * DAY_MS} WHERE id = '${id}'`);

test('what was deleted long enough ago goes with all that it had, and nothing else does', async () => {
  const experiment = await newExperiment('runs');
  const [old, young, kept] = [await newRun(experiment), await newRun(experiment), await newRun(experiment)];
  for (const run of [old, young]) await deleteRun(run);
  await age('run', old, 31);
  const [model, keptModel] = [await newModel(experiment, kept.id), await newModel(experiment, kept.id)];
  await t.ask('DELETE', `logged-models/${model.id}`);
  await age('logged_model', model, 31);
  const before = await t.checkBooks();

  const expected = { ...NOTHING, runs: 1, loggedModels: 1, metrics: 4, files: 3, bytes: 2500 };
  assert.deepEqual(await clean({ dryRun: true }), { ...expected, dryRun: true });
  assert.deepEqual(await t.checkBooks(), before, 'a dry run touches nothing');
  assert.deepEqual(await clean({ dryRun: true, experimentIds: ['0'] }), { ...NOTHING, dryRun: true });
  assert.deepEqual(await clean({ experimentIds: ['0'] }), NOTHING);
  assert.deepEqual(await clean({}), expected);
  assert.deepEqual(await clean({}), NOTHING);

  assert.equal((await t.ask('GET', `runs/get?run_id=${old.id}`)).body.error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await t.ask('POST', 'runs/restore', { run_id: old.id })).status, 404);
  assert.equal((await t.ask('GET', `logged-models/${model.id}?allow_deleted=true`)).status, 404);
  const after = await t.checkBooks();
  assert.deepEqual([before.bytes - after.bytes, before.files - after.files], [2500, 3]);
  assert.deepEqual([await t.list(old.root), await t.list(young.root), await t.list(kept.root)], [[], ['a', 'b/'], ['a', 'b/']]);
  assert.deepEqual([await t.list(model.root), await t.list(keptModel.root)], [[], ['MLmodel']]);
  await t.post('runs/restore', { run_id: young.id });
  assert.equal((await t.get(`metrics/get-history?run_id=${young.id}&metric_key=m`)).metrics.length, 3);
  for (const table of ['metric', 'latest_metric', 'param', 'tag', 'run_dataset', 'run_model', 'logged_model_metric'])
    assert.deepEqual(await t.query(`SELECT 1 FROM ${table} WHERE run_no NOT IN (SELECT no FROM run)`), [], table);
});

test('an experiment goes with its runs, models, traces and files, and its name is free; one that shares its folder keeps it', async () => {
  const gone = await newExperiment('gone');
  const [run, deleted] = [await newRun(gone), await newRun(gone)];
  await deleteRun(deleted);
  await newModel(gone, run.id);
  await t.put(`${gone}/traces/tr-1/artifacts/traces.json`, Buffer.alloc(100));
  await t.query(
    `INSERT INTO trace (id, experiment_id, start_ms, state, tags, metadata) VALUES ('tr-1', ${gone}, 1, 'OK', '{}', '{}'), ('tr-2', ${gone}, 1, 'OK', '{}', '{}')`,
  );
  const host = await newExperiment('host');
  const guest = await newExperiment('guest', `mlflow-artifacts:/${host}/guests`);
  const [hostRun, guestRun] = [await newRun(host), await newRun(guest)];
  await t.put(`${host}/stray`, Buffer.alloc(10));
  for (const experiment_id of [gone, host]) await t.post('experiments/delete', { experiment_id });
  await t.query(`UPDATE experiment SET updated_ms = updated_ms - ${40 * DAY_MS} WHERE id IN (${gone}, ${host})`);

  // Only these: their runs were deleted today, and go with them all the same.
  const expected = { ...NOTHING, experiments: 2, runs: 3, loggedModels: 1, traces: 2, metrics: 11, files: 8, bytes: 6600 };
  assert.deepEqual(await clean({ dryRun: true }), { ...expected, dryRun: true });
  assert.deepEqual(await clean({}), expected);
  for (const id of [gone, host]) {
    assert.equal((await t.ask('GET', `experiments/get?experiment_id=${id}`)).status, 404);
    assert.equal((await t.ask('POST', 'experiments/restore', { experiment_id: id })).status, 404);
  }
  assert.equal((await t.ask('GET', 'experiments/get-by-name?experiment_name=gone')).status, 404);
  assert.notEqual(await newExperiment('gone'), gone);
  assert.deepEqual(await t.list(gone), []);
  assert.deepEqual(await t.list(host), ['guests/', 'stray']);
  assert.deepEqual([await t.list(hostRun.root), await t.list(guestRun.root)], [[], ['a', 'b/']]);
  assert.deepEqual(await t.query(`SELECT 1 FROM trace WHERE experiment_id = ${gone}`), []);
  await t.checkBooks();
  await t.post('experiments/delete', { experiment_id: '0' });
  await t.query('UPDATE experiment SET updated_ms = 0 WHERE id = 0');
  assert.deepEqual(await clean({}), NOTHING, 'the first experiment stays');
  await t.post('experiments/restore', { experiment_id: '0' });
});

test('an upload to a run that is removed is refused, also when it had begun before', async () => {
  const run = await newRun('0');
  await deleteRun(run);
  await age('run', run, 31);
  let sendRest = (): void => {};
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(Buffer.alloc(100_000));
      sendRest = () => {
        controller.enqueue(Buffer.alloc(10));
        controller.close();
      };
    },
  });
  const before = (await storedKeys(t.home)).length;
  const upload = t.send('PUT', `artifacts/${run.root}/late`, { body, duplex: 'half' });
  await until(async () => (await storedKeys(t.home)).length > before, 'the upload is under way');
  assert.equal((await clean({})).runs, 1);
  sendRest();
  const { status, body: said } = await upload;
  assert.equal(status, 404);
  assert.match(said.toString(), /has been removed/);
  assert.equal(await t.put(`${run.root}/later`, 'x'), 404);
  await t.checkBooks();
});

test('an upload that is being committed while its run is removed is removed with it', async () => {
  const run = await newRun('0');
  await deleteRun(run);
  await age('run', run, 31);
  const folder = run.root.replace('/artifacts', '');
  // As an upload has it just before its end.
  await t.query(`BEGIN; SELECT pg_advisory_xact_lock_shared(hashtextextended('${folder}', 7))`);
  await t.query(`INSERT INTO artifact (folder, name, object_key, size, sha256, content_type, modified_ms) VALUES ('${run.root}', 'late', 'late', 7, '', '', 0);
    UPDATE artifact_usage SET bytes = bytes + 7, files = files + 1 WHERE (top, shard) = (SELECT top, shard FROM artifact_usage WHERE top = '0' LIMIT 1)`);
  const cleaning = clean({});
  await until(
    async () => (await t.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`)).length > 0,
    'the cleaning waits for it',
  );
  await t.query('COMMIT');
  assert.deepEqual(await cleaning, { ...NOTHING, runs: 1, metrics: 3, files: 3, bytes: 2007 });
  assert.deepEqual(await t.list(run.root), []);
  await t.checkBooks();
});

test('an experiment that is restored while it is marked for removal stays removed', async () => {
  const experiment_id = await newExperiment('too late');
  await t.post('experiments/delete', { experiment_id });
  await t.query(`BEGIN; UPDATE experiment SET removing = true WHERE id = ${experiment_id}`);
  const restoring = t.ask('POST', 'experiments/restore', { experiment_id });
  await until(async () => (await t.query(`SELECT 1 FROM pg_locks WHERE NOT granted`)).length > 0, 'restoring waits');
  await t.query('COMMIT');
  assert.equal((await restoring).body.error_code, 'RESOURCE_DOES_NOT_EXIST');
  assert.equal((await clean({})).experiments, 1);
});

test('restored at the same moment a run is there with all that it had, or it is gone with all of it', async () => {
  const runs = await Promise.all(Array.from({ length: 16 }, () => newRun('0')));
  for (const run of runs) await deleteRun(run);
  await t.query(`UPDATE run SET deleted_ms = 1 WHERE lifecycle_stage = 'deleted'`);
  const beingRestored = runs[0] as Made;
  // Somebody has begun to restore it, and is not done yet.
  await t.query(`BEGIN; UPDATE run SET lifecycle_stage = 'active', deleted_ms = NULL WHERE id = '${beingRestored.id}'`);
  const cleaning = clean({});
  const restored = await Promise.all(
    runs.slice(1).map(async (run, index) => {
      await delay(index * 10);
      return (await t.ask('POST', 'runs/restore', { run_id: run.id })).status === 200;
    }),
  );
  const report = await cleaning;
  await t.query('COMMIT');
  for (const [index, run] of runs.entries()) {
    const values = await t.query(`SELECT 1 FROM metric JOIN run ON no = run_no WHERE id = '${run.id}'`);
    const whole = [await isThere(run), (await t.list(run.root)).length, values.length];
    assert.deepEqual(whole, index === 0 || restored[index - 1] === true ? [true, 2, 3] : [false, 0, 0], run.id);
  }
  assert.equal(report.runs, restored.filter((isRestored) => !isRestored).length);
  assert.deepEqual(await clean({}), NOTHING);
  await t.checkBooks();
});

test('a cleaning that was interrupted is gone on with, and its report counts all', async () => {
  const run = await newRun('0');
  const { no } = (await t.query(`SELECT no::int FROM run WHERE id = '${run.id}'`))[0] ?? {};
  // As a process leaves it that dies after the first step.
  await t.query(`INSERT INTO removal (path, run_no) VALUES ('${run.root.replace('/artifacts', '')}', ${String(no)})`);
  await t.query(`DELETE FROM run WHERE no = ${String(no)}`);
  // Or after an experiment's own row.
  await t.put('4242/stray', Buffer.alloc(10));
  await t.query(`INSERT INTO removal (path) VALUES ('4242')`);
  assert.deepEqual(await clean({}), { ...NOTHING, metrics: 3, files: 3, bytes: 2010 });
  assert.deepEqual(await t.query(`SELECT 1 FROM latest_metric WHERE run_no = ${String(no)}`), []);
  await t.checkBooks();
});

test('uploads that nobody goes on with and objects that nothing refers to go; what is younger stays', async () => {
  const begin = async (path: string): Promise<string> => {
    const init = { body: JSON.stringify({ path, num_parts: 1 }), headers: { 'content-type': 'application/json' } };
    const { upload_id, credentials } = JSON.parse((await t.send('POST', 'mpu/create/1', init)).body.toString());
    assert.equal((await fetch(credentials[0].url, { method: 'PUT', body: Buffer.alloc(700) })).status, 200);
    return upload_id;
  };
  const [old] = [await begin('old'), await begin('young')];
  await t.query(`UPDATE multipart_upload SET touched_ms = touched_ms - ${DAY_MS + 1000} WHERE id = '${old}'`);
  const { openObjects } = await openObjectsFacility({
    store: 'folder',
    folder: join(t.home, 'objects'),
    bucket: '',
    prefix: '',
    endpoint: '',
    region: 'x',
    pathStyle: false,
  });
  const put = async (key: string, agoMs: number) => {
    const clock = { ...systemClock, now: () => new Date(Date.now() - agoMs) };
    await using objects = await openObjects({ ...(await testOwner('tracking')), clock });
    await objects.put(key, Buffer.alloc(300));
  };
  for (let n = 0; n < 3; n++) await put(`2020010100/orphan${n}`, DAY_MS + 1000);
  await put('2020010100/just-now', 1000);
  const expected = { ...NOTHING, uploads: 1, orphans: 3, bytes: 1600 };
  assert.deepEqual(await clean({ dryRun: true }), { ...expected, dryRun: true });
  assert.deepEqual(await clean({ experimentIds: ['0'] }), NOTHING);
  assert.deepEqual(await clean({}), expected);
  const left = (await storedKeys(t.home)).filter((key) => key.startsWith('2020010100/'));
  assert.deepEqual(left, ['2020010100/just-now']);
  assert.deepEqual(
    (await t.query('SELECT folder, name FROM multipart_upload')).map(({ name }) => name),
    ['young'],
  );
  await put('2020010100/just-now', DAY_MS + 1000);
  assert.equal((await clean({})).orphans, 1);
  await t.checkBooks();
});

test('what is ordered is looked at', async () => {
  for (const order of [{ olderThanDays: -1 }, { olderThanDays: 'x' }, { experimentIds: ['x'] }, { experimentIds: [] }, { dryRun: 1 }]) {
    const init = { method: 'POST', body: JSON.stringify(order), headers: { 'content-type': 'application/json' } };
    assert.equal((await fetch(`${t.app.url}/clean`, init)).status, 400, JSON.stringify(order));
  }
  for (const id of ['x', '00000000-0000-0000-0000-000000000000', "'"])
    await assert.rejects(t.app.client.cleaning({ id }, call()), /no cleaning|not/i);
  const now = await newRun('0');
  await deleteRun(now);
  assert.equal((await clean({ olderThanDays: 1 })).runs, 0);
  await until(async () => (await clean({ olderThanDays: 0 })).runs === 1, 'it goes at once when it is told to');
});
