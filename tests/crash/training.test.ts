import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbedded } from '@mlab/sql/embedded';
import { startProcess, type PlatformProcess } from '../system/platform-process.ts';
import { freePort } from './free-port.ts';
import { openRandom } from './random.ts';

const ROUNDS = Math.max(1, Math.ceil(Number(process.env['MLAB_CRASH_ROUNDS'] ?? 0) / 20));
const SEED = Number(process.env['MLAB_CRASH_SEED'] ?? Date.now() % 1_000_000);
const TARGETS = ['tracking,registry', 'training'];

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at one by one
type Json = any;

test(`jobs and studies come out the same, and once, when training is killed at any moment, ${ROUNDS} times`, async (t) => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const random = openRandom(SEED);
  const [databasePort, trainingPort, trackingPort, registryPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const postgres = await startEmbedded({ folder: join(folder, 'postgres'), port: databasePort });
  stack.defer(() => postgres.kill());
  const env = {
    DATABASE_URL: postgres.url,
    MLAB_HOME: folder,
    MLAB_LOG_LEVEL: 'fatal',
    MLAB_JOBS_POLL_MS: '100',
    MLAB_TRAINING_CHECKPOINT_MS: '0',
    MLAB_TRAINING_PROGRESS_MS: '30',
    MLAB_TRAINING_THREADS: '1',
  };
  const ports = { tracking: trackingPort, registry: registryPort, training: trainingPort };
  const start = (target: string): Promise<PlatformProcess> => startProcess({ target, ports, env });
  const neighbours = await start(TARGETS[0] as string);
  stack.defer(() => neighbours.kill());
  let training = await start('training');
  stack.defer(() => training.kill());
  const lab = openLab({ training: trainingPort, tracking: trackingPort, registry: registryPort });

  const dataset = await lab.upload(rows(3000));
  const quick = { dataset, target: 'y', evaluation: { bootstrap: 0, permutations: 0 } };
  const job = (model: string, number: number): object => ({
    ...quick,
    model,
    params: { num_iterations: 400, num_leaves: 8 },
    seed: number,
    key: `${model} ${number}`,
  });
  const space = [
    { param: 'learning_rate', kind: 'float', low: 0.01, high: 0.5, log: true },
    { param: 'num_leaves', kind: 'int', low: 2, high: 31 },
  ];
  const study = (model: string): object => ({
    ...quick,
    model,
    key: model,
    params: { num_iterations: 60 },
    search: { space, trials: 8, parallel: 2, pruner: 'asha', metric: 'log_loss' },
  });

  // What comes out when nobody is killed.
  const calm = { job: await lab.post('/jobs', job('calm', 1)), study: await lab.post('/studies', study('calm study')) };
  const expected = { job: await lab.ended(`/jobs/${calm.job.id}`), study: await lab.ended(`/studies/${calm.study.id}`) };
  assert.deepEqual(
    [expected.job.state, expected.study.state],
    ['succeeded', 'succeeded'],
    JSON.stringify([expected.job.error, expected.study.error]),
  );
  const expectedTrials = await lab.trials(calm.study.id);

  let kills = 0;
  let resumed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const models = { job: `job ${round}`, study: `study ${round}` };
    const asked = { job: await lab.post('/jobs', job(models.job, 1)), study: await lab.post('/studies', study(models.study)) };
    const over = Promise.all([lab.ended(`/jobs/${asked.job.id}`), lab.ended(`/studies/${asked.study.id}`)]);
    const state = { going: true };
    void over.finally(() => (state.going = false)).catch(() => {});
    while (state.going && kills < (round + 1) * 3) {
      await delay(100 + random() * 900);
      if (!state.going) break;
      await training.kill();
      kills++;
      training = await start('training').catch(() => start('training'));
    }
    const [endedJob, endedStudy] = await over;
    assert.deepEqual([endedJob.state, endedStudy.state], ['succeeded', 'succeeded'], JSON.stringify([endedJob.error, endedStudy.error]));
    if (endedJob.attempts > 1) resumed++;

    assert.equal(endedJob.result.modelSha256, expected.job.result.modelSha256, 'the model is another one');
    assert.deepEqual(endedJob.result.metrics, expected.job.result.metrics);
    assert.deepEqual(await lab.trials(asked.study.id), expectedTrials);
    assert.deepEqual(endedStudy.best.params, expected.study.best.params);
    const refitted = await lab.get(`/jobs/${endedStudy.jobId}`);
    const calmRefit = await lab.get(`/jobs/${expected.study.jobId}`);
    assert.equal(refitted.result.modelSha256, calmRefit.result.modelSha256, 'the model of the study is another one');

    for (const [model, one] of [
      [models.job, endedJob],
      [models.study, refitted],
    ] as const) {
      const { items } = await lab.registry(`/models/${encodeURIComponent(model)}/versions`);
      assert.deepEqual(
        items.map(({ version, runId }: Json) => [version, runId]),
        [[1, one.runId]],
        `${model} has one version`,
      );
      const history = await lab.history(one.runId, 'train_loss');
      const steps = history.map(({ step }) => step);
      assert.deepEqual(steps, [...new Set(steps)], 'a value is tracked twice');
      assert.equal(steps.length, one.progress.iteration, 'every iteration is tracked');
      assert.equal((await lab.run(one.runId)).status, 'FINISHED');
    }
    const runs = await lab.runsBelow(endedStudy.runId);
    assert.equal(runs.length, expectedTrials.length + 1, 'each trial has one run, and so has the job');
    assert.ok(runs.every(({ info }: Json) => info.status === 'FINISHED'));
  }
  t.diagnostic(`seed ${SEED}; ${kills} times killed; ${resumed} of ${ROUNDS} jobs were begun more than once`);
  assert.ok(kills > 0);
});

