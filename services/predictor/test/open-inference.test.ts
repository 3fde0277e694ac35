import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { after, before, suite, test } from 'node:test';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { registry } from '@mlab/contracts/registry';
import { fake, startTest } from '@mlab/kernel/testing';
import { Compile } from 'typebox/schema';
import { service } from '#/service.ts';
import { classifier, constant, logged, uncompiled } from './files.ts';
import schemas from './open-inference-schemas.json' with { type: 'json' };
import { call, startServing, type Json, type TestServing } from './serving-for-test.ts';

let serving: TestServing;
before(async () => {
  serving = await startServing();
  await serving.register('churn', logged(classifier(0)));
  await serving.register('churn', logged(classifier(100)));
  await serving.registry.setAlias({ name: 'churn', alias: 'champion', version: 1 }, call());
  await serving.registry.setAlias({ name: 'churn', alias: 'next-one', version: 2 }, call());
  await serving.register('erf', logged(uncompiled()));
  await serving.register('broken', logged(Buffer.from('no model')));
});
after(() => serving[Symbol.asyncDispose]());

/** By the protocol's own description of its answers. */
const valid = Object.fromEntries(
  Object.keys(schemas.$defs).map((name) => [name, Compile({ $defs: schemas.$defs, $ref: `#/$defs/${name}` } as object)]),
);

function assertValid(schema: keyof typeof schemas.$defs, value: unknown): void {
  assert.ok(valid[schema]?.Check(value), `${JSON.stringify(value)} is no ${schema}`);
}

const parsed = (text: string): Json => JSON.parse(text);

/** Bytes have no media type, as those of Triton's client have none. */
async function ask(route: string, body?: unknown, headers: Record<string, string> = {}, base = serving.url) {
  const [method, path] = route.split(' ') as [string, string];
  const isBytes = body instanceof Uint8Array;
  const init: RequestInit = body === undefined ? {} : { body: isBytes ? (body as NonNullable<RequestInit['body']>) : JSON.stringify(body) };
  const answer = await fetch(base + path, { method, headers, ...init });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const length = Number(answer.headers.get('inference-header-content-length') ?? bytes.length);
  return {
    status: answer.status,
    headers: answer.headers,
    json: parsed(bytes.toString('utf8', 0, length)),
    rest: bytes.subarray(length),
  };
}

const age = { name: 'age', shape: [2, 1], datatype: 'FP32', data: [3, -7] };
const plan = { name: 'plan', shape: [2, 1], datatype: 'BYTES', data: [['a'], ['b']] };
const float = (value: number): Buffer => Buffer.from(new Uint8Array(Float32Array.of(value).buffer));

suite('the protocol says', () => {
  test('what the server is and that it is there, with and without a last slash', async () => {
    for (const path of ['/v2', '/v2/']) {
      const { status, json } = await ask(`GET ${path}`);
      assert.equal(status, 200);
      assertValid('metadata_server_response', json);
      assert.ok(json.extensions.includes('binary_tensor_data'));
    }
    assert.deepEqual((await ask('GET /v2/health/live')).json, { live: true });
    assert.deepEqual((await ask('GET /v2/health/ready')).json, { live: true, ready: true });
  });

  test('what a model asks for and gives, and which version is meant', async () => {
    for (const [where, version] of [
      ['', '1'],
      ['/versions/2', '2'],
      ['/versions/next-one', '2'],
    ] as const) {
      const { status, json } = await ask(`GET /v2/models/churn${where}`);
      assert.equal(status, 200, JSON.stringify(json));
      assertValid('metadata_model_response', json);
      assert.equal(json.platform, 'onnx_mlab');
      assert.equal(json.properties.version, version);
      assert.ok(json.versions.includes(version), json.versions);
      assert.deepEqual(json.inputs, [
        { name: 'age', datatype: 'FP32', shape: [-1, 1] },
        { name: 'plan', datatype: 'BYTES', shape: [-1, 1] },
      ]);
      assert.deepEqual(json.outputs[1], { name: 'probabilities', datatype: 'FP32', shape: [-1, 2] });
    }
    const { json } = await ask('GET /v2/models/erf/config');
    assert.equal(json.platform, 'onnxruntime_onnx');
    assert.deepEqual(json.input[0].data_type, 'TYPE_FP32');
  });

  test('whether a model is ready, loading it, and why it is not', async () => {
    assert.deepEqual((await ask('GET /v2/models/churn/versions/2/ready')).json, { name: 'churn', ready: true });
    const { status, json } = await ask('GET /v2/models/broken/ready');
    assert.equal(status, 503);
    assert.equal(json.ready, false);
    assert.match(json.error, /broken/);
    assert.equal((await ask('GET /v2/models/nobody/ready')).status, 404);
  });
});

