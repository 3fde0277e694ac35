import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mlflowRegistry, mlflowTracking } from '@mlab/contracts/mlflow';
import { openTestDatabase } from '@mlab/sql/testing';
import { Pool } from 'undici';
import { openRandom } from '../crash/random.ts';
import { startProcess } from './platform-process.ts';
import { randomRequest, type Known, type RandomRequest } from './random-requests.ts';

const SEED = Number(process.env['MLAB_FUZZ_SEED'] ?? Date.now() % 1_000_000);
/** More by hand. */
const REQUESTS = Number(process.env['MLAB_FUZZ_REQUESTS'] ?? 800);
const CONNECTIONS = 8;

test(`${REQUESTS} requests that no client would send are answered, none with a failure of ours`, async (context) => {
  await using stack = new AsyncDisposableStack();
  const home = await mkdtemp(join(tmpdir(), 'mlab-fuzz-'));
  stack.defer(() => rm(home, { recursive: true, force: true }));
  const env = { DATABASE_URL: stack.use(await openTestDatabase()).url, MLAB_HOME: home, MLAB_LOG_LEVEL: 'error' };
  const platform = stack.use(await startProcess({ target: 'tracking,registry', env }));
  const doors = { tracking: platform.urls['tracking'] ?? '', registry: platform.urls['registry'] ?? '' };
  const random = openRandom(SEED);
  const routes = [mlflowTracking, mlflowRegistry].flatMap((protocol, index) =>
    Object.values(protocol.routes).map((route) => ({ route, door: index === 0 ? doors.tracking : doors.registry, root: protocol.root })),
  );
  const known = await makeKnown(doors);
  const pools = new Map(Object.values(doors).map((url) => [url, new Pool(url, { connections: CONNECTIONS, headersTimeout: 20_000 })]));
  stack.defer(async () => void (await Promise.all([...pools.values()].map((pool) => pool.destroy()))));

  const statuses = new Map<number, number>();
  const failures: string[] = [];
  let sent = 0;
  const loop = async (): Promise<void> => {
    while (sent < REQUESTS && failures.length < 5) {
      // Each route in turn, so that all have their share.
      const { route, door, root } = routes[sent++ % routes.length] as (typeof routes)[number];
      const request = randomRequest(random, route, { known, root });
      const status = await send(pools.get(door) as Pool, request);
      if (typeof status === 'number') statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (typeof status === 'string' || status >= 500) failures.push(`${status} ${describe(request)}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, loop));
  const counts = [...statuses].toSorted(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  context.diagnostic(`seed ${SEED}; ${counts.join(', ')}`);
  assert.deepEqual(failures, [], `seed ${SEED}`);
  assert.deepEqual([platform.child.exitCode, platform.output()], [null, '']);
  assert.ok((statuses.get(200) ?? 0) > REQUESTS / 20, 'hardly a request was right enough to do anything');
  const alive = await fetch(`${doors.tracking}/mlflow/api/2.0/mlflow/experiments/search?max_results=1&view_type=ALL`);
  assert.equal(alive.status, 200);
});

/** The status, or what went wrong. The end of a connection is an answer where a body is too large or is none. */
async function send(pool: Pool, { method, path, headers, body }: RandomRequest): Promise<number | string> {
  try {
    const answer = await pool.request({ method, path, headers, ...(body === undefined ? {} : { body }) });
    const text = await answer.body.text();
    // What is wrong with spans is told as FastAPI tells it.
    const isOurs = !path.startsWith('/mlflow/v1/') && String(answer.headers['content-type']).startsWith('application/json');
    if (answer.statusCode >= 400 && method !== 'HEAD' && isOurs && !/^\{"error_code":"[A-Z_]+","message":/.test(text))
      return `no error of MLflow: ${text}`;
    return /\bat .*\.ts:\d+/.test(text) ? `a stack trace: ${text}` : answer.statusCode;
  } catch (error) {
    const { code } = error as { readonly code?: string };
    return code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE' ? 0 : `${code}: ${String(error)}`;
  }
}

const describe = ({ method, path, headers, body }: RandomRequest): string =>
  `${method} ${path.slice(0, 300)} ${JSON.stringify(headers)} ${String(body).slice(0, 400)}`;

// oxlint-disable-next-line typescript/no-explicit-any -- answers of MLflow's protocol have no types of ours
type Json = any;

/** Things that are there, by the names of the fields that ask for them, and values that other fields take. */
async function makeKnown({ tracking, registry }: { readonly tracking: string; readonly registry: string }): Promise<Known> {
  const post = async (url: string, path: string, body: object): Promise<Json> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(`${url}/mlflow/api/2.0/mlflow/${path}`, { method: 'POST', body: JSON.stringify(body), headers });
    const text = await answer.text();
    assert.equal(answer.status, 200, `${path}: ${text}`);
    return JSON.parse(text);
  };
  const { experiment_id } = await post(tracking, 'experiments/create', { name: 'fuzz' });
  const infos = await Promise.all([0, 1, 2].map(async () => (await post(tracking, 'runs/create', { experiment_id })).run.info));
  const runs = infos.map(({ run_id }: Json) => run_id);
  const { model } = await post(tracking, 'logged-models', { experiment_id, name: 'm', source_run_id: runs[0] });
  await post(registry, 'registered-models/create', { name: 'm' });
  const source = `${infos[0].artifact_uri}/x`;
  await post(registry, 'model-versions/create', { name: 'm', source, run_id: runs[0] });
  await post(registry, 'registered-models/alias', { name: 'm', alias: 'best', version: '1' });
  const models = [model.info.model_id];
  const pairs = [[{ key: 'k', value: 'v' }], [], [{ key: 'k', value: 5 }], [{}], { key: 'k' }];
  const metric = { key: 'm', value: 1, timestamp: 1, step: 1 };
  return {
    run_id: runs,
    run_uuid: runs,
    run_ids: [runs, [runs[0]], ['nope']],
    experiment_id: [experiment_id, '0'],
    experiment_ids: [[experiment_id], ['0', experiment_id], []],
    name: ['m', 'n', 'fuzz'],
    new_name: ['m2', 'n'],
    experiment_name: ['fuzz'],
    key: ['k', 'm', 'a/b', 'mlflow.runName'],
    metric_key: ['m', 'k'],
    value: [1, '1', 'NaN', 'v', ''],
    timestamp: [1, '2', 1_700_000_000_000],
    step: [0, 1, '2', -5],
    metrics: [[metric, metric], [{ ...metric, value: 'NaN' }], [metric, {}], [{ ...metric, timestamp: -1 }]],
    params: pairs,
    tags: pairs,
    filter: [
      "metrics.m > 0.5 and (params.k = 'v' or not tags.k like '%')",
      "name = 'm'",
      "run_id IN ('a')",
      'tags.k IS NULL',
      "trace.status = 'OK'",
    ],
    filter_string: ["tags.k = 'v'", "run_id = 'x'", 'attributes.timestamp_ms > 5'],
    order_by: [['metrics.m DESC', 'params.k'], ['name'], ['start_time ASC'], [{ field_name: 'metrics.m' }], ['timestamp_ms DESC']],
    max_results: [1, 10, '5', 100],
    page_token: ['eyJvZmZzZXQiOiAxfQ==', ''],
    status: ['FINISHED', 'LOGGED_MODEL_READY', 3],
    start_time: [1, '2'],
    end_time: [5],
    run_name: ['r', ''],
    user_id: ['u'],
    run_view_type: ['ALL', 'DELETED_ONLY'],
    view_type: ['ALL', 2],
    start_step: [0, '1'],
    end_step: [5],
    model_id: models,
    model_ids: [models],
    models: [[{ model_id: models[0], step: 1 }], [{}]],
    datasets: [
      [{ dataset: { name: 'd', digest: 'x', source_type: 's', source: '{}' }, tags: [{ key: 'k', value: 'v' }] }],
      [{ dataset: {} }],
    ],
    dataset_name: ['d'],
    dataset_digest: ['x'],
    source_run_id: runs,
    model_type: ['t'],
    tag_key: ['k'],
    path: ['x', 'a/b', '../x', ''],
    '*': [experiment_id, 'x', 'models', 'a b.txt', '..'],
    artifact_location: ['s3://b/c', source],
    source: [source, 's3://b/x', `models:/${models[0]}`, '/etc/passwd', 'http://127.0.0.1/x'],
    version: ['1', 1, '2'],
    alias: ['best', 'latest', 'v1'],
    description: ['d'],
    stage: ['Production', 'Staging', 'x'],
    stages: [['Production'], []],
    archive_existing_versions: [true, false, 'true'],
    url: ['https://example.com/hook', 'http://127.0.0.1:1/'],
    events: [[{ entity: 'REGISTERED_MODEL', action: 'CREATED' }], [{}]],
    secret: ['s'],
    webhook_id: ['1', 'x'],
    trace_id: ['tr-0123456789abcdef0123456789abcdef', 'x'],
    request_id: ['tr-0123456789abcdef0123456789abcdef'],
    trace_ids: [['tr-0123456789abcdef0123456789abcdef']],
    trace: [
      {
        trace_info: {
          trace_id: 'tr-0123456789abcdef0123456789abcdef',
          request_time: '2026-01-01T00:00:00Z',
          state: 'OK',
          trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } },
        },
      },
    ],
    assessment: [{ assessment_name: 'a', feedback: { value: 5 }, source: { source_type: 'HUMAN', source_id: 'x' } }],
    assessment_id: ['a-1'],
    locations: [[{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id } }]],
    max_timestamp_millis: [5],
    request_metadata: [[{ key: 'a', value: 'b' }]],
    timestamp_ms: [5],
    execution_time_ms: [5],
    model_json: ['{"artifact_path":"m","flavors":{},"utc_time_created":"x","run_id":"r"}', '{'],
    upload_id: ['x', 'abc'],
    num_parts: [1, 3, 100_000],
    parts: [[{ part_number: 1, etag: 'e', url: 'u' }]],
  };
}
