import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEmbedded, type EmbeddedServer } from '@mlab/sql/embedded';
import { startProcess, type PlatformProcess } from '../system/platform-process.ts';
import { freePort } from './free-port.ts';
import { openRandom } from './random.ts';

/** `npm run test:crash` sets 1,000 kills for all tests of its kind; each of these takes seconds, because nobody goes on before a lease is over. */
const KILLS = Math.max(2, Math.ceil(Number(process.env['MLAB_CRASH_ROUNDS'] ?? 0) / 10));
const SEED = Number(process.env['MLAB_CRASH_SEED'] ?? Date.now() % 1_000_000);
/** Of one round: what is asked in it is killed as often as it goes on. */
const KILLS_A_ROUND = 4;

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at one by one
type Json = any;

test(`jobs and studies come out the same, and once, whatever is killed at any moment, ${KILLS} times`, async (t) => {
  await using stack = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'mlab-crash-'));
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const random = openRandom(SEED);
  const world = stack.use(await openWorld(folder));
  const { lab } = world;

  const dataset = await lab.upload(rows(1500));
  const quick = { dataset, target: 'y', evaluation: { bootstrap: 0, permutations: 0 } };
  const params = { num_iterations: 300, num_leaves: 8 };
  const job = (model: string, more: object = {}): object => ({ ...quick, model, params, key: model, ...more });
  const space = [
    { param: 'learning_rate', kind: 'float', low: 0.01, high: 0.5, log: true },
    { param: 'num_leaves', kind: 'int', low: 2, high: 31 },
  ];
  const study = (model: string): object => ({
    ...quick,
    model,
    key: model,
    params: { num_iterations: 40 },
    search: { space, trials: 6, parallel: 2, pruner: 'asha', metric: 'log_loss' },
  });

  // What comes out when nobody is killed.
  const calm = { job: await lab.post('/jobs', job('calm')), study: await lab.post('/studies', study('calm study')) };
  const expected = { job: await lab.ended(`/jobs/${calm.job.id}`), study: await lab.ended(`/studies/${calm.study.id}`) };
  const SUCCEEDED = ['succeeded', undefined];
  const stateOf = ({ state, error }: Json): Json => [state, error];
  assert.deepEqual([stateOf(expected.job), stateOf(expected.study)], [SUCCEEDED, SUCCEEDED]);
  const expectedTrials = await lab.trials(calm.study.id);
  const expectedRefit = await lab.get(`/jobs/${expected.study.jobId}`);

  const killed: Record<string, number> = {};
  let [kills, rounds, resumed] = [0, 0, 0];
  for (; kills < KILLS; rounds++) {
    const models = { job: `job ${rounds}`, elsewhere: `elsewhere ${rounds}`, study: `study ${rounds}` };
    const asked = {
      job: await lab.post('/jobs', job(models.job)),
      elsewhere: await lab.post('/jobs', job(models.elsewhere, { executor: 'local' })),
      study: await lab.post('/studies', study(models.study)),
    };
    const over = Promise.all([
      lab.ended(`/jobs/${asked.job.id}`),
      lab.ended(`/jobs/${asked.elsewhere.id}`),
      lab.ended(`/studies/${asked.study.id}`),
    ]);
    const state = { going: true };
    void over.finally(() => (state.going = false)).catch(() => {});
    for (const stop = kills + KILLS_A_ROUND; state.going && kills < Math.min(stop, KILLS);) {
      await delay(100 + random() * 1500);
      if (!state.going) break;
      // The first two are those that tell most.
      const victim = kills === 0 ? 'everything' : kills === 1 ? 'training, in order' : choose(random());
      await world.kill(victim);
      killed[victim] = (killed[victim] ?? 0) + 1;
      kills++;
    }
    const [endedJob, endedElsewhere, endedStudy] = await over;
    assert.deepEqual([endedJob, endedElsewhere, endedStudy].map(stateOf), [SUCCEEDED, SUCCEEDED, SUCCEEDED]);
    for (const one of [endedJob, endedElsewhere]) {
      if (one.attempts > 1) resumed++;
      assert.equal(one.result.modelSha256, expected.job.result.modelSha256, 'the model is another one');
      assert.deepEqual(one.result.metrics, expected.job.result.metrics);
    }
    assert.deepEqual(await lab.trials(asked.study.id), expectedTrials);
    assert.deepEqual(endedStudy.best.params, expected.study.best.params);
    const refitted = await lab.get(`/jobs/${endedStudy.jobId}`);
    assert.equal(refitted.result.modelSha256, expectedRefit.result.modelSha256, 'the model of the study is another one');

    for (const [model, one] of [
      [models.job, endedJob],
      [models.elsewhere, endedElsewhere],
      [models.study, refitted],
    ] as const) {
      const { items } = await lab.registry(`/models/${encodeURIComponent(model)}/versions`);
      assert.deepEqual(
        items.map(({ version, runId, source }: Json) => [version, runId, source]),
        [[1, one.runId, `models:/${one.result.modelId}`]],
        `${model} has one version`,
      );
      assert.equal((await lab.tracking(`/logged-models/${one.result.modelId}`)).status, 'READY');
      const steps = (await lab.history(one.runId, 'train_loss')).map(({ step }) => step);
      assert.deepEqual(steps, [...new Set(steps)], 'a value is tracked twice');
      assert.equal(steps.length, one.progress.iteration, 'every iteration is tracked');
      assert.equal((await lab.tracking(`/runs/${one.runId}`)).status, 'FINISHED');
    }
    const runs = await lab.runsBelow(endedStudy.runId);
    assert.equal(runs.length, expectedTrials.length + 1, 'each trial has one run, and so has the job');
    assert.ok(runs.every(({ info }: Json) => info.status === 'FINISHED'));
  }
  const { items } = await lab.registry('/models?limit=1000');
  assert.equal(items.length, 2 + 3 * rounds, 'a model is registered that nobody has asked for');
  t.diagnostic(
    `seed ${SEED}; ${rounds} rounds, killed ${JSON.stringify(killed)}; ${resumed} of ${2 * rounds} jobs were begun more than once`,
  );
});