suite('a model answers', () => {
  test('JSON in the words of the protocol, under the version that was meant', async () => {
    for (const [where, version, label] of [
      ['', '1', ['yes', 'no']],
      ['/versions/1', '1', ['yes', 'no']],
      ['/versions/champion', '1', ['yes', 'no']],
      ['/versions/next-one', '2', ['yes', 'yes']],
    ] as const) {
      const { status, json, headers } = await ask(`POST /v2/models/churn${where}/infer`, { id: 'q-1', inputs: [plan, age] });
      assert.equal(status, 200, JSON.stringify(json));
      assertValid('inference_response', json);
      assert.equal(headers.get('content-type'), 'application/json');
      const { outputs, ...rest } = json;
      assert.deepEqual(rest, { model_name: 'churn', model_version: version, id: 'q-1' });
      assert.deepEqual(outputs[0], { name: 'label', datatype: 'BYTES', shape: [2], data: label });
      assert.deepEqual([outputs[1].name, outputs[1].datatype, outputs[1].shape], ['probabilities', 'FP32', [2, 2]]);
    }
  });

  test('with the outputs that were asked for, also as the greatest classes', async () => {
    const outputs = [{ name: 'probabilities', parameters: { classification: 1 } }];
    const { json } = await ask('POST /v2/models/churn/infer', { inputs: [age, plan], outputs });
    assert.deepEqual(json.outputs, [{ name: 'probabilities', datatype: 'BYTES', shape: [2, 1], data: ['0.924142:1', '0.989013:0'] }]);
  });

  test('bytes with bytes, with JSON among them, without a media type', async () => {
    const inputs = [
      { name: 'age', shape: [1, 1], datatype: 'FP32', parameters: { binary_data_size: 4 } },
      { ...plan, shape: [1, 1], data: ['a'] },
    ];
    const outputs = [{ name: 'label' }, { name: 'probabilities', parameters: { binary_data: true } }];
    const header = Buffer.from(JSON.stringify({ inputs, outputs }));
    const { status, json, rest, headers } = await ask('POST /v2/models/churn/infer', Buffer.concat([header, float(3)]), {
      'inference-header-content-length': String(header.length),
    });
    assert.equal(status, 200, JSON.stringify(json));
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.deepEqual(json.outputs[0].data, ['yes']);
    assert.deepEqual(json.outputs[1].parameters, { binary_data_size: 8 });
    assert.ok(Math.abs(rest.readFloatLE(4) - 1 / (1 + Math.exp(-2.5))) < 1e-6);
  });

  test('a body of nothing but values', async () => {
    const { json, rest } = await ask('POST /v2/models/erf/infer', float(0.5), { 'inference-header-content-length': '0' });
    assert.deepEqual(json.outputs, [{ name: 'value', datatype: 'FP32', shape: [1, 1], parameters: { binary_data_size: 4 } }]);
    assert.ok(Math.abs(rest.readFloatLE(0) - 0.5204999) < 1e-6);
  });

  test('compressed with compressed', async () => {
    const rows = 1000;
    const inputs = [{ name: 'x', shape: [rows, 1], datatype: 'FP32', data: Array.from({ length: rows }, () => 0) }];
    const body = gzipSync(JSON.stringify({ inputs }));
    const answer = await fetch(`${serving.url}/v2/models/erf/infer`, {
      method: 'POST',
      body,
      headers: { 'content-encoding': 'gzip', 'accept-encoding': 'deflate' },
    });
    assert.equal(answer.headers.get('content-encoding'), 'deflate');
    assert.equal(((await answer.json()) as Json).outputs[0].data.length, rows);
    const zeros = gzipSync(Buffer.alloc(10_000_000));
    const bomb = Buffer.concat(Array.from({ length: 7 }, () => zeros));
    const refused = await ask('POST /v2/models/erf/infer', bomb, { 'content-encoding': 'gzip' });
    assert.equal(refused.status, 413);
    assertValid('inference_error_response', refused.json);
  });
});

