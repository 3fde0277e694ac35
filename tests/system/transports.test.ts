import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { profileOf, type Table } from '@mlab/learning';
import { classifier } from '../../services/predictor/test/files.ts';
import { startProcess } from './platform-process.ts';
import { hostHere, serveModels, type ServedModels } from './served-models.ts';
import { waitUntil } from './wait.ts';

const TRANSPORTS = ['rest', 'grpc', 'queue'] as const;
const PLACEMENTS = { apart: ['gateway'], 'co-hosted': ['gateway', 'predictor'] } as const;

const table: Table = {
  rows: 2,
  columns: [
    { kind: 'number', name: 'age', values: Float64Array.of(1, 2) },
    { kind: 'text', name: 'plan', codes: Int32Array.of(0, 1), words: ['a', 'b'] },
  ],
};
/** What a linear model is explained by. */
const PROFILE = JSON.stringify(profileOf(table, {}));

let models: ServedModels;
const gateways: Record<string, string> = {};

before(async () => {
  models = await serveModels();
  await models.register('churn', classifier(), { 'profile.json': PROFILE });
  await models.register('plain', classifier());
  await models.start(['predictor']);
  for (const transport of TRANSPORTS)
    for (const [placement, names] of Object.entries(PLACEMENTS))
      gateways[`${transport} ${placement}`] = await models.start(names, {
        MLAB_GATEWAY_TRANSPORT: transport,
        MLAB_GATEWAY_DEADLINE_MS: '20000',
      });
});
after(() => models[Symbol.asyncDispose]());

interface Question {
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  /** Only of gateways apart: each Service B would begin a thread for it. */
  readonly apart?: true;
  /** Something that is in the answer. */
  readonly says: RegExp;
}

const json = (value: unknown): string => JSON.stringify(value);
const TENSORS = {
  id: 'q',
  inputs: [
    { name: 'age', shape: [1, 1], datatype: 'FP32', data: [3] },
    { name: 'plan', shape: [1, 1], datatype: 'BYTES', data: ['a'] },
  ],
};
const age = Buffer.from(new Uint8Array(Float32Array.of(3).buffer));
const head = json({
  inputs: [
    { name: 'age', shape: [1, 1], datatype: 'FP32', parameters: { binary_data_size: 4 } },
    { name: 'plan', shape: [1, 1], datatype: 'BYTES', parameters: { binary_data_size: 5 } },
  ],
  parameters: { binary_data_output: true },
});
const binary = Buffer.concat([Buffer.from(head), age, Buffer.from([1, 0, 0, 0, 97])]);
const rows = [
  { age: 3, plan: 'a' },
  { age: -7.25, plan: 'b' },
];

