import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  cast,
  GraphBuilder,
  linearClassifier,
  linearRegressor,
  oneHotEncoder,
  openScorer,
  ReadingThread,
  readModel,
  scaler,
  writeModel,
  type Columns,
  type Flow,
} from '#/index.ts';
import { withoutZipMap } from '#/scorer/without-zip-map.ts';
import { assertAgree } from './agree.ts';

const fixture = (name: string): Uint8Array => readFileSync(`${import.meta.dirname}/fixtures/${name}.onnx`);

function doubling(): Uint8Array {
  const graph = new GraphBuilder();
  graph.output('y', scaler(graph, graph.input('x', 'float', 2), { offset: [0], scale: [2] }));
  return writeModel(graph.build());
}

/** A graph that has no compiled form: Round is not among the operators. */
function rounding(): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float', 2);
  graph.output('y', graph.node('Round', [x], [{ type: 'float', dims: [2] }])[0] as Flow);
  return writeModel(graph.build());
}

/** Rows times a large matrix, again and again: a few milliseconds for one, a second or so for some hundreds. */
function slow(): Uint8Array {
  const size = 1000;
  const wide = { type: 'float', dims: [size] } as const;
  const graph = new GraphBuilder();
  const row = graph.constant('float', [1, size], { kind: 'floats', values: new Float32Array(size).fill(1e-3) });
  const matrix = graph.constant('float', [size, size], { kind: 'floats', values: new Float32Array(size * size).fill(1e-3) });
  let [product] = graph.node('Mul', [graph.input('x', 'float'), row], [wide]);
  for (let times = 0; times < 30; times++) [product] = graph.node('MatMul', [product as Flow, matrix], [wide]);
  graph.output('y', product as Flow);
  return writeModel(graph.build());
}

test('a graph of known operators is compiled and says what it asks for and gives', async () => {
  await using scorer = await openScorer(doubling());
  assert.equal(scorer.backend, 'compiled');
  assert.deepEqual(scorer.inputs, [{ name: 'x', type: 'float', shape: ['rows', 2], classes: undefined }]);
  assert.deepEqual(scorer.outputs, [{ name: 'y', type: 'float', shape: [undefined, 2], classes: undefined }]);
  assert.equal(scorer.metadata.get('feature_names'), '["x"]');
  assert.deepEqual(await scorer.score({ x: [1, 2, 3, 4] }), { y: { type: 'float', dims: [2, 2], data: Float32Array.of(2, 4, 6, 8) } });
  assert.deepEqual(await scorer.score({ x: [] }), { y: { type: 'float', dims: [0, 2], data: new Float32Array(0) } });
  const kept = scorer.compiled?.score({ x: [1, 2] });
  assert.equal(scorer.compiled?.score({ x: [5, 6] }, kept), kept);
  assert.deepEqual(kept?.['y']?.data, Float32Array.of(10, 12));
});

test('one of others is computed by ONNX Runtime, behind the same interface', async () => {
  await using scorer = await openScorer(rounding());
  assert.deepEqual([scorer.backend, scorer.compiled], ['onnxruntime', undefined]);
  assert.match(scorer.reason ?? '', /operator Round/);
  assert.deepEqual(scorer.inputs, [{ name: 'x', type: 'float', shape: ['rows', 2], classes: undefined }]);
  assert.deepEqual(await scorer.score({ x: [0.4, 0.6, 1.4, -1.6] }), {
    y: { type: 'float', dims: [2, 2], data: Float32Array.of(0, 1, 1, -2) },
  });
});

const REFUSED: readonly (readonly [Columns, RegExp])[] = [
  [{}, /asks for x \(float\)/],
  [{ y: [1, 2] }, /asks for x/],
  [{ x: [1, 2, 3] }, /x .*3 values/],
  [{ x: ['1', '2'] }, /x has to be a number; value 0 is "1"/],
  [{ x: [1, null as unknown as number] }, /value 1 is null/],
  [{ x: { data: [1, 2, 3, 4], dims: [1, 4] } }, /x /],
  [{ x: { data: [1, 2, 3, 4], dims: [3, 2] } }, /x .*4 values/],
];

