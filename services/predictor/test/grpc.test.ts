import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, suite, test } from 'node:test';
import { create, fromBinary, toBinary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Client, credentials } from '@grpc/grpc-js';
import { predictorGrpc } from '@mlab/contracts/predictor-grpc';
import { AppError, defineContract, defineService, readConfig, rootCall, schema } from '@mlab/kernel';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import type { Columns, ElementType, Output, Port } from '@mlab/onnx';
import { GRPCInferenceService, type ModelInferRequestSchema, type ModelInferResponse } from '@mlab/protos/open-inference';
import { PredictorService } from '@mlab/protos/predictor';
import { Type } from '@mlab/schema';
import { plainTracer } from '@mlab/telemetry';
import type { ServedModel } from '#/domain/served-model.ts';
import { config } from '#/config.ts';
import { LargeQuestions } from '#/large/large-questions.ts';
import { grpcServices } from '#/protocols/grpc/services.ts';
import { Statistics } from '#/protocols/open-inference/statistics.ts';
import { openGrpcTransport } from '../../../packages/kernel/src/grpc/client.ts';
import { classifier, logged } from './files.ts';
import { call, startServing, type TestServing } from './serving-for-test.ts';

type Request = Exclude<MessageInitShape<typeof ModelInferRequestSchema>, { readonly $typeName: string }>;

/** Each datatype: what ONNX calls it, two values in a typed list, and the same raw. */
const TYPES: Readonly<Record<string, readonly [ElementType, object | undefined, Uint8Array]>> = {
  BOOL: ['bool', { boolContents: [true, false] }, Uint8Array.of(1, 0)],
  INT8: ['int8', { intContents: [-128, 127] }, bytesOf(Int8Array.of(-128, 127))],
  INT16: ['int16', { intContents: [-32_768, 5] }, bytesOf(Int16Array.of(-32_768, 5))],
  INT32: ['int32', { intContents: [-2_147_483_648, 5] }, bytesOf(Int32Array.of(-2_147_483_648, 5))],
  INT64: ['int64', { int64Contents: [-9_223_372_036_854_775_808n, 5n] }, bytesOf(BigInt64Array.of(-9_223_372_036_854_775_808n, 5n))],
  UINT8: ['uint8', { uintContents: [255, 0] }, Uint8Array.of(255, 0)],
  UINT16: ['uint16', { uintContents: [65_535, 5] }, bytesOf(Uint16Array.of(65_535, 5))],
  UINT32: ['uint32', { uintContents: [4_294_967_295, 5] }, bytesOf(Uint32Array.of(4_294_967_295, 5))],
  UINT64: ['uint64', { uint64Contents: [18_446_744_073_709_551_615n, 5n] }, bytesOf(BigUint64Array.of(18_446_744_073_709_551_615n, 5n))],
  FP16: ['float16', undefined, bytesOf(Float16Array.of(1.5, -2))],
  FP32: ['float', { fp32Contents: [1.5, Number.NaN] }, bytesOf(Float32Array.of(1.5, Number.NaN))],
  FP64: ['double', { fp64Contents: [0.1, -Infinity] }, bytesOf(Float64Array.of(0.1, -Infinity))],
  BYTES: ['string', { bytesContents: [Buffer.from('é🐟'), Buffer.alloc(0)] }, Buffer.from('\u0006\0\0\0é🐟\0\0\0\0')],
};

function bytesOf({ buffer }: { readonly buffer: ArrayBufferLike }): Uint8Array {
  return new Uint8Array(buffer);
}

/** Gives back what it is given: one input and one output of each datatype, so that whole answers can be compared. */
function echo(element: ElementType): ServedModel {
  const port: Port = { name: 'x', type: element, shape: [undefined], classes: undefined };
  return {
    model: 'echo',
    version: 3,
    sha256: '',
    bytes: 0,
    backend: 'compiled',
    reason: undefined,
    inputs: [port],
    outputs: [port],
    metadata: new Map(),
    ask: async (columns: Columns) => {
      const { data, dims } = columns['x'] as { data: Output['data']; dims: readonly number[] };
      return { x: { type: element, dims, data } };
    },
  };
}