const QUESTIONS: Readonly<Record<string, Question>> = {
  'an input of the lab': { path: '/process', body: { data: 'x' }, status: 200, says: /"class":/ },
  'an input that is not one': { path: '/process', body: { data: 7 }, status: 422, says: /string_type/ },
  rows: { path: '/models/churn/predict', body: { rows }, status: 200, says: /"version":1,"predictions":\[\{"prediction":"yes"/ },
  'rows of a version': { path: '/models/churn/predict', body: { rows, version: 1 }, status: 200, says: /"probabilities":\{"no":0\./ },
  'a row that does not fit': { path: '/models/churn/predict', body: { rows: [{ age: 'old', plan: 'a' }] }, status: 422, says: /"old"/ },
  'no rows': { path: '/models/churn/predict', body: { rows: [] }, status: 422, says: /rows/ },
  'a model that is not there': { path: '/models/nobody/predict', body: { rows }, status: 404, says: /nobody/ },
  'a version that is not there': { path: '/models/churn/predict', body: { rows, version: 9 }, status: 404, says: /churn/ },
  'a version and an alias': { path: '/models/churn/predict', body: { rows, version: 1, alias: 'x' }, status: 422, says: /not both/ },
  'an explanation': { apart: true, path: '/models/churn/explain', body: { rows }, status: 200, says: /"contributions"/ },
  'an explanation of what has none': { apart: true, path: '/models/plain/explain', body: { rows }, status: 409, says: /profile/ },
  'tensors in JSON': { path: '/v2/models/churn/infer', body: TENSORS, status: 200, says: /"model_version":"1"/ },
  'tensors of the demo model': {
    path: '/v2/models/demo/infer',
    body: { inputs: [{ name: 'input', shape: [1], datatype: 'BYTES', data: ['x'] }] },
    status: 200,
    says: /outputs/,
  },
  'tensors in bytes': {
    path: '/v2/models/churn/versions/1/infer',
    body: binary,
    headers: { 'inference-header-content-length': String(head.length) },
    status: 200,
    says: /binary_data_size/,
  },
  'tensors that are compressed, answered so': {
    path: '/v2/models/churn/infer',
    body: gzipSync(json(TENSORS)),
    headers: { 'content-encoding': 'gzip', 'accept-encoding': 'gzip' },
    status: 200,
    says: /./,
  },
  'a tensor of a wrong shape': {
    path: '/v2/models/churn/infer',
    body: { inputs: [{ ...TENSORS.inputs[0], shape: [2, 2] }] },
    status: 400,
    says: /"error":/,
  },
  'a header that lies': {
    path: '/v2/models/churn/infer',
    body: binary,
    headers: { 'inference-header-content-length': '99999' },
    status: 400,
    says: /"error":/,
  },
  'no JSON': { path: '/v2/models/churn/infer', body: Buffer.from('{"inputs"'), status: 400, says: /"error":/ },
  'tensors for nobody': { path: '/v2/models/nobody/infer', body: TENSORS, status: 404, says: /"error":.*nobody/ },
};

const asking = ({ apart }: Question) => Object.entries(gateways).filter(([name]) => apart === undefined || name.endsWith('apart'));

async function asked(url: string, { path, body, headers }: Question): Promise<unknown> {
  const bytes = body instanceof Uint8Array ? body : json(body);
  const init = { method: 'POST', body: bytes as string, headers: { 'content-type': 'application/json', ...headers } };
  const answer = await fetch(url + path, init);
  const kept = ['content-type', 'content-encoding', 'inference-header-content-length', 'retry-after'].map((name) =>
    answer.headers.get(name),
  );
  return { status: answer.status, kept, body: Buffer.from(await answer.arrayBuffer()).toString('latin1') };
}

suite('Service B is asked over HTTP, over gRPC and through queues, apart and in one process', () => {
  for (const [what, question] of Object.entries(QUESTIONS))
    test(`${what}: the same answer, ${question.status}`, async () => {
      const answers = await Promise.all(asking(question).map(async ([name, url]) => [name, await asked(url, question)] as const));
      const [[, first] = []] = answers as [string, { status: number; body: string }][];
      assert.equal(first?.status, question.status, first?.body);
      assert.match(first?.body ?? '', question.says);
      for (const [name, answer] of answers) assert.deepEqual(answer, first, name);
    });

  test('a question that no message may hold is refused by the queue, in the words of who asks', async () => {
    const question = { path: '/v2/models/churn/infer', body: Buffer.alloc(1_500_000, 32), status: 413, says: /./ };
    const answer = (await asked(gateways['queue apart'] ?? '', question)) as { status: number; body: string };
    assert.deepEqual([answer.status, Object.keys(JSON.parse(answer.body) as object)], [413, ['error']], answer.body);
    const other = (await asked(gateways['grpc apart'] ?? '', question)) as { status: number };
    assert.equal(other.status, 400, 'over the others the model says what it thinks of it');
  });

  test('all of it is in one log, with the model that answered', async () => {
    const url = gateways['rest apart'] ?? '';
    const log = (await (await fetch(`${url}/inputs?model=churn&version=1&status=predicted&limit=1000`)).json()) as {
      items: { data: string }[];
    };
    const good = Object.values(QUESTIONS).filter(({ path, status }) => path.includes('/churn/') && status === 200);
    const expected = good.reduce((sum, question) => sum + asking(question).length, 0);
    assert.equal(log.items.length, expected);
  });

  test('Service B killed under load: 200 and 503 only, and 200 again when it is back, whatever the transport', async (context) => {
    await using own = await hostHere();
    const env = { DATABASE_URL: own.databaseUrl };
    const first = await startProcess({ target: 'predictor', env });
    const urls = await Promise.all(
      TRANSPORTS.map((transport) => own.start(['gateway'], { MLAB_GATEWAY_TRANSPORT: transport, MLAB_GATEWAY_DEADLINE_MS: '1000' })),
    );
    const demo = json({ inputs: [{ name: 'input', shape: [1], datatype: 'BYTES', data: ['x'] }] });
    const seen = TRANSPORTS.map(() => new Map<number, number>());
    const reasons = TRANSPORTS.map(() => new Set<string>());
    const state = { going: true };
    const loops = urls.flatMap((url, index) =>
      ['/process', '/v2/models/demo/infer'].map(async (path) => {
        while (state.going) {
          const body = path === '/process' ? json({ data: 'x' }) : demo;
          const answer = await fetch(url + path, { method: 'POST', body, headers: { 'content-type': 'application/json' } });
          const text = await answer.text();
          if (answer.status !== 200) reasons[index]?.add(text);
          assert.ok(answer.status === 200 || answer.headers.get('retry-after') !== null, `${TRANSPORTS[index]} says when to come back`);
          seen[index]?.set(answer.status, (seen[index].get(answer.status) ?? 0) + 1);
          await delay(20);
        }
      }),
    );
    const all = (status: number): boolean => seen.every((counts) => (counts.get(status) ?? 0) > 3);
    try {
      await waitUntil('answers flow over each', 20_000, () => all(200));
      await first.kill();
      await waitUntil('each says that it is away', 10_000, () => all(503));
      await using second = await startProcess({ target: 'predictor', env });
      assert.ok(second.urls['predictor']);
      for (const counts of seen) counts.delete(200);
      await waitUntil('each answers again', 20_000, () => all(200));
    } finally {
      state.going = false;
      await first.kill();
      await Promise.all(loops);
      context.diagnostic(json([seen.map((counts) => [...counts]), reasons.map((texts) => [...texts])]));
    }
    for (const [index, counts] of seen.entries()) assert.deepEqual(new Set(counts.keys()), new Set([200, 503]), TRANSPORTS[index]);
  });
});
