import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import { AppError } from '@mlab/kernel/errors';
import { compile, GraphBuilder, readModel, scaler, treesOf, valuesOf, writeModel, type Model, type Tensor } from '#/index.ts';
import { Random } from './random.ts';

const folder = `${import.meta.dirname}/fixtures`;
const fixtures = readdirSync(folder)
  .filter((file) => file.endsWith('.onnx'))
  .map((file) => readFileSync(`${folder}/${file}`));

/** Reads, compiles and computes what it can; all that may come of it is an answer or a refusal of what came. */
function tryAll(bytes: Uint8Array): 'answered' | 'not compiled' | 'refused' {
  try {
    const model = readModel(bytes);
    treesOf(model);
    const { compiled } = compile(model);
    if (compiled === undefined) return 'not compiled';
    const columns = compiled.inputs.map(({ name, type, shape }) => {
      const width = (shape ?? []).slice(1).reduce<number>((product, dim) => product * Number(dim), 1);
      return [name, Array.from({ length: width }, () => (type === 'string' ? 'a' : 0))] as const;
    });
    compiled.score(Object.fromEntries(columns) as Record<string, number[]>);
    return 'answered';
  } catch (error) {
    assert.ok(AppError.is(error, 'invalid'), `${String(error)}\n${error instanceof Error ? error.stack : ''}`);
    return 'refused';
  }
}

test('files that break off anywhere are refused or read as far as they make sense', () => {
  const results = new Set<string>();
  for (const bytes of fixtures) {
    for (let end = 0; end < bytes.length; end += Math.max(1, Math.floor(bytes.length / 40))) results.add(tryAll(bytes.subarray(0, end)));
  }
  assert.ok(results.has('refused'));
});

test('files with changed bytes never do more than be refused', () => {
  const random = new Random(5);
  const results = { answered: 0, 'not compiled': 0, refused: 0 };
  for (let round = 0; round < 1800; round++) {
    const bytes = Uint8Array.from(random.pick(fixtures));
    for (let changes = 1 + random.int(4); changes > 0; changes--)
      bytes[random.int(bytes.length)] = random.pick([0, 1, 127, 128, 255, random.int(256)]);
    results[tryAll(bytes)]++;
  }
  assert.ok(results.answered > 200 && results.refused > 200, JSON.stringify(results));
});

test('bytes that are no ONNX file are refused', () => {
  const random = new Random(6);
  for (const bytes of [
    new Uint8Array(0),
    Buffer.from('PK\u0003\u0004'),
    Buffer.from('{"model": 1}'),
    Uint8Array.from(random.list(500, () => random.int(256))),
  ]) {
    assert.throws(() => readModel(bytes), { code: 'invalid' });
  }
});

test('nesting, numbers of parts, groups and sizes have limits', () => {
  const nested = (depth: number): Uint8Array => {
    let graph = new BinaryWriter().tag(2, WireType.LengthDelimited).string('g').finish();
    for (let level = 0; level < depth; level++) {
      const attribute = new BinaryWriter().tag(6, WireType.LengthDelimited).bytes(graph).finish();
      const node = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(attribute).finish();
      graph = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(node).finish();
    }
    return new BinaryWriter().tag(1, WireType.Varint).int32(8).tag(7, WireType.LengthDelimited).bytes(graph).finish();
  };
  assert.equal(readModel(nested(5)).graph.nodes[0]?.attributes.get('')?.kind, 'graph');
  assert.throws(() => readModel(nested(200)), /nested deeper/);
  const [bytes = new Uint8Array(0)] = fixtures;
  assert.throws(() => readModel(bytes, { maxMessages: 10 }), /more than 10 parts/);
  assert.throws(() => readModel(bytes, { maxBytes: 100 }), /at most 100/);
  const groups = Buffer.from('c301'.repeat(100_000), 'hex');
  assert.throws(() => readModel(groups), /group/);
  const endless = new BinaryWriter().tag(7, WireType.LengthDelimited).uint32(4_000_000_000).finish();
  assert.throws(() => readModel(endless), { code: 'invalid' });
});

