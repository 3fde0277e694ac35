import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { AppError, type AnyService } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { service } from '#/service.ts';
import { call, openLoggingGateway, type GatewayApp, type LoggingGateway } from './logging-gateway.ts';
import { mirror, serviceB } from './service-b.ts';

const ROWS = [{ island: 'Biscoe', mass: 4.2 }];
const PREDICTIONS = {
  model: 'penguins',
  version: 7,
  predictions: [{ prediction: 'Adelie', probabilities: { Adelie: 0.75, Gentoo: 0.25 } }],
};
const EXPLANATIONS = {
  model: 'penguins',
  version: 7,
  method: 'linear' as const,
  explanations: [{ prediction: 'Adelie', base: 0.5, score: 1, contributions: { mass: 0.5 } }],
};

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const refusing = (code: AppError['code'], retryAfter?: number) => (): never => {
  throw new AppError(code, 'Model "x" says no.', {
    retryAfter,
    issues:
      code === 'invalid'
        ? [{ type: 'float_type', loc: ['body', 'rows', 0, 'mass'], msg: 'Input should be a number', input: 'heavy' }]
        : undefined,
  });
};

let logging: LoggingGateway;
before(async () => {
  logging = await openLoggingGateway();
});
after(() => logging[Symbol.asyncDispose]());

async function started(b: AnyService, env: Readonly<Record<string, string>> = {}): Promise<GatewayApp> {
  const app = await startTest(service, { neighbours: [b], facilities: logging.database.facilities, env });
  await logging.database.query('TRUNCATE input');
  return app;
}

const infer = (
  app: GatewayApp,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
  path = 'models/m/infer',
): Promise<Response> => fetch(`${app.url}/v2/${path}`, { method: 'POST', body: body as string, headers });

const predict = (app: GatewayApp, name: string, body: unknown, what = 'predict'): Promise<Response> =>
  fetch(`${app.url}/models/${name}/${what}`, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });

