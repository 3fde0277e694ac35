import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sourceHere } from '../../apps/cli/src/import/bring/source-here.ts';
import { readMeasured, readMeasuredOfModel } from '../../apps/cli/src/import/folder/metric-lines.ts';
import { openSource } from '../../apps/cli/src/import/open-source.ts';
import type { Found, SourceExperiment, SourceLoggedModel, SourceRun } from '../../apps/cli/src/import/source.ts';
import { importInto, type Json } from './lab-for-import.ts';

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Json;
}

interface Fake extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
}

type Reply = { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown };

/** A server that answers as the test says. */
async function fake(answer: (path: string, query: URLSearchParams, body: Json, times: number) => Reply): Promise<Fake> {
  const asked: Asked[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://x');
      const text = Buffer.concat(chunks).toString();
      const body: Json = request.headers['content-type'] === 'application/json' ? JSON.parse(text) : text;
      asked.push({ path, authorization: request.headers.authorization, body });
      const {
        status = 200,
        headers = {},
        body: said = {},
      } = answer(path, searchParams, body, asked.filter((one) => one.path === path).length);
      response.writeHead(status, headers).end(typeof said === 'string' ? said : JSON.stringify(said));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const { signal } = new AbortController();
const open = (url: string, env: Readonly<Record<string, string>> = {}) => openSource(url, env, signal);
const EXPERIMENT: SourceExperiment = { id: '1', name: 'e', tags: [], deleted: false, place: '1' };
const RUN = { kind: 'run', id: 'a'.repeat(32) } as SourceRun;
const MODEL = { kind: 'logged model', id: `m-${'b'.repeat(32)}`, sourceRunId: RUN.id } as SourceLoggedModel;
const values = <T>(found: readonly Found<T>[]): readonly T[] => found.flatMap((one) => ('value' in one ? [one.value] : []));
const text = async (bytes: AsyncIterable<Uint8Array>): Promise<string> => Buffer.concat(await Array.fromAsync(bytes)).toString();

test('who asks is said as MLflow says it, and never to another server', async () => {
  await using elsewhere = await fake(() => ({ body: 'the bytes' }));
  await using server = await fake((path, query) => {
    if (path.endsWith('/get-artifact')) {
      const to = query.get('path') === 'here.txt' ? '/moved?path=there' : `${elsewhere.url}/signed`;
      return { status: 302, headers: { location: to } };
    }
    return path === '/moved' ? { body: 'moved' } : { body: { experiments: [] } };
  });
  const basic = `Basic ${Buffer.from('ann:s3cret').toString('base64')}`;
  const inUrl = server.url.replace('//', '//ann:s3cret@');
  for (const [url, env, expected] of [
    [server.url, {}, undefined],
    [server.url, { MLFLOW_TRACKING_USERNAME: 'ann', MLFLOW_TRACKING_PASSWORD: 's3cret', MLFLOW_TRACKING_TOKEN: 'x' }, basic],
    [server.url, { MLFLOW_TRACKING_TOKEN: 'token' }, 'Bearer token'],
    [inUrl, { MLFLOW_TRACKING_TOKEN: 'token' }, basic],
  ] as const) {
    const source = await open(url, env);
    assert.doesNotMatch(source.name, /s3cret/);
    await Array.fromAsync(source.experiments());
    assert.equal(server.asked.at(-1)?.authorization, expected);
    assert.equal(await text(await source.open(RUN, { path: 'here.txt', size: 1 })), 'moved');
    assert.equal(server.asked.at(-1)?.authorization, expected);
    assert.equal(await text(await source.open(RUN, { path: 'far.txt', size: 1 })), 'the bytes');
    assert.equal(elsewhere.asked.at(-1)?.authorization, undefined);
  }
  assert.equal(elsewhere.asked.length, 4);
});

test('a server that is busy is asked again, and one that refuses is not', async () => {
  await using server = await fake((path, _query, _body, times) => {
    if (path.endsWith('experiments/search'))
      return times < 3 ? { status: 503, headers: { 'retry-after': '0' } } : { body: { experiments: [] } };
    if (path.endsWith('runs/search')) return { status: 403, body: { error_code: 'PERMISSION_DENIED', message: 'not you' } };
    return { body: '<html>' };
  });
  const source = await open(server.url);
  assert.deepEqual(await Array.fromAsync(source.experiments()), []);
  assert.equal(server.asked.length, 3);
  await assert.rejects(Array.fromAsync(source.runs(EXPERIMENT)), /^HttpError: not you$/);
  assert.equal(server.asked.length, 4);
  await assert.rejects(Array.fromAsync(source.history(RUN, 'm')), /answers with something that is not JSON/);
});

test('pages are followed to their end, and a server without end is left', async () => {
  await using server = await fake((path, query, body) => {
    if (path.endsWith('experiments/search')) {
      const n = Number(body.page_token ?? 0);
      const experiments = [{ experiment_id: String(n), name: `e${n}`, lifecycle_stage: n === 1 ? 'deleted' : 'active' }];
      return { body: { experiments, ...(n < 2 ? { next_page_token: String(n + 1) } : {}) } };
    }
    if (path.endsWith('get-history')) {
      const second = query.get('page_token') === 'second';
      const value = second ? 'NaN' : 1;
      return { body: { metrics: [{ key: 'm', value, timestamp: '7', step: 1 }], ...(second ? {} : { next_page_token: 'second' }) } };
    }
    return { body: { runs: [], next_page_token: 'again' } };
  });
  const source = await open(`${server.url}/`);
  assert.deepEqual(
    values(await Array.fromAsync(source.experiments())).map(({ name, deleted }) => [name, deleted]),
    [
      ['e0', false],
      ['e1', true],
      ['e2', false],
    ],
  );
  assert.deepEqual((await Array.fromAsync(source.history(RUN, 'm'))).flat(), [
    { timestamp: 7, step: 1, value: 1 },
    { timestamp: 7, step: 1, value: NaN },
  ]);
  await assert.rejects(Array.fromAsync(source.runs(EXPERIMENT)), /the same page again and again/);
});

test('a server cannot name files that lie elsewhere, nor folders without end', async () => {
  await using server = await fake((path, query) => {
    if (path.includes('logged-models'))
      return { body: { files: [{ path: `${query.get('artifact_directory_path') ?? ''}/d`.replace(/^\//, ''), is_dir: true }] } };
    if (query.get('path') === 'folder') return { body: { files: [{ path: 'folder/b.txt', file_size: '3' }, { path: 'other/c.txt' }] } };
    const paths = ['a.txt', '../up', '/etc/passwd', 'x/../../y', 'x//y', String.raw`..\up`, 'nul\0', ''];
    return { body: { files: [...paths.map((one) => ({ path: one, file_size: 1 })), { path: 'folder', is_dir: true }] } };
  });
  const source = await open(server.url);
  const found = await Array.fromAsync(source.files(RUN));
  assert.deepEqual(values(found), [
    { path: 'a.txt', size: 1 },
    { path: 'folder/b.txt', size: 3 },
  ]);
  assert.equal(found.filter((one) => 'problem' in one).length, 8);
  await assert.rejects(Array.fromAsync(source.files(MODEL)), /folders in folders without end/);
});

test('what older servers do not know is not there, and what MLflow says wrongly is put right', async () => {
  await using server = await fake((path, _query, _body, times) => {
    if (path.endsWith('logged-models/search')) return { status: 404, body: '<html>Not found' };
    if (path.endsWith('get-history')) return { body: { metrics: [{ key: 'm', value: times === 1 ? 'NaN' : 0, timestamp: 1, step: 2 }] } };
    const metrics = ['was NaN', 'is 0'].map((key) => ({ key, value: 0, timestamp: 1, step: 2, run_id: RUN.id }));
    return { body: { model: { data: { metrics } } } };
  });
  const source = await open(server.url);
  assert.deepEqual(await Array.fromAsync(source.loggedModels(EXPERIMENT)), []);
  const metrics = (await Array.fromAsync(source.modelMetrics(MODEL))).flat();
  assert.deepEqual(
    metrics.map(({ key, value }) => [key, value]),
    [
      ['was NaN', NaN],
      ['is 0', 0],
    ],
  );
});

test('what has arrived is compared with what was sent, and a full disk ends it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'mlab-import-'));
  const folder = join(import.meta.dirname, '../../compat/mlflow/mlruns/mlruns');
  let full = false;
  const stored = new Map<string, string>();
  await using lab = await fake((path, query, body) => {
    const put = /\/runs\/(\w+)$/.exec(path) ?? /\/logged-models\/(m-\w+)$/.exec(path);
    if (put !== null)
      return { body: { outcome: 'created', lifecycleStage: 'active', artifactUri: `mlflow-artifacts:/${put[1] ?? ''}`, metrics: [] } };
    if (path.endsWith('get-by-name')) return { status: 404, body: { error_code: 'RESOURCE_DOES_NOT_EXIST', message: 'none' } };
    if (path.endsWith('experiments/create')) return { body: { experiment_id: '5' } };
    if (path.includes('/mlflow-artifacts/artifacts/')) {
      if (full) return { status: 507, body: { message: 'The disk is full.' } };
      stored.set(decodeURIComponent(path.split('/artifacts/')[1] ?? ''), String(body));
      return {};
    }
    if (path.endsWith('/files')) {
      const root = `${(query.get('uri') ?? '').replace('mlflow-artifacts:/', '')}/`;
      const items = [...stored.keys()]
        .filter((one) => one.startsWith(root))
        .map((one) => ({ path: one.slice(root.length), size: 6, sha256: 'other' }));
      return { body: { items } };
    }
    if (path.endsWith('model-versions/create')) return { body: { model_version: { version: '1' } } };
    return path.endsWith('registered-models/get') ? { status: 404 } : {};
  });
  try {
    const corrupt = await importInto({ url: lab.url, home }, folder, { verify: true });
    assert.ok(!corrupt.complete);
    const reasons = [...corrupt.items].filter(([key]) => key.startsWith('file ')).map(([, said]) => said);
    assert.deepEqual([...new Set(reasons)], ['failed: what has arrived is not what was sent: its checksum is another one']);
    assert.match(corrupt.items.get('version churn-model 3') ?? '', /^failed: the numbers that versions get do not rise/);
    assert.equal(corrupt.items.get('run 4ecf75b1f28b42f0bc17fc31526f40cc'), 'failed: some of its files are missing');
    stored.clear();
    full = true;
    const stopped = await importInto({ url: lab.url, home }, folder, { verify: true });
    assert.equal(stopped.summary.stopped, 'The disk is full.');
    assert.equal(stopped.items.get('registered model churn-model'), undefined);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
});

test('a line of a metric is read as Python has written it', () => {
  for (const [line, expected] of [
    ['1 0.5 7', { timestamp: 1, value: 0.5, step: 7 }],
    ['1 -1e-07 7', { timestamp: 1, value: -1e-7, step: 7 }],
    ['1 nan 0', { timestamp: 1, value: NaN, step: 0 }],
    ['1 -inf -3', { timestamp: 1, value: -Infinity, step: -3 }],
    ['1 2', { timestamp: 1, value: 2, step: 0 }],
    ['1 2.0 3 train b289', { timestamp: 1, value: 2, step: 3 }],
  ] as const)
    assert.deepEqual(readMeasured(line), expected, line);
  assert.deepEqual(readMeasuredOfModel('k', '1 2 3 run d e'), {
    key: 'k',
    timestamp: 1,
    value: 2,
    step: 3,
    runId: 'run',
    datasetName: 'd',
    datasetDigest: 'e',
  });
  for (const line of ['1', '1 2 3 4', '1.5 2 3', '1 0x10 3', '1 1_000 3', '1 constructor 3', '99999999999999999999 1 1', '1  3'])
    assert.throws(() => readMeasured(line), Error, line);
});

test('a version is made from what it was made from, where that lies here', () => {
  const run = 'a'.repeat(32);
  const model = `m-${'b'.repeat(32)}`;
  const version = { version: 1, runId: run, modelId: undefined, runLink: '', stage: 'None', description: '', tags: [] };
  for (const [source, expected] of [
    [`models:/${model}`, { source: `models:/${model}`, model_id: model, run_id: run }],
    [`mlflow-artifacts:/3/models/${model}/artifacts`, { source: `models:/${model}`, model_id: model, run_id: run }],
    [`runs:/${run}/model`, { source: `runs:/${run}/model`, run_id: run }],
    [`file:///home/x/mlruns/0/${run}/artifacts/model`, { source: `runs:/${run}/model`, run_id: run }],
    [`./mlruns/0/${run}/artifacts/deep/model/`, { source: `runs:/${run}/deep/model`, run_id: run }],
    [`mlflow-artifacts:/0/${run}/artifacts/model`, { source: `runs:/${run}/model`, run_id: run }],
    ['s3://bucket/model', { source: 's3://bucket/model', run_id: run }],
    ['models:/other/3', { source: 'models:/other/3', run_id: run }],
    ['prompt-template', { source: 'prompt-template', run_id: run }],
  ] as const)
    assert.deepEqual(sourceHere({ ...version, source }), expected, source);
  for (const source of ['/home/x/model', 'file:///data/model', 'mlflow-artifacts:/models/x'])
    assert.throws(() => sourceHere({ ...version, source }), /which is neither in a run nor in a logged model/, source);
});
