import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { churn, quick } from './data.ts';
import { app } from './shared-training.ts';

const space = [
  { param: 'num_leaves', kind: 'int', low: 2, high: 15 },
  { param: 'learning_rate', kind: 'float', low: 0.01, high: 0.5, log: true },
];

export const studyTests = (): void =>
  void describe('studies', () => {
    const asked = async (search: object, more: object = {}): Promise<object> => ({
      ...quick,
      dataset: await app.upload(churn(300)),
      target: 'leaves',
      params: { num_iterations: 15 },
      search: { space, metric: 'log_loss', ...search },
      ...more,
    });

    /** The one that nobody has stopped. */
    let whole: string;

    test('a study ends with a model that was trained with the best, and every trial is a run below its own', async () => {
      const question = await asked({ trials: 6, parallel: 2, pruner: 'asha' }, { model: 'searched', key: 'study' });
      const { id } = await app.must('POST /studies', question);
      assert.equal((await app.must('POST /studies', question)).id, id);
      whole = id;
      assert.match(await app.refusal('POST /studies', { ...question, seed: 9 }), /^409 conflict The key "study" was used/);
      const study = await app.study(id);
      assert.equal(study.state, 'succeeded', study.error);
      assert.deepEqual([study.metric, study.direction, study.trials.running], ['log_loss', 'minimize', 0]);
      assert.equal(study.trials.complete + study.trials.pruned, 6);
      const trials = await app.trials(id);
      const values = trials.flatMap(({ state, value }) => (state === 'complete' ? [value as number] : []));
      assert.equal(study.best?.value, Math.min(...values));
      const job = await app.job(study.jobId as string);
      assert.deepEqual([job.study, job.spec.params], [id, { num_iterations: 15, ...study.best?.params }]);
      assert.deepEqual([job.result?.model, job.result?.version], ['searched', 1]);
      const below = [...app.told.runs.values()].filter(({ tags }) => tags.get('mlflow.parentRunId') === study.runId);
      assert.deepEqual(
        below.map(({ name }) => name).toSorted(),
        ['boosting on data.csv', ...trials.map(({ number }) => `trial ${number}`)].toSorted(),
      );
      assert.ok(below.every(({ status }) => status === 'FINISHED'));
      assert.equal(app.told.runs.get(study.runId)?.status, 'FINISHED');
      await app.until('it is told that the study has ended', () => app.heard(id).length > 0);
      const { state, trials: ended, best, job: by } = app.heard(id)[0].data;
      assert.deepEqual([state, ended, best.trial, by], ['succeeded', 6, study.best?.number, study.jobId]);
    });

    test('a study that is stopped goes on later with the trials that it lacks, and comes out as one that was not', async () => {
      const { id } = await app.must('POST /studies', await asked({ trials: 6, parallel: 2, pruner: 'asha' }, { model: 'stopped' }));
      await app.study(id, ({ trials }) => trials.complete >= 1);
      const stopped = await app.must(`POST /studies/${id}/stop`);
      assert.deepEqual([stopped.state, stopped.trials.running], ['stopped', 0]);
      assert.match(await app.refusal(`POST /studies/${id}/stop`), /^409 conflict .*already stopped/);
      await app.until('its run is killed', () => app.told.runs.get(stopped.runId)?.status === 'KILLED');
      assert.equal((await app.must(`POST /studies/${id}/resume`, {})).state, 'waiting');
      const study = await app.study(id);
      assert.equal(study.state, 'succeeded', study.error);
      assert.deepEqual(await app.trials(id), await app.trials(whole));
      assert.match(await app.refusal(`POST /studies/${id}/resume`, {}), /^409 conflict .*cannot go on: it is succeeded/);
      assert.ok((await app.must('GET /studies?state=succeeded')).items.length >= 2);
    });

    test('a grid is tried once, and the median ends what is worse', async () => {
      const options = [0.5, 0.45, 0.4, 0.35, 0.3, 0.0003, 0.0002, 0.0001];
      const grid = [{ param: 'learning_rate', kind: 'choice', options }];
      const { id } = await app.must('POST /studies', await asked({ sampler: 'grid', pruner: 'median', trials: 50, space: grid }));
      const study = await app.study(id);
      assert.equal(study.state, 'succeeded', study.error);
      const trials = await app.trials(id);
      assert.deepEqual(
        trials.map(({ params }) => params.learning_rate).toSorted((a, b) => b - a),
        options,
      );
      assert.deepEqual(
        trials.slice(0, 5).map(({ state, steps }) => [state, steps]),
        Array.from({ length: 5 }, () => ['complete', 15]),
      );
      const pruned = trials.filter(({ state }) => state === 'pruned');
      assert.ok(pruned.length > 0 && pruned.every(({ steps }) => steps < 15), JSON.stringify(trials));
    });

    test('a study whose time is over ends with the best that it has', async () => {
      const { id } = await app.must('POST /studies', await asked({ sampler: 'random', trials: 5000, timeoutSeconds: 1 }));
      const { dataset } = (await app.must(`GET /studies/${id}`)).spec;
      assert.match(await app.refusal(`DELETE /datasets/${dataset}`), /^409 conflict .* while the study/);
      const study = await app.study(id);
      assert.equal(study.state, 'succeeded', study.error);
      const { complete, pruned, failed, running } = study.trials;
      assert.ok(complete >= 1 && complete < 5000, `${complete} trials`);
      assert.deepEqual([pruned, failed, running], [0, 0, 0]);
      assert.equal((await app.job(study.jobId as string)).state, 'succeeded');
    });

    test('a study whose trials all fail says why, and trains nothing', async () => {
      const question = await asked({ trials: 20, metric: 'rmse' }, { model: 'failing' });
      const { id } = await app.must('POST /studies', question);
      const study = await app.study(id);
      assert.equal(study.state, 'failed');
      assert.match(study.error ?? '', /No trial of the study .*: The metric rmse cannot be told/);
      assert.equal(study.trials.failed, 3);
      assert.equal(app.told.versions.filter(({ model }) => model === 'failing').length, 0);
      await app.until('its run has failed', () => app.told.runs.get(study.runId)?.status === 'FAILED');
    });
  });