/** Numbers and words whose last column can be learnt from the others, but not quite. */
function rows(count: number): string {
  const lines = Array.from({ length: count }, (_, row) => {
    const [a, b, word] = [(row * 37) % 101, (row * 53) % 97, ['x', 'y', 'z'][row % 3] as string];
    return `${a},${b},${word},${(a * b) % 50 > 25 === (row % 7 !== 0) ? 'yes' : 'no'}`;
  });
  return `a,b,word,y\n${lines.join('\n')}\n`;
}

function openLab(ports: Readonly<Record<'training' | 'tracking' | 'registry', number>>) {
  const ask = async (service: keyof typeof ports, path: string, init: RequestInit = {}): Promise<Json> => {
    const answer = await fetch(`http://127.0.0.1:${ports[service]}${path}`, init);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  const json = (body: object): RequestInit => ({
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  /** Also while nobody answers: what is asked with a key may be asked again. */
  const again = async <T>(question: () => Promise<T>): Promise<T> => {
    const limit = performance.now() + 120_000;
    for (;;) {
      try {
        return await question();
      } catch (error) {
        if (performance.now() > limit || /: 4\d\d /.test(String(error))) throw error;
        await delay(100);
      }
    }
  };
  return {
    get: (path: string) => again(() => ask('training', path)),
    post: (path: string, body: object) => again(() => ask('training', path, json(body))),
    upload: async (text: string): Promise<string> =>
      (await ask('training', '/datasets/upload?fileName=rows.csv', { method: 'POST', body: text })).id,
    registry: (path: string) => again(() => ask('registry', path)),
    run: (id: string) => again(() => ask('tracking', `/runs/${id}`)),
    trials: async (id: string): Promise<Json[]> => {
      const { items } = await again(() => ask('training', `/studies/${id}/trials?limit=1000`));
      return items.map(({ number, state, value, params, steps }: Json) => ({ number, state, value, params, steps }));
    },
    ended: async (path: string): Promise<Json> => {
      const limit = performance.now() + 300_000;
      for (;;) {
        const one = await again(() => ask('training', path));
        if (!['waiting', 'running', 'refitting'].includes(one.state)) return one;
        assert.ok(
          performance.now() < limit,
          `not within five minutes: ${path} ends, which is ${JSON.stringify(one.progress ?? one.trials)}`,
        );
        await delay(100);
      }
    },
    history: async (runId: string, key: string): Promise<{ readonly step: number }[]> =>
      (await ask('tracking', `/mlflow/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=${key}`)).metrics ?? [],
    runsBelow: async (runId: string): Promise<Json[]> => {
      const asked = { experiment_ids: ['0'], filter: `tags.\`mlflow.parentRunId\` = '${runId}'`, max_results: 1000 };
      return (await ask('tracking', '/mlflow/api/2.0/mlflow/runs/search', json(asked))).runs ?? [];
    },
  };
}