suite('whatever a client gets wrong', () => {
  const wrong: readonly (readonly [string, unknown, Record<string, string>, number, RegExp])[] = [
    ['churn', { inputs: [age] }, {}, 400, /^churn asks for age, plan; missing: plan\.$/],
    ['churn', { inputs: [age, plan, { ...age, name: 'Age' }] }, {}, 400, /^Age is no input of churn, which asks for age, plan\.$/],
    ['churn', { inputs: [{ ...age, datatype: 'FP64' }, plan] }, {}, 400, /^age of churn is of datatype FP32, and came as FP64\.$/],
    ['churn', { inputs: [{ ...age, shape: [2] }, plan] }, {}, 400, /^age of churn has the shape \[-1,1\], and came as \[2\]\.$/],
    ['churn', { inputs: [{ ...age, shape: [1, 1], data: [3] }, plan] }, {}, 400, /age.*1.*plan.*2|plan.*2.*age.*1/],
    ['churn', { inputs: [{ ...age, shape: [2 ** 31, 1] }, plan] }, {}, 400, /^age has 2 values, and its shape \[2147483648,1\] has room/],
    ['churn', { inputs: [age, plan], outputs: [{ name: 'p' }] }, {}, 400, /^p is no output of churn, which gives label, probabilities\.$/],
    ['churn', { inputs: [age, plan] }, { 'inference-header-content-length': '999999' }, 400, /says that 999999 bytes are JSON/],
    ['churn', { inputs: [age, plan] }, { 'inference-header-content-length': '-1' }, 400, /has to be a number of bytes/],
    ['churn', { inputs: [age, plan] }, { 'content-encoding': 'gzip' }, 400, /^The body cannot be decompressed as gzip\.$/],
    ['churn', Buffer.from('no JSON'), {}, 400, /^The request is not JSON/],
    ['erf', { inputs: [{ ...age, name: 'x', data: [3, 'b'] }] }, {}, 400, /^x has to be a number \(FP32\); value 1 is "b"\.$/],
    ['nobody', { inputs: [] }, {}, 404, /nobody/],
    ['churn/versions/9', { inputs: [] }, {}, 404, /9/],
    ['churn/versions/99999999999', { inputs: [] }, {}, 404, /^churn has no version 99999999999\.$/],
    ['churn/versions/nothing', { inputs: [] }, {}, 404, /nothing/],
    ['demo/versions/2', { inputs: [] }, {}, 404, /^The demo model has version 1/],
  ];

  test('is refused with its reason, and nothing else is disturbed', async () => {
    const [answers] = await Promise.all([
      Promise.all(wrong.map(([model, body, headers]) => ask(`POST /v2/models/${model}/infer`, body, headers))),
      Promise.all(Array.from({ length: 20 }, () => ask('POST /v2/models/churn/infer', { inputs: [age, plan] }))).then((good) => {
        for (const { status, json } of good) assert.deepEqual([status, json.outputs[0].data], [200, ['yes', 'no']]);
      }),
    ]);
    for (const [index, { status, json }] of answers.entries()) {
      const [model, , , expected, sentence] = wrong[index] as (typeof wrong)[number];
      assertValid('inference_error_response', json);
      assert.match(json.error, sentence, model);
      assert.equal(status, expected, json.error);
    }
  });

  test('is told in the protocol also where no route is', async () => {
    for (const [route, expected] of [
      ['GET /v2/nothing', 404],
      ['GET /v2/models/churn/infer', 405],
      ['POST /v2/repository/models/nobody/load', 404],
      ['POST /v2/repository/models/nobody/unload', 404],
      ['POST /v2/repository/models/demo/unload', 400],
    ] as const) {
      const { status, json } = await ask(route);
      assert.deepEqual([status, typeof json.error], [expected, 'string'], route);
    }
    assert.equal((await ask('POST /v2/repository/models/churn/load', { parameters: { config: '{}' } })).status, 400);
    assert.equal((await ask('POST /v2/repository/index', Buffer.from('{'))).status, 400);
  });
});