/** The protocol over models of which each is called as its datatype. */
const echoes = defineService({
  contract: defineContract({
    name: 'echoes',
    title: 'Echoes',
    label: 'Echoes',
    description: '',
    port: 8990,
    wire: 'problem',
    operations: {},
    grpc: predictorGrpc,
  }),
  needs: {},
  config: schema(Type.Object({})),
  start: ({ clock, isReady }) => {
    const large = new LargeQuestions(readConfig('predictor', config, {}));
    const standing = ({ model }: { readonly model: string }) => (TYPES[model] === undefined ? undefined : echo(TYPES[model][0]));
    const open = async ({ model }: { readonly model: string }): Promise<ServedModel> => {
      throw new AppError('not_found', `There is no model ${model}.`);
    };
    const models = { standing, open, insist: open, list: () => [], unload: async () => 0 };
    const never = (): never => assert.fail('not asked here');
    const handlers = { predict: never, predictRows: never, explainRows: never };
    const deps = { models, registry: undefined, statistics: new Statistics(clock), isReady, large, handlers, infer: never };
    return { handlers: {}, grpc: async () => grpcServices(deps) };
  },
});

const wayTo = (url: string) =>
  openGrpcTransport({ callee: 'predictor', label: 'Service B', url: () => url, caller: 'test', tracer: plainTracer });

const refusal = async (answer: Promise<unknown>): Promise<string> => {
  const error = await answer.then(
    () => assert.fail('it was answered'),
    (thrown: AppError) => thrown,
  );
  return `${error.code}: ${error.message}`;
};

suite('tensors', () => {
  let app: TestApp<typeof echoes.contract>;
  let way: ReturnType<typeof wayTo>;
  before(async () => {
    app = await startTest(echoes);
    way = wayTo(app.grpcUrl);
  });
  after(async () => {
    await way[Symbol.asyncDispose]();
    await app[Symbol.asyncDispose]();
  });
  const infer = (request: Request): Promise<ModelInferResponse> => way.client(GRPCInferenceService).modelInfer(request, rootCall('test'));
  const input = (datatype: string, contents?: object, size = 2) => ({
    name: 'x',
    datatype,
    shape: [BigInt(size)],
    ...(contents && { contents }),
  });

  for (const [datatype, [, typed, raw]] of Object.entries(TYPES)) {
    test(`of ${datatype} come back as they were sent`, async () => {
      const answer = await infer({ modelName: datatype, id: 'é', inputs: [input(datatype)], rawInputContents: [raw] });
      assert.equal(answer.id, 'é');
      assert.deepEqual([answer.outputs[0]?.datatype, answer.outputs[0]?.shape], [datatype, [2n]]);
      assert.deepEqual(
        answer.rawOutputContents.map((bytes) => Buffer.from(bytes)),
        [Buffer.from(raw)],
      );
      assert.equal(answer.outputs[0]?.contents, undefined);
      if (typed === undefined) return;
      const spelled = await infer({ modelName: datatype, inputs: [input(datatype, typed)] });
      assert.deepEqual(spelled.rawOutputContents, []);
      const { contents } = spelled.outputs[0] as { contents: object };
      const [field, values] = Object.entries(typed)[0] as [keyof typeof contents, readonly unknown[]];
      assert.deepEqual(
        (contents[field] as unknown[]).map((value) => (value instanceof Uint8Array ? Buffer.from(value) : value)),
        values,
      );
    });
  }

  for (const [what, sentence, request] of [
    [
      'raw for one input and typed for another',
      /^invalid: "x" has contents, and the request raw_input_contents/,
      { inputs: [input('FP32', { fp32Contents: [1, 2] })], rawInputContents: [Buffer.alloc(8)] },
    ],
    [
      'one raw too many',
      /^invalid: The request has 1 inputs, and 2 raw_input_contents/,
      { inputs: [input('FP32')], rawInputContents: [Buffer.alloc(8), Buffer.alloc(8)] },
    ],
    [
      'raw bytes that are too few',
      /^invalid: x has 7 bytes, and 2 values of FP32 take 8/,
      { inputs: [input('FP32')], rawInputContents: [Buffer.alloc(7)] },
    ],
    [
      'values in the wrong list',
      /^invalid: x is of FP32, whose values come in fp32_contents; there are some in int_contents/,
      { inputs: [input('FP32', { intContents: [1, 2] })] },
    ],
    [
      'fewer values than the shape says',
      /^invalid: x has 1 values in fp32_contents, and 2 by its shape/,
      { inputs: [input('FP32', { fp32Contents: [1] })] },
    ],
    ['no values at all', /^invalid: x has 0 values in fp32_contents/, { inputs: [input('FP32')] }],
    [
      'a shape as large as none',
      /^invalid: x cannot be as large|^invalid: The shape of x/,
      { inputs: [{ ...input('FP32'), shape: [9_223_372_036_854_775_807n, 9_223_372_036_854_775_807n] }] },
    ],
    [
      'a huge shape with few values',
      /^invalid: x has 0 values in fp32_contents, and 1000000000000 by its shape/,
      { inputs: [{ ...input('FP32'), shape: [1_000_000_000_000n] }] },
    ],
    ['a negative dimension', /^invalid: The shape of x .* -1/, { inputs: [{ ...input('FP32'), shape: [-1n] }] }],
    [
      'another datatype',
      /^invalid: x of echo is of datatype FP32, and came as FP64/,
      { inputs: [input('FP64', { fp64Contents: [1, 2] })] },
    ],
    ['a datatype that nobody knows', /^invalid: The datatype of "x" has to be one of BOOL/, { inputs: [input('BF16')] }],
    [
      'an input of another name',
      /^invalid: y is no input of echo/,
      { inputs: [{ ...input('FP32', { fp32Contents: [1, 2] }), name: 'y' }] },
    ],
    ['no input', /^invalid: echo asks for x; missing: x/, { inputs: [] }],
    [
      'an output that it does not have',
      /^invalid: z is no output of echo/,
      { inputs: [input('FP32', { fp32Contents: [1, 2] })], outputs: [{ name: 'z' }] },
    ],
    [
      'shared memory',
      /^invalid: "x" lies in shared memory/,
      { inputs: [{ ...input('FP32'), parameters: { shared_memory_region: { parameterChoice: { case: 'stringParam', value: 'r' } } } }] },
    ],
    [
      'an integer that is too large',
      /^invalid: Value 1 of x is 128, which is no INT8/,
      { modelName: 'INT8', inputs: [input('INT8', { intContents: [1, 128] })] },
    ],
    [
      'text that is none',
      /^invalid: Value 0 of x is not UTF-8/,
      { modelName: 'BYTES', inputs: [input('BYTES', { bytesContents: [Buffer.of(0xff), Buffer.of()] })] },
    ],
    [
      'FP16 as a typed list',
      /^invalid: x is of FP16, which comes in raw_input_contents only/,
      { modelName: 'FP16', inputs: [input('FP16', { fp32Contents: [1, 2] })] },
    ],
    ['a model that is not there', /^not_found: There is no model nobody/, { modelName: 'nobody' }],
  ] as readonly [string, RegExp, object][]) {
    test(`with ${what} are refused`, async () => {
      assert.match(await refusal(infer({ modelName: 'FP32', ...request })), sentence);
    });
  }
});