test('a value that goes beyond its message is refused, even where bytes follow', () => {
  // An attribute of four bytes whose float begins in the second of them.
  const attribute = Buffer.from('0a00150000803f', 'hex').subarray(0, 5);
  const node = new BinaryWriter()
    .tag(5, WireType.LengthDelimited)
    .bytes(attribute)
    .tag(4, WireType.LengthDelimited)
    .string('Relu')
    .finish();
  const graph = new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(node).finish();
  const model = new BinaryWriter().tag(1, WireType.Varint).int32(8).tag(7, WireType.LengthDelimited).bytes(graph).finish();
  assert.throws(() => readModel(model), /in the middle of a value/);
});

test('values in other files are seen wherever they are, and never opened', () => {
  const external = new BinaryWriter().tag(13, WireType.LengthDelimited).fork();
  external.tag(1, WireType.LengthDelimited).string('location').tag(2, WireType.LengthDelimited).string('../../etc/passwd').join();
  const tensor = external.tag(8, WireType.LengthDelimited).string('w').tag(14, WireType.Varint).int32(1).finish();
  const attribute = new BinaryWriter()
    .tag(1, WireType.LengthDelimited)
    .string('value')
    .tag(5, WireType.LengthDelimited)
    .bytes(tensor)
    .finish();
  const node = new BinaryWriter().tag(5, WireType.LengthDelimited).bytes(attribute).finish();
  const places = {
    initializer: new BinaryWriter().tag(7, WireType.LengthDelimited).fork().tag(5, WireType.LengthDelimited).bytes(tensor).join(),
    attribute: new BinaryWriter().tag(7, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).bytes(node).join(),
    function: new BinaryWriter()
      .tag(7, WireType.LengthDelimited)
      .fork()
      .join()
      .tag(25, WireType.LengthDelimited)
      .fork()
      .tag(7, WireType.LengthDelimited)
      .bytes(node)
      .join(),
  };
  for (const [place, writer] of Object.entries(places)) {
    const model = readModel(writer.tag(1, WireType.Varint).int32(8).finish());
    assert.deepEqual(model.externalData, ['../../etc/passwd'], place);
    const [initializer] = model.graph.initializers;
    if (initializer !== undefined) assert.throws(() => valuesOf(initializer), /another file/);
  }
});

test('tensors are read in all the ways they may be kept', () => {
  const tensor = (type: Tensor['type'], content: Tensor['content'], dims = [2]): Tensor => ({ name: 't', type, dims, content });
  const bytes = (values: ArrayBufferView): Uint8Array => new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const unaligned = (values: ArrayBufferView): Uint8Array => Buffer.concat([Buffer.alloc(1), bytes(values)]).subarray(1);
  assert.deepEqual(valuesOf(tensor('float', { kind: 'raw', bytes: unaligned(Float32Array.of(1, -2)) })), Float32Array.of(1, -2));
  assert.deepEqual(valuesOf(tensor('double', { kind: 'doubles', values: Float64Array.of(0.1, 2) })), Float64Array.of(0.1, 2));
  assert.deepEqual(
    valuesOf(tensor('int64', { kind: 'raw', bytes: unaligned(BigInt64Array.of(-1n, 2n ** 60n)) })),
    BigInt64Array.of(-1n, 2n ** 60n),
  );
  assert.deepEqual(valuesOf(tensor('float16', { kind: 'raw', bytes: bytes(Float16Array.of(0.5, -2)) })), Float16Array.of(0.5, -2));
  assert.deepEqual(valuesOf(tensor('int8', { kind: 'int32s', values: Int32Array.of(-1, 127) })), Int8Array.of(-1, 127));
  assert.deepEqual(valuesOf(tensor('bool', { kind: 'int32s', values: Int32Array.of(0, 1) })), Uint8Array.of(0, 1));
  assert.deepEqual(
    valuesOf(tensor('uint32', { kind: 'uint64s', values: BigUint64Array.of(1n, 4294967295n) })),
    Uint32Array.of(1, 4294967295),
  );
  assert.deepEqual(valuesOf(tensor('string', { kind: 'strings', values: ['a', 'é'] })), ['a', 'é']);
  assert.deepEqual(valuesOf(tensor('int64', { kind: 'floats', values: new Float32Array(0) }, [0])), new BigInt64Array(0));
  for (const [type, content, dims] of [
    ['float', { kind: 'raw', bytes: new Uint8Array(7) }, [2]],
    ['float', { kind: 'raw', bytes: new Uint8Array(8) }, [3]],
    ['float', { kind: 'raw', bytes: new Uint8Array(8) }, [-1, -2]],
    ['int64', { kind: 'floats', values: Float32Array.of(1, 2) }, [2]],
    ['bfloat16', { kind: 'raw', bytes: new Uint8Array(4) }, [2]],
    ['float16', { kind: 'int32s', values: Int32Array.of(1, 2) }, [2]],
  ] as const) {
    assert.throws(() => valuesOf(tensor(type, content, [...dims])), { code: 'invalid' }, `${type} ${content.kind}`);
  }
});