for (const [name, bytes] of Object.entries({ 'a compiled model': doubling(), 'ONNX Runtime': rounding() })) {
  test(`columns that are not what was asked for are refused by ${name}`, async () => {
    await using scorer = await openScorer(bytes);
    for (const [columns, message] of REFUSED) await assert.rejects(scorer.score(columns), { code: 'invalid', message });
    await assert.rejects(scorer.score({ x: [1, 2] }, { signal: AbortSignal.abort(new Error('gone away')) }), /gone away/);
    assert.equal((await scorer.score({ x: [1, 2] }))['y']?.data.length, 2);
  });
}

test('integers, booleans and texts are taken as what they are, or refused', async () => {
  const graph = new GraphBuilder();
  const [number, flag, word] = [graph.input('number', 'int64'), graph.input('flag', 'bool'), graph.input('word', 'string')];
  graph.output('number again', cast(graph, number, 'double'));
  graph.output('flag again', cast(graph, flag, 'float'));
  graph.output('word again', oneHotEncoder(graph, word, ['a', 'b']));
  for (const compiled of [true, false]) {
    await using scorer = await openScorer(writeModel(graph.build()), { compile: compiled });
    assert.equal(scorer.backend, compiled ? 'compiled' : 'onnxruntime');
    const columns = { number: [3, -4], flag: [true, 0], word: ['b', 'c'] } as unknown as Columns;
    const answers = await scorer.score(columns);
    assert.deepEqual(answers['number again']?.data, Float64Array.of(3, -4));
    assert.deepEqual(answers['flag again']?.data, Float32Array.of(1, 0));
    assert.deepEqual(answers['word again']?.data, Float32Array.of(0, 1, 0, 0));
    assert.deepEqual((await scorer.score({ ...columns, number: [5n, 2n ** 60n] }))['number again']?.data, Float64Array.of(5, 2 ** 60));
    for (const [name, value] of Object.entries({ number: [1.5], flag: [2], word: [7] })) {
      await assert.rejects(scorer.score({ number: [1], flag: [true], word: ['a'], [name]: value }), {
        code: 'invalid',
        message: new RegExp(`^${name} has to be`),
      });
    }
    // ONNX Runtime itself minds only where rows meet.
    if (compiled) await assert.rejects(scorer.score({ ...columns, number: [1] }), { code: 'invalid', message: /rows/ });
  }
});

test('probabilities that a model makes maps are a matrix with its classes', async () => {
  for (const compile of [true, false]) {
    await using scorer = await openScorer(fixture('sklearn-forest'), { compile });
    assert.deepEqual(
      scorer.outputs.map(({ name, type, classes }) => [name, type, classes]),
      [
        ['output_label', 'string', undefined],
        ['output_probability', 'float', ['setosa', 'versicolor', 'virginica']],
      ],
    );
    const answers = await scorer.score({ X: [5, 3.4, 1.5, 0.2, 6, 3, 5, 2] });
    assert.deepEqual(answers['output_probability']?.dims, [2, 3]);
    assert.deepEqual(answers['output_label']?.data, ['setosa', 'virginica']);
  }
});

