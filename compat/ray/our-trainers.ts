import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { churn, quick } from '../../services/training/test/data.ts';
import { openDoor } from '../../services/training/test/door.ts';
import { startTraining, type Json, type TestTraining } from '../../services/training/test/training-for-test.ts';

const MAIN = fileURLToPath(new URL('../../services/training/src/remote/main.ts', import.meta.url));

interface Ray {
  readonly url: string;
  readonly token: string;
}

async function openTraining({ url, token }: Ray, stack: AsyncDisposableStack): Promise<TestTraining> {
  const door = stack.use(await openDoor());
  const app = stack.use(
    await startTraining({
      MLAB_TRAINING_EXECUTOR: 'ray',
      MLAB_TRAINING_RAY_URL: url,
      MLAB_TRAINING_RAY_TOKEN: token,
      MLAB_TRAINING_PUBLIC_URL: door.url,
      MLAB_TRAINING_POLL_MS: '300',
      MLAB_TRAINING_COMMAND_CPUS: '0.5',
      MLAB_TRAINING_TRAINER_MEMORY_MB: '256',
      MLAB_TRAINING_TRAINER_COMMAND: `${process.execPath} ${MAIN}`,
    }),
  );
  door.leadsTo = app.url;
  return app;
}

/** A model and a study of our own trainers, in Ray and in threads: both come to the same. */
export async function trainInRay(ray: Ray): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const app = await openTraining(ray, stack);
  const asked = { ...quick, dataset: await app.upload(churn(300)), target: 'leaves', params: { num_iterations: 20 } };
  const search = {
    trials: 4,
    parallel: 2,
    pruner: 'asha',
    metric: 'log_loss',
    space: [{ param: 'num_leaves', kind: 'int', low: 2, high: 15 }],
  };
  const [jobs, studies]: [Json[], Json[]] = [[], []];
  for (const executor of ['threads', 'ray']) {
    jobs.push(await app.must('POST /jobs', { ...asked, executor, model: `model ${executor}` }));
    studies.push(await app.must('POST /studies', { ...asked, executor, search }));
  }
  const [here, there] = await Promise.all(jobs.map(({ id }) => app.job(id)));
  assert.deepEqual([here?.state, there?.state], ['succeeded', 'succeeded'], there?.error);
  assert.equal(there?.result?.modelSha256, here?.result?.modelSha256);
  assert.deepEqual([there?.progress.iteration, there?.result?.version], [20, 1]);
  const lines = String((await app.api(`GET /jobs/${there?.id}/logs?follow=false`)).body);
  assert.match(lines, /The program is process \d+/);
  const ended = await Promise.all(studies.map(({ id }) => app.study(id)));
  assert.deepEqual(
    ended.map(({ state, error }) => [state, error]),
    ended.map(() => ['succeeded', undefined]),
  );
  const [local, remote] = await Promise.all(studies.map(({ id }) => app.trials(id)));
  assert.deepEqual(remote, local);
}

/** One that is cancelled is stopped in Ray. */
export async function cancelInRay(ray: Ray): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const app = await openTraining(ray, stack);
  const params = { num_iterations: 100_000, num_leaves: 2 };
  const { id } = await app.must('POST /jobs', {
    ...quick,
    dataset: await app.upload(churn(300)),
    target: 'leaves',
    params,
    executor: 'ray',
  });
  await app.job(id, ({ progress }) => progress.iteration > 0);
  await app.must(`POST /jobs/${id}/cancel`);
  await app.until('Ray has stopped it', async () => {
    const known = (await (await fetch(`${ray.url}/api/jobs/`, { headers: { authorization: `Bearer ${ray.token}` } })).json()) as {
      submission_id: string;
      status: string;
    }[];
    return known.some(({ submission_id: name, status }) => name.startsWith(`mlab-${id}-`) && status === 'STOPPED');
  });
}
