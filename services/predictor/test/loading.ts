import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compile, GraphBuilder, readModel, writeModel, type Model } from '@mlab/onnx';
import { classifier, constant, logged, mlmodel, uncompiled } from './files.ts';
import { call, type Files, type Json, type TestServing } from './serving-for-test.ts';

/** The model with its first constant said to be of other dimensions than it has values, or elsewhere. */
function withTensor(change: (tensor: Model['graph']['initializers'][number]) => Model['graph']['initializers'][number]): Uint8Array {
  const graph = new GraphBuilder({ name: 'tensor' });
  const x = graph.input('x', 'float', 2);
  const weights = graph.constant('float', [2, 2], { kind: 'raw', bytes: new Uint8Array(16) });
  const [out] = graph.node('MatMul', [x, weights], [{ type: 'float', dims: [2] }]);
  graph.output('value', out ?? x);
  const model = graph.build();
  return writeModel({ ...model, graph: { ...model.graph, initializers: model.graph.initializers.map(change) } });
}

/** ai.onnx has no operator to write external data with here: the fields of TensorProto are put in by hand. */
function external(location: string): Uint8Array {
  const bytes = (text: string): number[] => [...Buffer.from(text)];
  const field = (number: number, content: readonly number[]): number[] => [(number << 3) | 2, content.length, ...content];
  const entry = field(13, [...field(1, bytes('location')), ...field(2, bytes(location))]);
  const tensor = [0x08, 2, 0x08, 2, 0x10, 1, ...field(8, bytes('w')), ...entry, 14 << 3, 1];
  const type = (dims: readonly number[]): number[] =>
    field(
      2,
      field(1, [
        0x08,
        1,
        ...field(
          2,
          dims.flatMap((dim) => field(1, [0x08, dim])),
        ),
      ]),
    );
  const input = field(11, [...field(1, bytes('x')), ...type([1, 2])]);
  const output = field(12, [...field(1, bytes('y')), ...type([1, 2])]);
  const node = field(1, [...field(1, bytes('x')), ...field(1, bytes('w')), ...field(2, bytes('y')), ...field(4, bytes('MatMul'))]);
  const graph = [...node, ...field(2, bytes('g')), ...field(5, tensor), ...input, ...output];
  return Uint8Array.from([0x08, 8, ...field(7, graph), ...field(8, [0x10, 17])]);
}

const HUGE = 3_000_000_000;

/** Files that are refused when they are loaded, and why. */
const refused: readonly (readonly [name: string, files: Files, reason: RegExp])[] = [
  ['nothing', { MLmodel: 'flavors:\n  sklearn:\n    data: model.pkl\n', 'model.pkl': 'x' }, /no ONNX file: log it with the flavour onnx/],
  ['two', { 'a.onnx': classifier(), 'b.onnx': classifier() }, /has 2 ONNX files, and no MLmodel/],
  [
    'elsewhere',
    { MLmodel: mlmodel('there.onnx'), 'model.onnx': classifier() },
    /says that the ONNX file is there\.onnx, which is not among/,
  ],
  ['text', logged(Buffer.from('This is no ONNX file.')), /no ONNX file/],
  ['empty', logged(new Uint8Array(0)), /no ONNX file/],
  ['truncated', logged(classifier().subarray(0, 200)), /no ONNX file that can be read|breaks? off/],
  [
    'external',
    logged(external('../../../etc/passwd')),
    /values in other files \(\.\.\/\.\.\/\.\.\/etc\/passwd\); save it as a single file/,
  ],
  ['operator', logged(uncompiled('Unheard')), /ONNX Runtime cannot load the model: .*Unheard/],
  ['declared', logged(withTensor((tensor) => ({ ...tensor, dims: [HUGE, 2] }))), /it has 4 values for the dimensions 3000000000 × 2/],
  [
    'said',
    logged(withTensor((tensor) => ({ ...tensor, dims: [HUGE, 2], content: { kind: 'raw', bytes: new Uint8Array(0) } }))),
    /it has 0 values/,
  ],
];