test('so it is of a model of ai.onnx.ml alone', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float', 1);
  const { probabilities } = linearClassifier(graph, x, { coefficients: [1], intercepts: [0], classes: [3, 7], postTransform: 'LOGISTIC' });
  const attributes = { classlabels_int64s: { kind: 'ints', value: BigInt64Array.of(3n, 7n) } } as const;
  graph.node('ZipMap', [probabilities], [{ name: 'z', type: 'float', dims: [2] }], { domain: 'ai.onnx.ml', attributes });
  const model = graph.build();
  const float = { kind: 'tensor', element: 'float', shape: undefined } as const;
  const maps = { name: 'z', type: { kind: 'sequence', of: { kind: 'map', key: 'int64', of: float } }, doc: '' } as const;
  const bytes = writeModel({ ...model, opsets: new Map([['ai.onnx.ml', 3]]), graph: { ...model.graph, outputs: [maps] } });
  assert.ok(readModel(withoutZipMap(bytes, readModel(bytes))).opsets.has(''), 'what takes its place is of ai.onnx');
  for (const compile of [true, false]) {
    await using scorer = await openScorer(bytes, { compile });
    assert.deepEqual(await scorer.score({ x: [0] }), { z: { type: 'float', dims: [1, 2], data: Float32Array.of(0.5, 0.5) } });
    assert.deepEqual(scorer.outputs[0]?.classes, [3, 7]);
  }
});

test('questions that come while ONNX Runtime computes are answered together, each with its own rows', async () => {
  await using scorer = await openScorer(rounding());
  const sizes = Array.from({ length: 60 }, (_, index) => 1 + (index % 5));
  const answers = await Promise.all(
    sizes.map((size, index) => scorer.score({ x: Float32Array.from({ length: size * 2 }, () => index + 0.2) })),
  );
  for (const [index, answer] of answers.entries()) {
    assert.deepEqual(answer, {
      y: { type: 'float', dims: [sizes[index], 2], data: new Float32Array((sizes[index] ?? 0) * 2).fill(index) },
    });
  }
});

test('one that cannot be answered spoils no other that was asked with it', async () => {
  const graph = new GraphBuilder();
  const word = graph.input('word', 'string');
  const attributes = { cats_strings: { kind: 'strings', value: ['a', 'b'] }, zeros: { kind: 'int', value: 0n } } as const;
  graph.output(
    'y',
    graph.node('OneHotEncoder', [word], [{ type: 'float', dims: [1, 2] }], { domain: 'ai.onnx.ml', attributes })[0] as Flow,
  );
  for (const compile of [true, false]) {
    await using scorer = await openScorer(writeModel(graph.build()), { compile });
    const results = await Promise.allSettled(['a', 'b', 'unknown', 'a'].map((value) => scorer.score({ word: [value] })));
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal((results[2] as PromiseRejectedResult).reason.code, 'invalid');
  }
});

test('a run that takes too long is given up, without having held up the event loop, and a new thread takes the next one', async () => {
  await using scorer = await openScorer(slow(), { compile: false, timeoutMs: 120, maxBatchRows: 1 });
  let ticks = 0;
  const watch = setInterval(() => ticks++, 5);
  await assert.rejects(scorer.score({ x: new Float32Array(400).fill(1) }), { code: 'deadline' });
  clearInterval(watch);
  assert.ok(ticks >= 4, `the event loop turned ${ticks} times`);
  // On a machine with much else to do it may take some tries until a thread has come up in time.
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 1000, 'no thread takes the next one');
    const answer = await scorer.score({ x: [1] }).catch((error: unknown) => assert.match(String(error), /did not answer|still computes/));
    if (answer === undefined) continue;
    assert.deepEqual(answer['y']?.dims, [1, 1000]);
    break;
  }
});

test('no more rows are put together than allowed: of a model in which rows meet, each question is alone', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float');
  const attributes = { axes: { kind: 'ints', value: BigInt64Array.of(0n) } } as const;
  const [mean] = graph.node('ReduceMean', [x], [{ type: 'float', dims: [1] }], { attributes });
  graph.output('y', graph.node('Sub', [x, mean as Flow], [{ type: 'float', dims: [1] }])[0] as Flow);
  await using scorer = await openScorer(writeModel(graph.build()), { maxBatchRows: 1 });
  assert.equal(scorer.backend, 'onnxruntime');
  const answers = await Promise.all([1, 2, 3, 4, 5].map((value) => scorer.score({ x: [value] })));
  assert.deepEqual(
    answers.map((answer) => answer['y']?.data[0]),
    [0, 0, 0, 0, 0],
  );
});

