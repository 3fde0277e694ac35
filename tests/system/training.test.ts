import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openScorer } from '@mlab/onnx';
import { openTestDatabase } from '@mlab/sql/testing';
import { churn } from '../../services/training/test/data.ts';
import { startProcess } from './platform-process.ts';
import { waitUntil } from './wait.ts';

/** The processes of each placement. */
const PLACEMENTS: Readonly<Record<string, readonly string[]>> = {
  'co-hosted': ['tracking,registry,training,predictor,gateway'],
  apart: ['tracking', 'registry', 'training', 'predictor', 'gateway'],
};

// oxlint-disable-next-line typescript/no-explicit-any -- answers are looked at one by one
type Json = any;

for (const [placement, targets] of Object.entries(PLACEMENTS)) {
  describe(placement, () => {
    const stack = new AsyncDisposableStack();
    const urls: Record<string, string> = {};
    const at = (path: string): string => `${urls['gateway']}${path}`;
    const get = async (path: string): Promise<Json> => (await fetch(at(path))).json();
    const post = async (path: string, body: object): Promise<Json> => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
      const answer = await fetch(at(path), init);
      const said = await answer.json();
      assert.equal(answer.status, 200, `${path}: ${JSON.stringify(said)}`);
      return said;
    };

    before(async () => {
      const home = await mkdtemp(join(tmpdir(), 'mlab-system-training-'));
      stack.defer(() => rm(home, { recursive: true, force: true }));
      const env = { DATABASE_URL: stack.use(await openTestDatabase()).url, MLAB_HOME: home, MLAB_TRAINING_THREADS: '1' };
      for (const target of targets) Object.assign(urls, stack.use(await startProcess({ target, env })).urls);
    });
    after(() => stack.disposeAsync());

    test('a file becomes a tracked run and a registered version that says what was learnt', async () => {
      await waitUntil('the gateway leads to training', 20_000, async () => (await fetch(at('/training/trainers'))).ok);
      const sent = await fetch(at('/training/datasets/upload?fileName=churn.csv'), { method: 'POST', body: churn(1200) });
      const dataset = (await sent.json()) as Json;
      assert.equal(sent.status, 200, JSON.stringify(dataset));
      const asked = { dataset: dataset.id, target: 'leaves', params: { num_iterations: 30 }, model: 'churn', experiment: 'churn' };
      const { id } = await post('/training/jobs', { ...asked, evaluation: { bootstrap: 20, permutations: 1 }, tags: { team: 'risk' } });
      // What is told of it ends with it.
      const told = await fetch(at(`/training/jobs/${id}/logs`), { signal: AbortSignal.timeout(60_000) });
      assert.match(await told.text(), /event: end\n/);
      const job = await get(`/training/jobs/${id}`);
      assert.equal(job.state, 'succeeded', job.error);
      const { result } = job;
      assert.deepEqual([result.model, result.version, result.task], ['churn', 1, 'binary']);

      const version = await get('/registry/models/churn/versions/1');
      assert.deepEqual([version.runId, version.source, version.tags.team], [job.runId, `models:/${result.modelId}`, 'risk']);
      assert.deepEqual(
        version.signature.inputs.map(({ name }: Json) => name),
        ['months', 'bill', 'plan'],
      );
      const files = new Map<string, string>(version.files.map(({ path, sha256 }: Json) => [path, sha256]));
      assert.equal(files.get('model.onnx'), result.modelSha256);
      assert.ok(files.has('MLmodel'));

      const run = await get(`/tracking/runs/${job.runId}`);
      assert.equal(run.status, 'FINISHED');
      assert.equal(run.params.num_iterations, '30');
      const metrics = new Map<string, number>(run.metrics.map(({ key, value }: Json) => [key, value]));
      const roc = result.metrics.find(({ name }: Json) => name === 'roc_auc');
      assert.equal(metrics.get('test_roc_auc'), roc.value);
      assert.equal(metrics.get('baseline_roc_auc'), 0.5);
      assert.ok(roc.value > 0.9 && roc.low <= roc.value && roc.value <= roc.high, JSON.stringify(roc));
      const { items } = await get(`/tracking/files?uri=${encodeURIComponent(`runs:/${job.runId}`)}`);
      const paths: string[] = items.map(({ path }: Json) => path);
      for (const path of ['report.html', 'evaluation.json', 'profile.json', 'plots/roc-curve.svg']) assert.ok(paths.includes(path), path);

      const uri = encodeURIComponent(`models:/${result.modelId}/model.onnx`);
      const bytes = new Uint8Array(await (await fetch(at(`/tracking/files/content?uri=${uri}`))).arrayBuffer());
      await using scorer = await openScorer(bytes);
      const said = await scorer.score({ months: new Float32Array([5, 50]), bill: new Float32Array([90, 30]), plan: ['basic', 'basic'] });
      assert.deepEqual(Array.from((said['label']?.data ?? []) as ArrayLike<unknown>), ['yes', 'no']);

      const report = await fetch(at(`/training/jobs/${id}/report`));
      assert.match(await report.text(), /<!doctype html>/i);
    });

    test('a study ends with a version, and its trials are runs below its own', async () => {
      const { items } = await get('/training/datasets');
      const space = [{ param: 'C', kind: 'float', low: 0.01, high: 10, log: true }];
      const asked = {
        dataset: items[0].id,
        target: 'leaves',
        trainer: 'logistic',
        model: 'churn',
        evaluation: { bootstrap: 0, permutations: 0 },
      };
      const { id } = await post('/training/studies', { ...asked, search: { space, trials: 4, parallel: 2 } });
      let study = await get(`/training/studies/${id}`);
      for (const limit = performance.now() + 90_000; ['waiting', 'running', 'refitting'].includes(study.state);) {
        assert.ok(performance.now() < limit, `the study has not ended: ${JSON.stringify(study.trials)}`);
        await delay(100);
        study = await get(`/training/studies/${id}`);
      }
      assert.equal(study.state, 'succeeded', study.error);
      assert.equal(study.trials.complete, 4);
      const job = await get(`/training/jobs/${study.jobId}`);
      assert.deepEqual([job.result.model, job.result.version, job.spec.params.C], ['churn', 2, study.best.params.C]);
      const best = await get(`/tracking/runs/${study.best.runId}`);
      assert.equal(best.tags['mlflow.parentRunId'], study.runId);
      assert.equal((await get(`/tracking/runs/${study.runId}`)).status, 'FINISHED');
    });
  });
}
