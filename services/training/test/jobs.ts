import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import { Client } from 'pg';
import { churn, quick } from './data.ts';
import { app } from './shared-training.ts';
import type { Json } from './training-for-test.ts';

export const jobTests = (): void =>
  void describe('training jobs', () => {
    const run = (job: Json) => app.told.runs.get(job.runId);
    let churned: string;
    const dataset = async (): Promise<string> => (churned ??= await app.upload(churn(), 'churned.csv'));

    test('a job ends with a model that is tracked, compared with the baseline, explained and registered', async () => {
      const asked = {
        dataset: await dataset(),
        target: 'leaves',
        params: { num_iterations: 20 },
        model: 'churn',
        experiment: 'e',
        tags: { team: 'a' },
      };
      const evaluation = { kind: 'cross_validation', folds: 2, bootstrap: 20, permutations: 1, slices: ['plan'] };
      const { id, state } = await app.must('POST /jobs', { ...asked, evaluation });
      assert.equal(state, 'waiting');
      const job = await app.job(id);
      assert.equal(job.state, 'succeeded', job.error);
      const { result, progress } = job;
      assert.deepEqual([result?.model, result?.version, result?.task, result?.trainer], ['churn', 1, 'binary', 'boosting']);
      assert.deepEqual(result?.rows, { training: 320, validation: 0, test: 80 });
      assert.deepEqual([progress.phase, progress.share, progress.iteration], ['ended', 1, 20]);
      const roc = result?.metrics.find(({ name }) => name === 'roc_auc');
      assert.ok(roc !== undefined && roc.value > 0.85 && roc.baseline === 0.5 && roc.better === 'higher');
      assert.ok((roc.low as number) <= roc.value && roc.value <= (roc.high as number) && (roc.folds?.mean ?? 0) > 0.7);
      assert.ok(result?.importance.some(({ feature }) => feature === 'bill'));

      const tracked = run(job);
      assert.equal(tracked?.status, 'FINISHED');
      assert.equal(tracked.metrics.filter(({ key }) => key === 'train_loss').length, 20);
      assert.equal(tracked.metrics.find(({ key }) => key === 'test_roc_auc')?.value, roc.value);
      assert.deepEqual(
        [tracked.params.get('num_iterations'), tracked.params.get('trainer'), tracked.tags.get('team')],
        ['20', 'boosting', 'a'],
      );
      assert.equal(tracked.datasets.length, 1);
      assert.match(tracked.files.get('report.html')?.toString() ?? '', /roc/i);
      for (const path of ['evaluation.json', 'columns.json', 'profile.json', 'environment.json', 'plots/roc-curve.svg'])
        assert.ok(tracked.files.has(path), path);
      const model = app.told.models.get(result?.modelId as string);
      assert.equal(model?.status, 'READY');
      for (const path of ['MLmodel', 'input_example.json', 'profile.json']) assert.ok(model.files.has(path), path);
      const versions = app.told.versions.filter((version) => version.model === 'churn');
      assert.deepEqual(
        versions.map(({ version, source, runId }) => [version, source, runId]),
        [[1, `models:/${result?.modelId}`, job.runId]],
      );

      await app.until('all of it is told', () => new Set(app.heard(id).map(({ type }) => type)).size === 4);
      const events = app.heard(id);
      const kinds = new Set(events.map(({ type }) => type.replace(/^training\.|@1$/g, '')));
      assert.deepEqual(kinds, new Set(['job-finished', 'job-progressed', 'job-started', 'model-trained']));
      const dataOf = (type: string): Json => events.find((event) => event.type === `training.${type}@1`)?.data;
      assert.deepEqual([dataOf('job-finished').state, dataOf('job-finished').result.version], ['succeeded', 1]);
      const data = dataOf('model-trained');
      const { sha256 } = await app.must(`GET /datasets/${churned}`);
      assert.match(data.inputs[0].contentSha256, /^[0-9a-f]{64}$/);
      assert.deepEqual([data.inputs[0].sha256, data.inputs[0].rows, data.inputs[0].columns], [sha256, 400, ['months', 'bill', 'plan']]);
      assert.deepEqual(data.output, { modelId: result?.modelId, model: 'churn', version: 1, sha256: result?.modelSha256 });
      assert.deepEqual([data.runId, data.seed, data.code], [job.runId, 0, '0.1.0']);
    });

    test('the same seed and data make the same bytes, and another seed others; without a name nothing is registered', async () => {
      const registered = app.told.versions.length;
      const asked = { ...quick, dataset: await dataset(), target: 'leaves', params: { num_iterations: 5, feature_fraction: 0.5 } };
      const ids = [];
      for (const seed of [3, 3, 4]) ids.push((await app.must('POST /jobs', { ...asked, seed })).id);
      const digests: (string | undefined)[] = [];
      for (const id of ids) digests.push((await app.job(id)).result?.modelSha256);
      assert.match(digests[0] ?? '', /^[0-9a-f]{64}$/);
      assert.equal(digests[0], digests[1]);
      assert.notEqual(digests[0], digests[2]);
      assert.equal(app.told.versions.length, registered);
    });

    test('the same key answers the same job, whatever it comes by, and another question with it is told', async () => {
      const asked = { ...quick, dataset: await dataset(), target: 'leaves', trainer: 'logistic', tags: { kind: 'keyed' } };
      const { id } = await app.must('POST /jobs', { ...asked, key: 'once' });
      assert.equal((await app.must('POST /jobs', { ...asked, key: 'once' })).id, id);
      assert.equal((await app.api('POST /jobs', asked, { 'idempotency-key': 'once' })).body.id, id);
      assert.match(
        await app.refusal('POST /jobs', { ...asked, seed: 1, key: 'once' }),
        /^409 conflict The key "once" was used for the training job/,
      );
      const both = await Promise.all([1, 2, 3, 4].map(() => app.must('POST /jobs', { ...asked, key: 'at once' })));
      assert.equal(new Set(both.map((job) => job.id)).size, 1);
      const of = async (query: string): Promise<number> => (await app.must(`GET /jobs?${query}`)).items.length;
      assert.equal(await of('tag=kind=keyed'), 2);
      assert.equal(await of('tag=kind'), 2);
      assert.equal(await of('tag=kind=other'), 0);
      assert.equal(await of(`trainer=logistic&dataset=${churned}`), 2);
      assert.equal(await of('model=nothing'), 0);
      const first = await app.must('GET /jobs?tag=kind&limit=1');
      const second = await app.must(`GET /jobs?tag=kind&limit=1&cursor=${first.next}`);
      assert.deepEqual([first.items.length, second.items[0].id, second.next], [1, id, undefined]);
      await app.job(id);
      await app.job(both[0].id);
    });

    test('who listens hears lines and progress until the end, and goes on behind the last one he heard', async () => {
      const { items } = await app.must('GET /jobs?state=succeeded&limit=1');
      const text = async (headers: Record<string, string> = {}) => (await fetch(`${app.url}/jobs/${items[0].id}/logs`, { headers })).text();
      const all = await text();
      assert.match(all, /^id: 1\nevent: log\ndata: \{"at":".*","level":"info","text":"Attempt 1: /);
      assert.match(all, /event: progress\ndata: \{"state":"succeeded",.*"phase":"ended"/);
      assert.match(all, /event: end\ndata: \{"id":/);
      const lines = [...all.matchAll(/^id: (\d+)$/gm)].length;
      assert.equal([...(await text({ 'last-event-id': String(lines - 1) })).matchAll(/^id: /gm)].length, 1);
      assert.match(await app.refusal('GET /jobs/nothing/logs'), /^404/);
      const report = await fetch(`${app.url}/jobs/${items[0].id}/report`);
      assert.match(report.headers.get('content-type') ?? '', /^text\/html/);
      assert.match(await report.text(), /<!doctype html>/i);
    });

    test('a job that runs is cancelled at once and registers nothing, and can begin anew with a run of its own', async () => {
      const asked = {
        ...quick,
        dataset: await dataset(),
        target: 'leaves',
        params: { num_iterations: 100_000, num_leaves: 2 },
        model: 'cancelled',
      };
      const { id, runId } = await app.must('POST /jobs', asked);
      assert.match(await app.refusal(`DELETE /jobs/${id}`), /^409 .*Cancel it before/);
      assert.match(await app.refusal(`DELETE /datasets/${churned}`), /^409 conflict .* while the job/);
      assert.match(await app.refusal(`GET /jobs/${id}/report`), /^409 .*has no report/);
      const running = await app.job(id, ({ progress }) => progress.iteration > 20);
      assert.equal(running.state, 'running');
      assert.ok((running.progress.best?.value ?? 0) > 0 && (running.progress.secondsLeft ?? 0) > 0);
      assert.equal((await app.must(`POST /jobs/${id}/cancel`)).state, 'cancelled');
      assert.match(await app.refusal(`POST /jobs/${id}/cancel`), /^409 conflict .*already cancelled/);
      await app.until('the run has been killed', () => app.told.runs.get(runId)?.status === 'KILLED');
      const again = await app.must(`POST /jobs/${id}/retry`);
      assert.deepEqual([again.state, again.progress.iteration], ['waiting', 0]);
      assert.notEqual(again.runId, runId);
      assert.match(await app.refusal(`POST /jobs/${id}/retry`), /^409/);
      await app.must(`POST /jobs/${id}/cancel`);
      await app.must(`DELETE /jobs/${id}`);
      assert.match(await app.refusal(`GET /jobs/${id}`), /^404/);
      assert.equal(app.told.versions.filter(({ model }) => model === 'cancelled').length, 0);
    });

    test('neighbours that are away for a while cost attempts, and nothing is made twice', async () => {
      const asked = { ...quick, dataset: await dataset(), target: 'leaves', trainer: 'logistic', model: 'patient' };
      const [runs, models] = [app.told.runs.size, app.told.models.size];
      for (const operation of ['importRun', 'setLoggedModelStatus', 'registerVersion']) app.told.away.add(operation);
      const { id } = await app.must('POST /jobs', asked);
      await app.job(id, ({ error }) => error === 'importRun is away.');
      app.told.away.delete('importRun');
      await app.job(id, ({ error }) => error === 'setLoggedModelStatus is away.');
      app.told.away.delete('setLoggedModelStatus');
      await app.job(id, ({ error }) => error === 'registerVersion is away.');
      app.told.away.delete('registerVersion');
      const job = await app.job(id);
      assert.deepEqual([job.state, job.error, job.attempts > 3], ['succeeded', undefined, true]);
      assert.deepEqual([app.told.runs.size - runs, app.told.models.size - models], [1, 1]);
      assert.equal(app.told.versions.filter(({ model }) => model === 'patient').length, 1);
      assert.equal(run(job)?.metrics.filter(({ key }) => key === 'test_roc_auc').length, 1);
    });

    test('what nobody works on any more is ended as failed, because its queue has given it up', async () => {
      for (const operation of ['importRun', 'getRun']) app.told.away.add(operation);
      const { id } = await app.must('POST /jobs', { ...quick, dataset: await dataset(), target: 'leaves', trainer: 'logistic' });
      const study = { search: { trials: 1, space: [{ param: 'C', kind: 'float', low: 1, high: 2 }] }, trainer: 'logistic' };
      const searched = (await app.must('POST /studies', { ...quick, dataset: churned, target: 'leaves', ...study })).id;
      await app.job(id, ({ error }) => error !== undefined);
      await app.study(searched, ({ error }) => error !== undefined);
      const database = new Client({ connectionString: app.databaseUrl });
      await database.connect();
      await database.query('UPDATE training.training_job SET queue_id = $1 WHERE id = $2', [randomUUID(), id]);
      await database.query('UPDATE training.study SET queue_id = $1 WHERE id = $2', [randomUUID(), searched]);
      await database.end();
      // Looked for every five minutes.
      app.later(360_000);
      const [job, given] = [await app.job(id), await app.study(searched)];
      assert.deepEqual([job.state, job.error], ['failed', 'What was queued for it is gone.']);
      assert.deepEqual([given.state, given.error], ['failed', 'What was queued for it is gone.']);
      app.told.away.clear();
    });

    test('costs choose a threshold, texts stand for no value, and commas for points', async () => {
      const text = churn(400).replaceAll(
        /^(\d*),(\d+),/gm,
        (_, months: string, bill: string) => `${months === '' ? 'unknown' : months};"${bill},5";`,
      );
      const lines = text
        .replaceAll(/,(basic|plus|pro),/g, ';$1;')
        .replaceAll(/;(basic|plus|pro),/g, ';$1;')
        .replace('months,bill,plan,leaves', 'months;bill;plan;leaves');
      const types = [
        { column: 'months', kind: 'number', missing: ['unknown'] },
        { column: 'bill', decimalComma: true },
      ];
      const costs = { falsePositive: 1, falseNegative: 50 };
      const asked = { dataset: await app.upload(lines, 'commas.csv'), target: 'leaves', params: { num_iterations: 5 }, types };
      const { id } = await app.must('POST /jobs', { ...asked, evaluation: { ...quick.evaluation, costs } });
      const job = await app.job(id);
      assert.equal(job.state, 'succeeded', job.error);
      const columns = JSON.parse(String(run(job)?.files.get('columns.json'))) as Json[];
      assert.deepEqual(
        columns.map(({ name, kind, missing }) => [name, kind, missing]),
        [
          ['months', 'number', 24],
          ['bill', 'number', 0],
          ['plan', 'text', 0],
          ['leaves', 'text', 0],
        ],
      );
      assert.match(JSON.stringify(columns[1].examples), /\d\.5|\d,5/);
      const { thresholds = [], metrics = [] } = job.result ?? {};
      const [f1, cheap] = [thresholds.find(({ goal }) => goal === 'f1'), thresholds.find(({ goal }) => goal === 'cost')];
      assert.ok(cheap?.cost !== undefined && f1?.cost !== undefined, JSON.stringify(thresholds));
      assert.ok(cheap.cost < f1.cost && (cheap.threshold ?? 1) < (f1.threshold ?? 0), JSON.stringify(thresholds));
      const cost = metrics.find(({ name }) => name === 'cost');
      assert.ok(
        cost !== undefined && cost.value >= cheap.cost && cost.better === 'lower' && cost.baseline !== undefined,
        JSON.stringify(cost),
      );
      assert.equal(run(job)?.metrics.find(({ key }) => key === 'test_cost')?.value, cost.value);
      const [report, environment] = ['report.html', 'environment.json'].map((path) => String(run(job)?.files.get(path)));
      assert.match(report ?? '', /Lowest cost[^]*Cost a row|Cost a row[^]*Lowest cost/);
      assert.match(report ?? '', new RegExp(`Environment[^]*${process.version}`));
      assert.match(environment ?? '', new RegExp(`"node": "${process.version}"[^]*"mlab"`));
      assert.match(run(job)?.tags.get('mlab.dataset.content') ?? '', /^[0-9a-f]{64}$/);
    });

    test('what is left after a job is its report alone', async () => {
      await app.until('the objects of jobs that have ended are gone', async () => {
        const files = (await app.objects()).filter((path) => path.includes('jobs'));
        return files.length > 0 && files.every((path) => path.includes('report.html'));
      });
    });
  });