test('what is in memory, and what could be; what was asked how often', async () => {
  await serving.register('late', logged(constant(7)));
  const indexOf = async (body?: object): Promise<Json> => (await ask('POST /v2/repository/index', body)).json;
  const stateOf = (index: Json, name: string): unknown => index.find((one: Json) => one.name === name)?.state;
  assert.equal(stateOf(await indexOf(), 'late'), 'UNAVAILABLE');
  assert.equal(stateOf(await indexOf({ ready: true }), 'late'), undefined);
  assert.equal((await ask('POST /v2/repository/models/late/load')).status, 200);
  assert.equal(stateOf(await indexOf({ ready: true }), 'late'), 'READY');
  assert.equal(stateOf(await indexOf(), 'demo'), 'READY');
  const x = { name: 'x', shape: [3, 1], datatype: 'FP32', data: [1, 2, 3] };
  const { json } = await ask('POST /v2/models/late/infer', { inputs: [x] });
  assert.deepEqual(json.outputs[0].data, [8, 9, 10]);
  assert.equal((await ask('POST /v2/models/late/infer', { inputs: [] })).status, 400);
  const [stats] = (await ask('GET /v2/models/late/stats')).json.model_stats;
  assert.deepEqual([stats.version, stats.inference_count, stats.execution_count, stats.inference_stats.fail.count], ['1', 3, 1, 1]);
  assert.ok(stats.inference_stats.success.ns > 0 && stats.last_inference > 1.7e12);
  assert.ok((await ask('GET /v2/models/stats')).json.model_stats.length > 1);
  assert.equal((await ask('POST /v2/repository/models/late/unload')).status, 200);
  assert.equal(stateOf(await indexOf(), 'late'), 'UNAVAILABLE');
  // Nothing is there to be unloaded, and it is a model all the same.
  assert.equal((await ask('POST /v2/repository/models/late/unload')).status, 200);
});

test('a lab without a registry speaks it too, and serves the demo model', async () => {
  await using app = await startTest(service);
  const inputs = [{ name: 'input', shape: [2], datatype: 'BYTES', data: ['hi', '𝄞 €'] }];
  const { status, json } = await ask('POST /v2/models/demo/versions/1/infer', { inputs }, {}, app.url);
  assert.equal(status, 200);
  assertValid('inference_response', json);
  assert.equal(json.model_name, 'demo');
  assert.match(json.outputs[0].data[0], /^(cat|dog|bird|fish|rabbit)$/);
  assert.deepEqual(json.outputs[2], { name: 'input_length', datatype: 'INT64', shape: [2], data: [2, 3] });
  assert.deepEqual((await ask('POST /v2/repository/index', undefined, {}, app.url)).json, [
    { name: 'demo', version: '1', state: 'READY', reason: '' },
  ]);
  assert.equal((await ask('GET /v2/models/churn', undefined, {}, app.url)).status, 404);
});

test('what is in memory is told also while the registry cannot be asked', async () => {
  await using app = await startTest(service, { neighbours: [fake(registry, {})] });
  const { status, json } = await ask('POST /v2/repository/index', undefined, {}, app.url);
  assert.deepEqual([status, json.map(({ name }: Json) => name)], [200, ['demo']]);
  assert.equal((await ask('POST /v2/repository/models/churn/unload', undefined, {}, app.url)).status, 200);
  const { status: refused, json: why } = await ask('GET /v2/models/churn/ready', undefined, {}, app.url);
  assert.deepEqual([refused, why.ready], [503, false]);
});

test('each question of docs/open-inference.md is answered as printed', async () => {
  await using app = await startTest(service);
  const guide = await readFile(new URL('../../../docs/open-inference.md', import.meta.url), 'utf8');
  const blocks = [...guide.matchAll(/```sh\n([\s\S]*?)```\s+```json\n([\s\S]*?)```/g)];
  assert.equal(blocks.length, 3);
  for (const [, asked = '', answer = ''] of blocks) {
    const { stdout } = await promisify(execFile)('sh', ['-c', asked.replace('localhost:8001', new URL(app.url).host)]);
    assert.deepEqual(JSON.parse(stdout), JSON.parse(answer), asked);
  }
});
