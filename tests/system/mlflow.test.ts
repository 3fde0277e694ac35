import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { openTestDatabase } from '@mlab/sql/testing';
import { startHere } from './platform-here.ts';
import { startProcess } from './platform-process.ts';
import { waitUntil } from './wait.ts';

/** The processes of each placement: what is named twice runs twice. Those apart are real ones, the others stand in this one. */
const PLACEMENTS: Readonly<Record<string, { readonly targets: readonly string[]; readonly start: typeof startHere }>> = {
  'co-hosted': { targets: ['gateway,tracking'], start: startHere },
  apart: { targets: ['tracking', 'gateway'], start: startProcess },
  'two of tracking': { targets: ['tracking', 'tracking', 'gateway'], start: startHere },
};

// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
type Json = any;

for (const [placement, { targets, start }] of Object.entries(PLACEMENTS)) {
  describe(placement, () => {
    const stack = new AsyncDisposableStack();
    const gateways: string[] = [];
    let asked = 0;
    /** Each time by another gateway. */
    const door = (): string => gateways[asked++ % gateways.length] ?? '';
    const ask = async (method: string, path: string, body?: object): Promise<{ readonly status: number; readonly body: Json }> => {
      const init =
        body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
      const answer = await fetch(`${door()}/mlflow/api/2.0/mlflow/${path}`, init);
      return { status: answer.status, body: await answer.json() };
    };
    const must = async (method: string, path: string, body?: object): Promise<Json> => {
      const answer = await ask(method, path, body);
      assert.equal(answer.status, 200, `${method} ${path}: ${JSON.stringify(answer.body)}`);
      return answer.body;
    };

    before(async () => {
      const home = await mkdtemp(join(tmpdir(), 'mlab-system-'));
      stack.defer(() => rm(home, { recursive: true, force: true }));
      const env = { DATABASE_URL: stack.use(await openTestDatabase()).url, MLAB_HOME: home, MLAB_LOG_LEVEL: 'error' };
      for (const same of new Set(targets)) {
        const those = targets.filter((target) => target === same);
        const started = await Promise.all(those.map(async (target) => stack.use(await start({ target, env }))));
        gateways.push(...started.flatMap(({ urls }) => urls['gateway'] ?? []));
      }
      const answers = async (url: string): Promise<boolean> =>
        (await fetch(`${url}/mlflow/api/2.0/mlflow/experiments/get?experiment_id=0`)).status === 200;
      await waitUntil('tracking is found', 10_000, async () => (await Promise.all(gateways.map(answers))).every(Boolean));
    });
    after(() => stack.disposeAsync());

    test('an experiment is created, logged to, searched, read and deleted through the gateway', async () => {
      const { experiment_id } = await must('POST', 'experiments/create', { name: 'through the gateway' });
      const { run } = await must('POST', 'runs/create', { experiment_id, run_name: 'first' });
      const { run_id } = run.info;
      // Each value twice, through both doors: it is there once.
      const metric = (index: number) => ({ run_id, key: 'loss/val', value: index / 7, timestamp: index, step: index });
      await Promise.all(Array.from({ length: 60 }, (_, index) => must('POST', 'runs/log-metric', metric(index >> 1))));
      await must('POST', 'runs/log-batch', { run_id, params: [{ key: 'depth', value: '3' }], tags: [{ key: 'team', value: 'vision 😀' }] });
      const { metrics } = await must('GET', `metrics/get-history?run_id=${run_id}&metric_key=loss%2Fval`);
      assert.deepEqual(
        metrics.map(({ value }: Json) => value),
        Array.from({ length: 30 }, (_, index) => index / 7),
      );

      const filter = "metrics.`loss/val` > 4 and params.depth = '3' or tags.team = 'nope'";
      for (const _ of [1, 2]) {
        const { runs } = await must('POST', 'runs/search', { experiment_ids: [experiment_id], filter });
        assert.deepEqual(runs, [(await must('GET', `runs/get?run_id=${run_id}`)).run]);
        const typed = await fetch(`${door()}/tracking/runs/${run_id}`);
        assert.equal(typed.status, 200);
        const { id, params, metrics: latest } = (await typed.json()) as Json;
        assert.deepEqual([id, params, latest], [run_id, { depth: '3' }, [{ key: 'loss/val', value: 29 / 7, timestamp: 29, step: 29 }]]);
      }
      await must('POST', 'runs/delete', { run_id });
      for (const _ of [1, 2]) {
        const refused = await ask('POST', 'runs/log-metric', metric(99));
        assert.deepEqual([refused.status, refused.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
        assert.match(refused.body.message, /must be in the 'active' state/);
      }
    });

    test('of many who say one parameter differently, through whichever door, one is heard', async () => {
      const { run } = await must('POST', 'runs/create', { experiment_id: '0' });
      const { run_id } = run.info;
      const say = (value: string) => ask('POST', 'runs/log-parameter', { run_id, key: 'p', value });
      const answers = await Promise.all(Array.from({ length: 16 }, (_, index) => say(String(index))));
      const heard = answers.flatMap(({ status }, index) => (status === 200 ? [String(index)] : []));
      assert.equal(heard.length, 1);
      assert.ok(answers.every(({ status, body }) => status === 200 || /Changing param values/.test(body.message)));
      assert.deepEqual((await must('GET', `runs/get?run_id=${run_id}`)).run.data.params, [{ key: 'p', value: heard[0] }]);
    });

    test('many batches with the same values, each in its own order, through whichever door, are all written', async () => {
      const { run } = await must('POST', 'runs/create', { experiment_id: '0' });
      const { run_id } = run.info;
      const metrics = Array.from({ length: 300 }, (_, index) => ({ key: `k${index % 3}`, value: index % 7, timestamp: 1, step: index }));
      const orders = [metrics, metrics.toReversed(), metrics.toSorted((a, b) => b.value - a.value)];
      await Promise.all([...orders, ...orders, ...orders].map((order) => must('POST', 'runs/log-batch', { run_id, metrics: order })));
      for (const key of ['k0', 'k1', 'k2'])
        assert.equal((await must('GET', `metrics/get-history?run_id=${run_id}&metric_key=${key}`)).metrics.length, 100);
    });

    test('an artifact goes up and comes down through the gateway as it is', async () => {
      const { run } = await must('POST', 'runs/create', { experiment_id: '0' });
      const path = `${run.info.artifact_uri.replace('mlflow-artifacts:/', '')}/models/ä b.bin`;
      const file = (): string => `${door()}/mlflow/api/2.0/mlflow-artifacts/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`;
      const bytes = randomBytes(3_000_000);
      const sent = await fetch(file(), { method: 'PUT', body: bytes });
      assert.equal(sent.status, 200, await sent.text());
      const sha = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
      for (const _ of [1, 2]) {
        const answer = await fetch(file());
        assert.equal(answer.status, 200);
        assert.equal(sha(Buffer.from(await answer.arrayBuffer())), sha(bytes));
      }
      const part = await fetch(file(), { headers: { range: 'bytes=1000-1999' } });
      assert.deepEqual([part.status, Buffer.from(await part.arrayBuffer())], [206, bytes.subarray(1000, 2000)]);
      const { files } = await must('GET', `artifacts/list?run_id=${run.info.run_id}&path=models`);
      assert.deepEqual(files, [{ path: 'models/ä b.bin', is_dir: false, file_size: 3_000_000 }]);
    });

    test('what is wrong is told in the words of MLflow, and its tags are deleted by bodies', async () => {
      const { status, body } = await ask('GET', 'runs/get?run_id=nope');
      assert.deepEqual([status, body], [404, { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'Run with id=nope not found' }]);
      assert.equal((await ask('POST', 'runs/nowhere', {})).status, 404);
      assert.ok([404, 405].includes((await ask('GET', 'runs/log-metric')).status));
      const { run } = await must('POST', 'runs/create', { experiment_id: '0' });
      const { model } = await must('POST', 'logged-models', { experiment_id: '0', name: 'm', source_run_id: run.info.run_id });
      const tags = `logged-models/${model.info.model_id}/tags`;
      await must('PATCH', tags, { tags: [{ key: 'a', value: 'b' }] });
      await must('DELETE', `${tags}/a`, { model_id: model.info.model_id, tag_key: 'a' });
      assert.equal((await must('GET', `logged-models/${model.info.model_id}`)).model.info.tags, undefined);
    });
  });
}