test('who is closed answers no more, and who waits is told', async () => {
  const scorer = await openScorer(rounding());
  const results = Promise.allSettled(Array.from({ length: 5 }, () => scorer.score({ x: [1, 2] })));
  await setImmediate();
  await scorer[Symbol.asyncDispose]();
  for (const result of await results) if (result.status === 'rejected') assert.equal(result.reason.code, 'unavailable');
  await assert.rejects(scorer.score({ x: [1, 2] }), { code: 'unavailable' });
});

test('a queue that is full refuses at once', async () => {
  await using scorer = await openScorer(rounding(), { maxWaiting: 2, maxBatchRows: 1 });
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => scorer.score({ x: [1, 2] })));
  const refused = results.filter((result) => result.status === 'rejected');
  assert.ok(refused.length >= 5 && refused.length < 10, `${refused.length} were refused`);
  assert.ok(refused.every(({ reason }) => reason.code === 'unavailable' && reason.retryAfter === 1));
});

test('a model that takes too long to load is refused', async () => {
  await assert.rejects(openScorer(rounding(), { loadTimeoutMs: 1 }), { code: 'deadline', message: /load/ });
});

test('models that cannot be opened are refused with a sentence', async () => {
  const graph = new GraphBuilder();
  graph.output('y', graph.node('NoSuchOperator', [graph.input('x', 'float')], [{ type: 'float', dims: [1] }])[0] as Flow);
  await assert.rejects(openScorer(writeModel(graph.build())), {
    code: 'invalid',
    message: /ONNX Runtime cannot load the model.*NoSuchOperator/,
  });
  const external = new BinaryWriter().tag(13, WireType.LengthDelimited).fork().tag(1, WireType.LengthDelimited).string('location');
  const tensor = external.tag(2, WireType.LengthDelimited).string('weights.bin').join().tag(14, WireType.Varint).int32(1).finish();
  const outside = new BinaryWriter()
    .tag(1, WireType.Varint)
    .int32(8)
    .tag(7, WireType.LengthDelimited)
    .fork()
    .tag(5, WireType.LengthDelimited)
    .bytes(tensor)
    .join();
  await assert.rejects(openScorer(outside.finish()), { code: 'invalid', message: /other files \(weights\.bin\)/ });
  await assert.rejects(openScorer(Buffer.from('no model')), { code: 'invalid' });
  const half = new GraphBuilder();
  half.output('y', half.input('x', 'float16' as 'float'));
  await assert.rejects(openScorer(writeModel(half.build())), { code: 'invalid', message: /x is a float16/ });
  const { graph: whole, ...model } = readModel(doubling());
  const sequence = { kind: 'sequence', of: { kind: 'tensor', element: 'float', shape: undefined } } as const;
  const bytes = writeModel({ ...model, graph: { ...whole, inputs: [{ name: 'x', type: sequence, doc: '' }] } });
  await assert.rejects(openScorer(bytes), { code: 'invalid', message: /x is a sequence/ });
});

test('a value between can be asked for, as explanations of trees need', async () => {
  const { compile, treesOf } = await import('#/index.ts');
  const model = readModel(fixture('table-forest'));
  const [ensemble] = treesOf(model);
  const { compiled } = compile(model, { outputs: [ensemble?.input ?? ''] });
  const row = { age: [40], income: [2000], children: [2], city: ['東京'], plan: ['pro'] };
  const features = Object.values(compiled?.score(row) ?? {})[0];
  assert.deepEqual(features?.dims, [1, 9]);
  assert.deepEqual(
    Array.from(features?.data.slice(3) as Float32Array).toSorted((a, b) => a - b),
    [0, 0, 0, 0, 1, 1],
  );
  assert.throws(() => compile(model, { outputs: ['no such value'] }), { code: 'invalid' });
});