describe('models through the gateway', () => {
  test('rows are predicted and explained, and are in the log with what was answered', async () => {
    const asked: unknown[] = [];
    await using app = await started(
      serviceB({ predictRows: (input) => (asked.push(input), PREDICTIONS), explainRows: (input) => (asked.push(input), EXPLANATIONS) }),
    );
    const answer = await predict(app, 'penguins', { rows: ROWS, alias: 'champion' });
    assert.deepEqual([answer.status, await answer.json()], [200, PREDICTIONS]);
    assert.deepEqual(await app.client.explainRows({ name: 'penguins', rows: ROWS, version: 7 }, call()), EXPLANATIONS);
    assert.deepEqual(asked, [
      { name: 'penguins', alias: 'champion', rows: ROWS },
      { name: 'penguins', version: 7, rows: ROWS },
    ]);
    const [first, second] = await logging.rows();
    assert.deepEqual(JSON.parse(String(first?.['data'])), { alias: 'champion', rows: ROWS });
    for (const row of [first, second])
      assert.deepEqual([row?.['outcome'], row?.['status'], row?.['model'], row?.['model_version']], ['predicted', 200, 'penguins', '7']);
    assert.deepEqual([first?.['class'], first?.['confidence'], JSON.parse(String(first?.['prediction']))], ['Adelie', 0.75, PREDICTIONS]);
    assert.ok(Number(first?.['latency_ms']) >= 0);
  });

  test('what is too long for the log is there as a summary, and many rows have no one class', async () => {
    await using app = await started(
      serviceB({ predictRows: () => ({ ...PREDICTIONS, predictions: Array(400).fill(PREDICTIONS.predictions[0]) }) }),
      {
        MLAB_GATEWAY_INPUT_LOG_MAX_MODEL_TEXT: '300',
      },
    );
    assert.equal((await predict(app, 'penguins', { rows: Array(400).fill(ROWS[0]) })).status, 200);
    const [row] = await logging.rows();
    const { summary } = JSON.parse(String(row?.['data'])) as { summary: { rows: number; columns: string[] } };
    assert.deepEqual([summary.rows, summary.columns, row?.['class']], [400, ['island', 'mass'], null]);
    assert.deepEqual(JSON.parse(String(row?.['prediction'])), { model: 'penguins', version: 7, summary: { predictions: 400 } });
  });

  test('a large body is handed on as it came, refusals too, and is in the log as what it is', async () => {
    const asked: unknown[] = [];
    await using app = await started(
      serviceB({
        predictRows: (input) => {
          asked.push(input.rows.length);
          return { ...PREDICTIONS, predictions: input.rows.map(() => PREDICTIONS.predictions[0] as object) as never };
        },
      }),
    );
    const bodyOf = (rows: number): string =>
      JSON.stringify({ rows: Array.from({ length: rows }, () => ({ island: 'Biscoe', mass: 4.25, note: 'x'.repeat(40) })) });
    const body = bodyOf(9000);
    const answer = await predict(app, 'penguins', body);
    const { predictions, ...named } = (await answer.json()) as typeof PREDICTIONS;
    assert.deepEqual([answer.status, named, predictions.length], [200, { model: 'penguins', version: 7 }, 9000]);
    assert.deepEqual(predictions[8999], PREDICTIONS.predictions[0]);
    // What is wrong with it Service B says, in the words in which it is said here.
    const [refused, same] = [await predict(app, 'penguins', `${body}!`), await predict(app, 'penguins', '{"rows": []}!')];
    assert.deepEqual([refused.status, same.status], [422, 422]);
    const faultOf = async (response: Response) =>
      ((await response.json()) as { detail: { type: string; ctx: object }[] }).detail.map(({ type, ctx }) => [type, ctx]);
    assert.deepEqual(await faultOf(refused), await faultOf(same));
    // More rows than are answered are a fault as well, which is found there.
    assert.equal((await predict(app, 'penguins', bodyOf(10_001))).status, 422);
    assert.deepEqual(asked, [9000]);
    const [first, second] = await logging.rows();
    const size = { bytes: body.length, sha256: sha256(Buffer.from(body)), binary: false };
    assert.deepEqual(JSON.parse(String(first?.['data'])), { summary: size });
    assert.deepEqual([first?.['outcome'], first?.['model'], first?.['status']], ['predicted', 'penguins', 200]);
    assert.deepEqual([second?.['outcome'], second?.['model'], second?.['status']], ['failed', 'penguins', 422]);
  });

  for (const [code, status] of [
    ['invalid', 422],
    ['not_found', 404],
    ['conflict', 409],
    ['exhausted', 429],
    ['not_implemented', 501],
  ] as const)
    test(`${code} of a model comes back as it was, is logged, and is no failure of Service B`, async () => {
      await using app = await started(serviceB({ predictRows: refusing(code), speak: { modelInfer: refusing(code) } }), {
        MLAB_GATEWAY_BREAKER_CONSECUTIVE_FAILURES: '1',
      });
      for (let times = 0; times < 2; times++) {
        const rows = await predict(app, 'x', { rows: ROWS });
        assert.equal(rows.status, status);
        const { detail } = (await rows.json()) as { detail: unknown };
        if (code === 'invalid') assert.deepEqual((detail as { loc: unknown }[])[0]?.loc, ['body', 'rows', 0, 'mass']);
        else assert.equal(detail, 'Model "x" says no.');
        const tensors = await infer(app, '{"inputs":[]}');
        assert.deepEqual([tensors.status, await tensors.json()], [code === 'invalid' ? 400 : status, { error: 'Model "x" says no.' }]);
      }
      const rows = await logging.rows();
      assert.deepEqual(
        rows.map((row) => [row['outcome'], row['model']]),
        [
          ['failed', 'x'],
          ['failed', 'm'],
          ['failed', 'x'],
          ['failed', 'm'],
        ],
      );
      assert.equal(rows[1]?.['error'], 'Model "x" says no.');
    });

  test('503 of a model is tried once more, told with its sentence and its time, and opens the breaker', async () => {
    let tried = 0;
    const counted = (): never => (tried++, refusing('unavailable', 7)());
    await using app = await started(
      serviceB({ predictRows: counted, speak: { modelInfer: counted, modelReady: refusing('unavailable') } }),
      {
        MLAB_GATEWAY_BREAKER_CONSECUTIVE_FAILURES: '3',
      },
    );
    assert.equal((await fetch(`${app.url}/v2/models/m/ready`)).status, 503);
    const tensors = await infer(app, '{"inputs":[]}');
    assert.deepEqual(
      [tensors.status, tensors.headers.get('retry-after'), await tensors.json()],
      [503, '7', { error: 'Service B is unavailable: it answered 503: Model "x" says no' }],
    );
    assert.equal(tried, 2);
    const rows = await predict(app, 'x', { rows: ROWS });
    assert.deepEqual([rows.status, rows.headers.get('retry-after')], [503, '7']);
    assert.equal(tried, 3, 'the breaker is open now');
    const refused = await infer(app, '{"inputs":[]}');
    assert.deepEqual([refused.status, await refused.json()], [503, { error: 'Service B is unavailable: the circuit breaker is open' }]);
    assert.ok(refused.headers.get('retry-after'));
    assert.equal((await fetch(`${app.url}/v2/models/m/ready`)).status, 503, 'asked past the breaker');
    assert.equal((await logging.rows()).length, 3, 'only what is inferred is in the log');
  });

  test('tensors pass as they are, in JSON, in bytes and compressed, and the log says what they were', async () => {
    await using app = await started(serviceB({ speak: { modelInfer: mirror, versionInfer: mirror } }));
    const json = '{"id":"a","inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1.5]}]}';
    const plain = await infer(app, json);
    const said = (await plain.json()) as { parameters: { asked: string }; model_version: string };
    assert.deepEqual([plain.status, said.model_version], [200, '3']);

    const values = Buffer.from([0, 255, 128, 10, 13, 0]);
    const binary = Buffer.concat([Buffer.from(json), values]);
    const answer = await infer(app, binary, { 'inference-header-content-length': String(json.length) }, 'models/m/versions/4/infer');
    const bytes = Buffer.from(await answer.arrayBuffer());
    const head = Number(answer.headers.get('inference-header-content-length'));
    assert.deepEqual(bytes.subarray(head), binary, 'the bytes came back as they went');
    const described = JSON.parse(bytes.subarray(0, head).toString()) as { parameters: { asked: string } };
    assert.deepEqual(JSON.parse(described.parameters.asked), { type: null, length: String(json.length), encoding: null });

    const packed = gzipSync(json);
    const zipped = (await (
      await infer(app, packed, { 'content-encoding': 'gzip', 'content-type': 'application/json' })
    ).json()) as typeof said;
    assert.deepEqual(JSON.parse(zipped.parameters.asked), { type: 'application/json', length: null, encoding: 'gzip' });

    const [first, second, third] = await logging.rows();
    assert.deepEqual([first?.['data'], first?.['class'], first?.['model'], first?.['model_version']], [json, 'cat', 'm', '3']);
    assert.deepEqual(JSON.parse(String(second?.['data'])), {
      id: 'a',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      summary: { bytes: binary.length, sha256: sha256(binary), binary: true },
    });
    assert.equal(second?.['model_version'], '4');
    const { summary } = JSON.parse(String(second?.['prediction'])) as { summary: { bytes: number; sha256: string } };
    assert.deepEqual([summary.bytes, summary.sha256], [bytes.length, sha256(bytes)]);
    assert.deepEqual(JSON.parse(String(third?.['data'])), {
      id: 'a',
      inputs: [{ name: 'x', datatype: 'FP32', shape: [1] }],
      summary: { bytes: packed.length, sha256: sha256(packed), binary: false, encoding: 'gzip' },
    });
  });

  test('hostile bodies reach the model as they are, break nothing here, and leave a line', async () => {
    const heard: number[] = [];
    await using app = await started(
      serviceB({
        speak: {
          modelInfer: ({ body }) => {
            heard.push(body.length);
            return { status: 400, contentType: 'application/json', body: '{"error":"no"}' };
          },
        },
      }),
    );
    const hostile: readonly (readonly [Uint8Array | string, Record<string, string>])[] = [
      ['', {}],
      ['[]', {}],
      ['{"inputs":{"length":1}}', {}],
      [`{"inputs":[{"name":{},"shape":"x","datatype":7}],"id":${'['.repeat(50_000)}`, {}],
      ['['.repeat(200_000), {}],
      [Buffer.from([0xff, 0xfe, 0, 1]), {}],
      ['{"inputs":[]}', { 'inference-header-content-length': '999999999' }],
      ['{"inputs":[]}', { 'inference-header-content-length': '-1' }],
      ['{"inputs":[]}', { 'inference-header-content-length': '1e3' }],
      ['no gzip', { 'content-encoding': 'gzip' }],
      [gzipSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'gzip' }],
      ['x', { 'content-encoding': '__proto__' }],
      [Buffer.alloc(3_000_000), { 'inference-header-content-length': '0' }],
      [`{"inputs":[{"name":"${'x'.repeat(300_000)}"}]}`, {}],
    ];
    for (const [body, headers] of hostile) {
      const answer = await infer(app, body, headers);
      assert.deepEqual([answer.status, await answer.text()], [400, '{"error":"no"}']);
    }
    assert.deepEqual(
      heard,
      hostile.map(([body]) => body.length),
    );
    const rows = await logging.rows();
    assert.equal(rows.length, hostile.length);
    assert.deepEqual(Object.keys(JSON.parse(String(rows.at(-1)?.['data'])) as object), ['summary'], 'so much JSON is not looked into');
    const large = await infer(app, Buffer.alloc(67_108_865));
    assert.deepEqual([large.status, await large.json()], [413, { error: 'The body is larger than 67108864 bytes.' }]);
    const nowhere = await fetch(`${app.url}/v2/nothing`);
    assert.deepEqual([nowhere.status, Object.keys((await nowhere.json()) as object)], [404, ['error']]);
    for (const body of ['{', '[]', '{"rows":[]}', '{"rows":7}', '{"rows":[[]]}', `{"rows":[{"a":${'['.repeat(100_000)}`]) {
      const answer = await predict(app, 'm', body);
      assert.equal(answer.status, 422, body.slice(0, 20));
    }
  });

  test('a redacted log keeps neither rows nor tensors', async () => {
    await using app = await started(serviceB({ predictRows: () => PREDICTIONS, speak: { modelInfer: mirror } }), {
      MLAB_GATEWAY_LOG_INPUT: 'redacted',
    });
    await predict(app, 'penguins', { rows: ROWS });
    await infer(app, '{"inputs":[{"name":"secret"}]}');
    const rows = await logging.rows();
    assert.deepEqual(
      rows.map(({ data, model }) => [data, model]),
      [
        [null, 'penguins'],
        [null, 'm'],
      ],
    );
    assert.equal(Buffer.from(rows[1]?.['sha256'] as Uint8Array).toString('hex'), sha256(Buffer.from('{"inputs":[{"name":"secret"}]}')));
  });

  test('the log is searched and exported by model and version', async () => {
    await using app = await started(serviceB({ predictRows: ({ name, version = 1 }) => ({ ...PREDICTIONS, model: name, version }) }));
    for (const [name, version] of [
      ['a', 1],
      ['a', 2],
      ['b', 1],
    ] as const)
      await predict(app, name, { rows: ROWS, version });
    const found = async (query: object) =>
      (await app.client.listInputs({ limit: 10, ...query }, call())).items.map(({ model, model_version }) => `${model}@${model_version}`);
    assert.deepEqual(await found({ model: 'a' }), ['a@2', 'a@1']);
    assert.deepEqual(await found({ version: '1' }), ['b@1', 'a@1']);
    assert.deepEqual(await found({ model: 'a', version: '2' }), ['a@2']);
    const csv = await (await fetch(`${app.url}/inputs/export?format=csv&model=b`)).text();
    assert.equal(csv.trim().split('\r\n').length, 2);
  });

  test('a Service B that is away is 503 in the words of each protocol, and in the log', async () => {
    await using app = await startTest(service, { peers: { predictor: 'http://127.0.0.1:9' }, facilities: logging.database.facilities });
    await logging.database.query('TRUNCATE input');
    const tensors = await infer(app, '{"inputs":[]}');
    assert.deepEqual(
      [tensors.status, tensors.headers.get('retry-after'), await tensors.json()],
      [503, '1', { error: 'Service B is unavailable: it refused the connection' }],
    );
    const ready = await fetch(`${app.url}/v2/health/ready`);
    assert.deepEqual([ready.status, await ready.json()], [503, { error: 'Service B is unavailable: it refused the connection' }]);
    assert.equal((await predict(app, 'm', { rows: ROWS })).status, 503);
    assert.deepEqual(
      (await logging.rows()).map(({ status, outcome }) => [status, outcome]),
      [
        [503, 'failed'],
        [503, 'failed'],
      ],
    );
  });

  test('a bus that is away is 503 and says so, a refusal that came over it is the refusal, and nobody who answers is a timeout', async () => {
    const { facilities } = logging.database;
    let answer = (): unknown => undefined;
    const openEvents: typeof facilities.openEvents = async (...declared) => {
      const opened = await (facilities.openEvents as NonNullable<typeof facilities.openEvents>)(...declared);
      return { ...opened, events: { ...opened.events, request: async () => answer() as never } };
    };
    const env = { MLAB_GATEWAY_TRANSPORT: 'queue', MLAB_GATEWAY_DEADLINE_MS: '150' };
    await using app = await startTest(service, { neighbours: [serviceB({})], facilities: { ...facilities, openEvents }, env });
    const said = async (next: () => unknown) => {
      answer = next;
      const { status, headers } = await predict(app, 'm', { rows: ROWS });
      return [status, headers.get('retry-after')];
    };
    assert.deepEqual(await said(() => PREDICTIONS), [200, null]);
    const away = (): never => {
      throw new AppError('unavailable', 'NATS has lost its connection.');
    };
    assert.deepEqual(await said(away), [503, '1']);
    assert.match(await (await infer(app, '{}')).text(), /the bus that carries its queues cannot be reached/);
    const refused = (): never => {
      throw new AppError('conflict', 'No.', { failure: { kind: 'answered', notSent: false, status: 409 } });
    };
    assert.deepEqual(await said(refused), [409, null]);
    assert.deepEqual(await said(() => new Promise(() => {})), [503, '1']);
  });

  test('queues need a database, and that is said at the start', async () => {
    const start = startTest(service, { neighbours: [serviceB({})], env: { MLAB_GATEWAY_TRANSPORT: 'queue' } });
    await assert.rejects(start, /^Error: MLAB_GATEWAY_TRANSPORT is queue, and there is no database, which carries queues/);
  });
});