test('everything that is written is read again, and the bytes are the same every time', () => {
  const make = (): Model => {
    const graph = new GraphBuilder({ name: 'g', doc: 'What it is for.', irVersion: 10, opset: 21 });
    graph.output('y', scaler(graph, graph.input('x', 'float', 2), { offset: [1, 2], scale: [0.5, 3] }));
    return graph.build({ zeta: 'last', alpha: 'first', signature: '{}' });
  };
  const bytes = writeModel(make());
  assert.deepEqual(writeModel(make()), bytes);
  assert.deepEqual(readModel(bytes), make());
  assert.deepEqual([...make().metadata.keys()], ['alpha', 'feature_names', 'signature', 'zeta']);
});

test('a graph that would fill the memory is not compiled', () => {
  const graph = new GraphBuilder();
  let wide = graph.input('x', 'float', 1000);
  for (let doubled = 0; doubled < 30; doubled++) {
    [wide = wide] = graph.node('Concat', [wide, wide], [{ type: 'float', dims: [(wide.dims[0] ?? 0) * 2] }], {
      attributes: { axis: { kind: 'int', value: 1n } },
    });
  }
  graph.output('y', wide);
  assert.match(compile(readModel(writeModel(graph.build()))).reason ?? '', /more than/);
});

test('trees that go in circles are refused before anybody walks them', () => {
  const ints = (...values: number[]): { kind: 'ints'; value: BigInt64Array } => ({
    kind: 'ints',
    value: BigInt64Array.from(values.map(BigInt)),
  });
  const write = (yes: readonly number[], no: readonly number[]): Uint8Array => {
    const graph = new GraphBuilder();
    const x = graph.input('x', 'float', 1);
    const attributes = {
      n_targets: { kind: 'int', value: 1n },
      nodes_treeids: ints(0, 0, 0, 0),
      nodes_nodeids: ints(0, 1, 2, 3),
      nodes_featureids: ints(0, 0, 0, 0),
      nodes_modes: { kind: 'strings', value: ['BRANCH_LEQ', 'BRANCH_LEQ', 'LEAF', 'LEAF'] },
      nodes_values: { kind: 'floats', value: Float32Array.of(0, 0, 1, 2) },
      nodes_truenodeids: ints(...yes),
      nodes_falsenodeids: ints(...no),
      target_ids: ints(0, 0),
      target_treeids: ints(0, 0),
      target_nodeids: ints(2, 3),
      target_weights: { kind: 'floats', value: Float32Array.of(1, 2) },
    } as const;
    const [y = x] = graph.node('TreeEnsembleRegressor', [x], [{ type: 'float', dims: [1] }], { domain: 'ai.onnx.ml', attributes });
    graph.output('y', y);
    return writeModel(graph.build());
  };
  assert.deepEqual(compile(readModel(write([1, 2, 0, 0], [2, 3, 0, 0]))).compiled?.score({ x: [-1, 1] })['y']?.data, Float32Array.of(1, 1));
  for (const [yes, no, what] of [
    [[1, 0, 0, 0], [2, 3, 0, 0], /own descendant/],
    [[0, 2, 0, 0], [1, 3, 0, 0], /own descendant/],
    [[2, 2, 0, 0], [3, 3, 0, 0], /in no tree/],
    [[1, 9, 0, 0], [2, 3, 0, 0], /no node 9/],
  ] as const) {
    assert.throws(() => compile(readModel(write(yes, no))), what);
  }
});