test('the two backends answer the same model the same', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float', 3);
  graph.output('y', linearRegressor(graph, x, { coefficients: [1, -2, 0.5], intercepts: [3] }));
  await using one = await openScorer(writeModel(graph.build()));
  await using other = await openScorer(writeModel(graph.build()), { compile: false });
  const columns = { x: Float32Array.from({ length: 300 }, (_, index) => Math.sin(index)) };
  assertAgree(await one.score(columns), await other.score(columns), 'linear');
});

test('a file that was read in another thread answers the same, whatever is in it; one that is none is refused the same', async () => {
  await using thread = new ReadingThread({ idleMs: 1000, memoryMb: 256 });
  const read = (bytes: Uint8Array): ReturnType<ReadingThread['read']> => thread.read(bytes);
  const names = readdirSync(`${import.meta.dirname}/fixtures`).filter((name) => name.endsWith('.onnx'));
  let trees = 0;
  for (const name of names) {
    const bytes = fixture(name.slice(0, -'.onnx'.length));
    const [here, there] = [await openScorer(bytes), await openScorer(bytes, { read })];
    if (here.compiled === undefined) assert.equal(there.reason, here.reason, name);
    else {
      trees += Number(there.model.graph.nodes.some(({ prepared }) => prepared !== undefined));
      const width = ({ shape = [] }: (typeof here.inputs)[number]): number =>
        shape.slice(1).reduce<number>((product, dim) => product * Number(dim), 1);
      const columns = Object.fromEntries(
        here.inputs.map((port) => [
          port.name,
          Array.from({ length: 40 * width(port) }, (_, at) => (port.type === 'string' ? 'abc'.charAt(at % 4) : ((at * 7) % 23) - 5)),
        ]),
      ) as Columns;
      assert.deepEqual(there.compiled?.score(columns), here.compiled.score(columns), name);
    }
    await here[Symbol.asyncDispose]();
    await there[Symbol.asyncDispose]();
  }
  assert.ok(trees >= 5, `${trees} files with trees are too few to show anything`);
  await assert.rejects(openScorer(Buffer.from('none'), { read }), { code: 'invalid', message: /no ONNX file/ });
});

test('a file that takes too much memory to read is refused, and the next one is read', async () => {
  await using thread = new ReadingThread({ idleMs: 1000, memoryMb: 16 });
  const graph = new GraphBuilder();
  const categories = Array.from({ length: 400_000 }, (_, at) => `category ${at}`);
  graph.output('y', oneHotEncoder(graph, graph.input('x', 'string'), categories));
  await assert.rejects(thread.read(writeModel(graph.build())), { code: 'invalid', message: /takes more than 16 MiB to read/ });
  assert.deepEqual((await thread.read(doubling())).graph, readModel(doubling()).graph);
});

test('in a process of its own ONNX Runtime answers the same, tells when it is lost, and begins anew', async () => {
  const lost: string[] = [];
  await using scorer = await openScorer(rounding(), { isolation: 'process', timeoutMs: 10_000, onLost: (why) => lost.push(why) });
  await using inThread = await openScorer(rounding());
  const columns = { x: [0.4, 1.6] };
  assert.deepEqual(await scorer.score(columns), await inThread.score(columns));
  await assert.rejects(scorer.score({ x: [1, 2, 3] }), { code: 'invalid' });
  await assert.rejects(openScorer(rounding().subarray(0, 60), { isolation: 'process' }), { code: 'invalid' });
  assert.deepEqual(lost, []);
});

test('that process knows nothing of the environment of this one', { skip: process.platform !== 'linux' && '/proc tells it' }, async () => {
  process.env['MLAB_ONNX_TEST_PASSWORD'] = 'secret';
  try {
    await using scorer = await openScorer(rounding(), { isolation: 'process' });
    assert.equal(scorer.backend, 'onnxruntime');
    const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ');
    const ours = children.map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8')).filter((text) => text.includes('NODE_CHANNEL_FD='));
    assert.equal(ours.length, 1);
    assert.doesNotMatch(ours.join(), /MLAB_|PATH=\//);
  } finally {
    delete process.env['MLAB_ONNX_TEST_PASSWORD'];
  }
});