suite('models', () => {
  let serving: TestServing;
  let way: ReturnType<typeof wayTo>;
  before(async () => {
    serving = await startServing();
    await serving.register('churn', logged(classifier(0)));
    await serving.register('churn', logged(classifier(100)));
    await serving.registry.setAlias({ name: 'churn', alias: 'champion', version: 1 }, call());
    await serving.register('broken', logged(Buffer.from('no model')));
    way = wayTo(serving.grpcUrl);
  });
  after(async () => {
    await way[Symbol.asyncDispose]();
    await serving[Symbol.asyncDispose]();
  });
  const ask = () => way.client(GRPCInferenceService);
  const float = (value: number): Buffer => Buffer.from(new Uint8Array(Float32Array.of(value).buffer));
  const row = (modelVersion = ''): Request => ({
    modelName: 'churn',
    modelVersion,
    inputs: [
      { name: 'age', datatype: 'FP32', shape: [1n, 1n] },
      { name: 'plan', datatype: 'BYTES', shape: [1n, 1n] },
    ],
    rawInputContents: [float(3), Buffer.from('\u0001\0\0\0a')],
  });

  test('of the registry are asked, described, counted, listed, taken out of memory and loaded again', async () => {
    assert.deepEqual((await ask().serverReady({}, call())).ready, true);
    assert.equal((await ask().modelReady({ name: 'churn' }, call())).ready, true);
    assert.equal((await ask().modelReady({ name: 'nobody' }, call())).ready, false);
    assert.equal((await ask().modelReady({ name: 'broken' }, call())).ready, false);
    const metadata = await ask().modelMetadata({ name: 'churn', version: '2' }, call());
    assert.deepEqual(
      metadata.inputs.map(({ name, datatype, shape }) => [name, datatype, shape]),
      [
        ['age', 'FP32', [-1n, 1n]],
        ['plan', 'BYTES', [-1n, 1n]],
      ],
    );
    const answer = await ask().modelInfer(row('champion'), call());
    assert.deepEqual([answer.modelVersion, answer.outputs.map(({ name }) => name)], ['1', ['label', 'probabilities']]);
    assert.equal(Buffer.from(answer.rawOutputContents[0] ?? []).toString('utf8', 4), 'yes');
    const classes = { classification: { parameterChoice: { case: 'int64Param', value: 1n } } } as const;
    const best = await ask().modelInfer({ ...row('2'), outputs: [{ name: 'probabilities', parameters: classes }] }, call());
    assert.match(Buffer.from(best.rawOutputContents[0] ?? []).toString('utf8', 4), /^1\.000000:1$/);
    const { config } = await ask().modelConfig({ name: 'churn' }, call());
    assert.deepEqual(
      config?.input.map(({ dataType }) => dataType),
      [11, 13],
    );
    const { modelStats } = await ask().modelStatistics({ name: 'churn', version: '1' }, call());
    assert.equal(modelStats[0]?.inferenceStats?.success?.count, 1n);
    const { models } = await ask().repositoryIndex({ ready: true }, call());
    assert.ok(models.some(({ name, version, state }) => name === 'churn' && version === '1' && state === 'READY'));
    await ask().repositoryModelUnload({ modelName: 'churn' }, call());
    await ask().repositoryModelLoad({ modelName: 'churn' }, call());
    assert.match(await refusal(ask().repositoryModelLoad({ modelName: 'churn', parameters: { config: {} } }, call())), /^invalid: config/);
    assert.match(await refusal(ask().modelInfer({ ...row(), modelName: 'broken' }, call())), /^conflict: /);
  });

  test('are asked for rows, which are refused with what is wrong with them', async () => {
    const rows = way.client(PredictorService);
    const answer = await rows.predictRows(
      { name: 'churn', which: { case: 'alias', value: 'champion' }, rows: [{ age: 3, plan: 'a' }] },
      call(),
    );
    assert.deepEqual([answer.model, answer.version, answer.predictions[0]?.['prediction']], ['churn', 1, 'yes']);
    const wrong = await rows.predictRows({ name: 'churn', rows: [{ age: 'old', plan: 'a' }] }, call()).catch((error: unknown) => error);
    assert.ok(AppError.is(wrong, 'invalid'));
    assert.deepEqual(wrong.issues?.[0]?.loc.slice(-2), [0, 'age']);
    assert.match(wrong.message, /age/);
    assert.match(await refusal(rows.predictRows({ name: 'churn', rows: [] }, call())), /^invalid: .*rows/);
    const unexplained = rows.explainRows({ name: 'churn', rows: [{ age: 3, plan: 'a' }] }, call());
    assert.match(await refusal(unexplained), /^conflict: To explain a linear model/);
    const demo = await rows.predict({ input: '日本🐟' }, call());
    assert.equal(demo.inputLength, 3n);
    assert.match(demo.message, new RegExp(demo.className));
  });

  test('answer one request of a stream after the other, and a refused one does not end it', async () => {
    const { method } = GRPCInferenceService;
    const { input, output } = method.modelStreamInfer;
    const client = new Client(new URL(serving.grpcUrl).host, credentials.createInsecure());
    const stream = client.makeBidiStreamRequest(
      '/inference.GRPCInferenceService/ModelStreamInfer',
      (request: Request) => Buffer.from(toBinary(input, create(input, request))),
      (bytes: Buffer) => fromBinary(output, bytes),
    );
    const final = { triton_enable_empty_final_response: { parameterChoice: { case: 'boolParam', value: true } } } as const;
    for (const request of [row('1'), { ...row('9'), id: 'b' }, { ...row('2'), parameters: final }]) stream.write(request);
    stream.end();
    const answers = (await Array.fromAsync(stream as AsyncIterable<unknown>)) as MessageShape<typeof output>[];
    assert.deepEqual(
      answers.map(({ errorMessage, inferResponse }) => [errorMessage !== '', inferResponse?.modelVersion, inferResponse?.id]),
      [
        [false, '1', ''],
        [true, '', 'b'],
        [false, '2', ''],
      ],
    );
    assert.equal(answers[2]?.inferResponse?.parameters['triton_final_response']?.parameterChoice.value, true);
    // One that is left open does not hold up who shuts down: it is ended once what has come is answered.
    const open = client.makeBidiStreamRequest(
      '/inference.GRPCInferenceService/ModelStreamInfer',
      (request: Request) => Buffer.from(toBinary(input, create(input, request))),
      (bytes: Buffer) => fromBinary(output, bytes),
    );
    open.write(row('1'));
    await once(open, 'data');
    const ended = once(open, 'status');
    const began = performance.now();
    await serving[Symbol.asyncDispose]();
    await ended;
    assert.ok(performance.now() - began < 8000);
    client.close();
  });
});