export function loading(serving: () => TestServing): void {
  const predict = (name: string, body: object = {}) => serving().api(`POST /models/${name}/predict`, { rows: [{ x: 1 }], ...body });
  const served = async (name: string): Promise<Json[]> =>
    (await serving().api('GET /models')).body.items.filter(({ model }: Json) => model === name);

  suite('loading', () => {
    for (const [name, files, reason] of refused) {
      test(`${name}: is refused with the reason, and listed as failed`, async () => {
        await serving().register(`bad-${name}`, files);
        const before = process.memoryUsage().rss;
        const { status, body } = await predict(`bad-${name}`);
        assert.equal(status, 409, JSON.stringify(body));
        assert.match(body.detail, reason);
        assert.ok(process.memoryUsage().rss - before < 200_000_000, 'no memory was used for what is only said');
        const [listed] = await served(`bad-${name}`);
        assert.deepEqual([listed.state, listed.detail], ['failed', body.detail]);
        assert.equal(await serving().metric(`mlab_model_loads_total{model="bad-${name}",version="1",outcome="failed"}`), 1);
        // Asked again at once it is not loaded again.
        assert.deepEqual((await predict(`bad-${name}`)).body, body);
        assert.equal(await serving().metric(`mlab_model_loads_total{model="bad-${name}",version="1",outcome="failed"}`), 1);
      });
    }

    test('what failed is told by /ready, and keeps the service from nothing', async () => {
      const { status, body } = await serving().api('GET /ready');
      assert.equal(status, 200);
      const found = body.checks.find(({ name }: Json) => name === 'models');
      assert.deepEqual([found.ok, found.required], [false, false]);
      assert.match(found.detail, /in memory or on their way, \d+ failed or quarantined: GET \/models/);
    });

    test('a file that is not the one that was registered is refused; once it is again, it is loaded when that is asked for', async () => {
      const version = await serving().register('changed', logged(constant(1)));
      const { location } = await serving().registry.getVersion({ name: 'changed', version }, call());
      const put = (bytes: Uint8Array): Promise<unknown> =>
        serving().tracking.putFile(
          {
            uri: `${location}/model.onnx`,
            body: (async function* () {
              yield bytes;
            })(),
          },
          call(),
        );
      await put(constant(2));
      const { status, body } = await predict('changed');
      assert.equal(status, 409);
      assert.match(
        body.detail,
        /^changed@1 cannot be loaded: Its file model\.onnx is not the one that was registered: it has the SHA-256 [0-9a-f]{64}, and should have/,
      );
      await put(constant(10).subarray(0, 50));
      assert.match((await serving().api('POST /models/changed/load')).body.detail, /it has 50 bytes, and should have|more than the/);
      await put(constant(1));
      const loaded = await serving().api('POST /models/changed/load');
      assert.deepEqual([loaded.status, loaded.body.state, loaded.body.backend], [200, 'ready', 'compiled']);
      assert.equal((await predict('changed')).body.predictions[0].prediction, 2);
    });

    test('a model that MLflow keeps in a folder, or without MLmodel, is found', async () => {
      await serving().register('folder', { MLmodel: mlmodel('data/onnx'), 'data/onnx/net.onnx': constant(5), 'other.onnx': constant(6) });
      assert.equal((await predict('folder')).body.predictions[0].prediction, 6);
      await serving().register('plain', { 'deep/inside.onnx': constant(7) });
      assert.equal((await predict('plain')).body.predictions[0].prediction, 8);
    });

    test('however many ask, a version is loaded once; it can be taken out of memory, and comes back', async () => {
      await serving().register('once', logged(constant(3)));
      const answers = await Promise.all(Array.from({ length: 20 }, () => predict('once')));
      assert.ok(answers.every(({ status }) => status === 200));
      const loads = 'mlab_model_loads_total{model="once",version="1",outcome="loaded"}';
      assert.equal(await serving().metric(loads), 1);
      assert.equal(await serving().metric('mlab_model_questions_total{model="once",version="1",outcome="answered"}'), 20);
      assert.equal(await serving().metric('mlab_model_rows_total{model="once",version="1"}'), 20);
      assert.ok(((await serving().metric('mlab_model_memory_bytes{model="once",version="1"}')) ?? 0) > 0);
      assert.equal(await serving().metric('mlab_model_duration_seconds_count{model="once",version="1"}'), 20);
      assert.equal((await served('once'))[0].rows, 20);
      assert.deepEqual((await serving().api('POST /models/once/unload')).body, { unloaded: 1 });
      assert.deepEqual(await served('once'), []);
      assert.equal(await serving().metric('mlab_model_memory_bytes{model="once",version="1"}'), undefined);
      assert.equal((await predict('once')).status, 200);
      assert.equal(await serving().metric(loads), 2);
    });

    test('a description says what is asked for, with rows of the example', async () => {
      const example = JSON.stringify({ age: [[31], [null]], plan: [['a'], ['b']] });
      await serving().register('described', { ...logged(classifier()), 'input_example.json': example });
      const { status, body } = await serving().api('GET /models/described?version=1');
      assert.equal(status, 200, JSON.stringify(body));
      assert.deepEqual(body.inputs, [
        { name: 'age', kind: 'number', datatype: 'FP32', shape: [], mayBeUnknown: true },
        { name: 'plan', kind: 'text', datatype: 'BYTES', shape: [], mayBeUnknown: true },
      ]);
      assert.deepEqual([body.task, body.classes, body.backend, body.version], ['binary', ['no', 'yes'], 'compiled', 1]);
      assert.deepEqual(body.example, [
        { age: 31, plan: 'a' },
        { age: null, plan: 'b' },
      ]);
      assert.equal((await serving().api('POST /models/described/predict', { rows: body.example })).status, 200);
    });
  });

  test('the files that are written for these tests are what they are said to be', () => {
    assert.deepEqual(readModel(external('w')).externalData, ['w']);
    assert.notEqual(compile(readModel(classifier())).compiled, undefined);
    assert.equal(compile(readModel(uncompiled())).compiled, undefined);
  });
}
