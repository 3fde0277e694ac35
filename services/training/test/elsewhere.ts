import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { churn, quick } from './data.ts';
import { app, door } from './shared-training.ts';

/** Our own trainers as processes of an executor, which come to what threads come to. */
export const elsewhereTests = (): void =>
  void describe('trainers elsewhere', () => {
    let sent: Promise<string> | undefined;
    const asked = async (more: object): Promise<object> => ({
      ...quick,
      dataset: await (sent ??= app.upload(churn(200), 'churned.csv')),
      target: 'leaves',
      ...more,
    });
    const linesOf = async (id: string): Promise<string> => String((await app.api(`GET /jobs/${id}/logs?follow=false`)).body);
    const pidIn = async (id: string): Promise<number> =>
      Number([...(await linesOf(id)).matchAll(/The program is process (\d+)/g)].at(-1)?.[1] ?? 0);

    test('a process that is killed is begun anew, goes on from its state, and comes to the bytes of a thread', async () => {
      const params = { num_iterations: 40, num_leaves: 4, bagging_fraction: 0.7, bagging_freq: 1 };
      const thread = await app.must('POST /jobs', await asked({ params }));
      let refused = 0;
      // What it has made does not come through until it is killed.
      door.refuses = (what) => what.endsWith('outcome') && ++refused > 0;
      const { id } = await app.must('POST /jobs', await asked({ params, executor: 'local', model: 'elsewhere' }));
      await app.job(id, () => refused > 1);
      assert.match(await app.refusal(`GET /programs/${id}-0/order`), /^403 forbidden .*is known by its token/);
      const guessed = { method: 'PUT', body: 'x', headers: { 'mlab-program-token': 'guessed' } };
      assert.equal((await fetch(`${app.url}/programs/${id}-0/outcome`, guessed)).status, 403);
      process.kill(await pidIn(id), 'SIGKILL');
      await app.until('another one is begun', async () => /It is begun anew/.test(await linesOf(id)));
      door.refuses = () => false;
      const [here, there] = [await app.job(thread.id), await app.job(id)];
      assert.deepEqual([here.state, there.state, there.attempts], ['succeeded', 'succeeded', 1], there.error);
      assert.equal(there.result?.modelSha256, here.result?.modelSha256);
      assert.deepEqual(there.result?.metrics, here.result?.metrics);
      const said = await linesOf(id);
      assert.match(said, /was ended by .* It is begun anew\./);
      assert.match(said, /goes on from where another process has left it/);
      assert.doesNotMatch(said, /mlab>/);
      const steps = app.told.runs.get(there.runId)?.metrics.filter(({ key }) => key === 'train_loss') ?? [];
      assert.deepEqual([steps.length, new Set(steps.map(({ step }) => step)).size, there.progress.iteration], [40, 40, 40]);
      assert.equal(app.told.versions.filter(({ model }) => model === 'elsewhere').length, 1);
      await app.until(
        'nothing is left of the program',
        async () => !(await app.objects()).some((path) => path.includes(id) && path.includes('programs')),
      );
    });

    test('the trials of a study come out as those of threads', async () => {
      const search = { trials: 3, parallel: 2, pruner: 'asha', metric: 'log_loss' };
      const space = [{ param: 'learning_rate', kind: 'float', low: 0.01, high: 0.5, log: true }];
      const ids: string[] = [];
      for (const executor of ['threads', 'local'])
        ids.push(
          (await app.must('POST /studies', await asked({ params: { num_iterations: 12 }, search: { ...search, space }, executor }))).id,
        );
      const studies = [];
      for (const id of ids) studies.push(await app.study(id));
      assert.deepEqual(
        studies.map(({ state, error }) => [state, error]),
        [
          ['succeeded', undefined],
          ['succeeded', undefined],
        ],
      );
      const [here, there] = await Promise.all(ids.map((id) => app.trials(id)));
      assert.deepEqual(there, here);
      assert.equal(there?.length, 3);
      const refitted = await Promise.all(studies.map(({ jobId }) => app.job(jobId as string)));
      assert.equal(refitted[1]?.result?.modelSha256, refitted[0]?.result?.modelSha256);
      const report = await (await fetch(`${app.url}/jobs/${studies[1]?.jobId}/report`)).text();
      assert.match(report, /TPE, with successive halving \(ASHA\), 2 trials at once, seed 0/);
      assert.match(report, /Hyperparameter search/);
    });
  });