type Victim = 'training' | 'training, in order' | 'neighbours' | 'postgres' | 'everything';

function choose(chance: number): Victim {
  if (chance < 0.45) return 'training';
  if (chance < 0.55) return 'training, in order';
  if (chance < 0.73) return 'neighbours';
  return chance < 0.88 ? 'postgres' : 'everything';
}

interface World extends AsyncDisposable {
  readonly lab: ReturnType<typeof openLab>;
  /** SIGKILL, or SIGTERM where it is in order; all of it runs again when it resolves. */
  kill(victim: Victim): Promise<void>;
}

async function openWorld(folder: string): Promise<World> {
  const [databasePort, training, tracking, registry] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const ports = { tracking, registry, training };
  const data = join(folder, 'postgres');
  let postgres: EmbeddedServer = await startEmbedded({ folder: data, port: databasePort });
  const env = {
    DATABASE_URL: postgres.url,
    MLAB_HOME: folder,
    MLAB_LOG_LEVEL: 'fatal',
    MLAB_JOBS_POLL_MS: '100',
    MLAB_JOBS_DRAIN_MS: '100',
    MLAB_TRAINING_CHECKPOINT_MS: '0',
    MLAB_TRAINING_PROGRESS_MS: '30',
    MLAB_TRAINING_THREADS: '1',
    MLAB_TRAINING_PUBLIC_URL: `http://127.0.0.1:${training}`,
    // A process is started for each one that is killed.
    NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(folder, 'compiled'),
  };
  const targets = { neighbours: 'tracking,registry', training: 'training' };
  const start = async (name: keyof typeof targets): Promise<PlatformProcess> => {
    const begin = (): Promise<PlatformProcess> => startProcess({ target: targets[name], ports, env });
    // Its port, or the database, may not be free again at once.
    return begin()
      .catch(() => delay(500).then(begin))
      .catch(() => delay(2000).then(begin));
  };
  const running = { neighbours: await start('neighbours'), training: await start('training') };
  const again = async (name: keyof typeof targets): Promise<void> => void (running[name] = await start(name));
  return {
    lab: openLab(ports),
    kill: async (victim) => {
      if (victim === 'training, in order') {
        await running.training.stop();
        await again('training');
      } else if (victim === 'training' || victim === 'neighbours') {
        await running[victim].kill();
        await again(victim);
      } else {
        const others = victim === 'everything' ? Object.values(running) : [];
        await Promise.all([postgres, ...others].map((one) => one.kill()));
        postgres = await startEmbedded({ folder: data, port: databasePort });
        if (victim === 'everything') await Promise.all([again('neighbours'), again('training')]);
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(Object.values(running).map((one) => one.kill()));
      await postgres.kill();
    },
  };
}

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
    tracking: (path: string) => again(() => ask('tracking', path)),
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
        await delay(200);
      }
    },
    history: async (runId: string, key: string): Promise<{ readonly step: number }[]> =>
      (await again(() => ask('tracking', `/mlflow/api/2.0/mlflow/metrics/get-history?run_id=${runId}&metric_key=${key}`))).metrics ?? [],
    runsBelow: async (runId: string): Promise<Json[]> => {
      const asked = { experiment_ids: ['0'], filter: `tags.\`mlflow.parentRunId\` = '${runId}'`, max_results: 1000 };
      return (await again(() => ask('tracking', '/mlflow/api/2.0/mlflow/runs/search', json(asked)))).runs ?? [];
    },
  };
}
