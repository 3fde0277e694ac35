import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compile,
  GraphBuilder,
  readModel,
  treeClassifier,
  treeRegressor,
  treesOf,
  writeModel,
  type FlowType,
  type Trees,
} from '#/index.ts';
import { assertAgree } from './agree.ts';
import { compareWithReference } from './compare-with-reference.ts';
import { Random } from './random.ts';
import { randomFeatures, randomTrees, type TreeShape } from './random-trees.ts';

const FEATURES = 6;
const MODES = [['LEQ'], ['LT'], ['LEQ', 'LT'], ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ'], ['GT'], ['GTE'], ['EQ'], ['NEQ']] as const;
const POST_TRANSFORMS = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'] as const;

function write(trees: Trees, type: FlowType): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', type, FEATURES);
  if (trees.classes === undefined) graph.output('value', treeRegressor(graph, x, trees));
  else {
    const { label, probabilities } = treeClassifier(graph, x, trees);
    graph.output('label', label);
    graph.output('probabilities', probabilities);
  }
  return writeModel(graph.build());
}

function randomShape(random: Random, more: Pick<TreeShape, 'targets' | 'weights'> & Partial<TreeShape>): TreeShape {
  return {
    trees: 1 + random.int(9),
    depth: random.int(6),
    features: FEATURES,
    modes: random.pick(MODES),
    missing: random.pick([0, 0.5, 1]),
    positive: random.chance(0.4),
    postTransform: random.pick(POST_TRANSFORMS),
    ...more,
  };
}

const base = (random: Random, counts: readonly number[]): number[] => random.list(random.pick(counts), () => random.normal() * 0.1);

const classes = (random: Random, count: number): readonly string[] | readonly number[] =>
  random.pick<readonly string[] | readonly number[]>([
    random.list(count, (index) => `class ${index}`),
    random.list(count, (index) => index),
    random.list(count, (index) => index * 5 - 3),
  ]);

function regressor(random: Random): TreeShape {
  const targets = random.pick([1, 1, 2, 3]);
  const weights = targets === 1 ? 'one' : random.pick(['one', 'all', 'some'] as const);
  const aggregate = random.pick(['SUM', 'AVERAGE', 'MIN', 'MAX'] as const);
  return randomShape(random, { targets, weights, aggregate, baseValues: base(random, [0, targets]) });
}

function multiclass(random: Random): TreeShape {
  const targets = random.pick([3, 4]);
  const weights = random.pick(['one', 'all', 'some'] as const);
  return randomShape(random, { targets, weights, baseValues: base(random, [0, targets]), classes: classes(random, targets) });
}

function binary(random: Random): TreeShape {
  const weights = random.pick(['one', 'all', 'some', 'first', 'second'] as const);
  const isSparse = weights === 'one' || weights === 'some';
  const shape = randomShape(random, {
    targets: 2,
    weights,
    baseValues: base(random, isSparse ? [0, 2] : [0, 1, 2]),
    classes: classes(random, 2),
  });
  // Of a single score ONNX Runtime's PROBIT leaves the second of two probabilities what happens to be in memory.
  return weights === 'all' || weights === 'second' || shape.postTransform !== 'PROBIT' ? shape : { ...shape, postTransform: 'SOFTMAX' };
}

/** Integers of all sizes that float32 rounds, too. */
const integers = (random: Random, count: number): number[] =>
  random.list(count, () => Math.round(random.normal() * 10 ** random.int(9)) + 0);

function inputs(random: Random, type: FlowType, count: number): Float32Array | Float64Array | number[] {
  if (type === 'int64' || type === 'int32') return integers(random, count);
  const floats = randomFeatures(random, count);
  return type === 'float' ? floats : Float64Array.from(floats, (value) => (random.chance(0.3) ? value + 1e-9 : value));
}

const CASES = [
  { name: 'regressors', shape: regressor, types: ['float', 'float', 'double'] },
  { name: 'classifiers of two classes', shape: binary, types: ['float', 'float', 'double', 'int64', 'int32'] },
  { name: 'classifiers of more classes', shape: multiclass, types: ['float', 'float', 'double', 'int64', 'int32'] },
] as const;

for (const { name, shape, types } of CASES) {
  test(`compiled ${name} of trees answer as ONNX Runtime does`, async () => {
    for (let seed = 0; seed < 120; seed++) {
      const random = new Random(seed);
      const trees = randomTrees(random, shape(random));
      const type = random.pick<FlowType>(types);
      const rows = 1 + random.int(40);
      await compareWithReference(write(trees, type), { x: inputs(random, type, rows * FEATURES) }, rows, `seed ${seed}`);
    }
  });
}

test('a batch of many blocks is answered as its rows are', () => {
  const random = new Random(7);
  const trees = randomTrees(random, { ...multiclass(random), trees: 13, depth: 5, missing: 0.5 });
  const { compiled } = compile(readModel(write(trees, 'float')));
  const x = randomFeatures(random, 1000 * FEATURES);
  const whole = compiled?.score({ x });
  for (const row of [0, 1, 127, 128, 500, 999]) {
    const one = compiled?.score({ x: x.subarray(row * FEATURES, (row + 1) * FEATURES) });
    assert.deepEqual(one?.['probabilities']?.data, whole?.['probabilities']?.data.slice(row * trees.targets, (row + 1) * trees.targets));
    assert.deepEqual(one?.['label']?.data[0], whole?.['label']?.data[row]);
  }
});

test('what is written of trees is read again, and thresholds tell float32 values apart as their doubles did', () => {
  const random = new Random(3);
  for (const mode of ['LEQ', 'LT', 'GTE', 'GT'] as const) {
    const trees = randomTrees(random, { trees: 3, depth: 4, features: FEATURES, targets: 1, weights: 'one', modes: [mode], missing: 0.5 });
    const exact = { ...trees, thresholds: trees.thresholds.map((threshold) => threshold + (random.chance(0.5) ? 1e-12 : -1e-12)) };
    const [read] = treesOf(readModel(write(exact, 'float')));
    assert.deepEqual([read?.trees.targets, read?.trees.covers?.length], [1, trees.features.length]);
    const { compiled } = compile(readModel(write(exact, 'float')));
    const x = randomFeatures(random, 200 * FEATURES);
    const answers = compiled?.score({ x })['value']?.data;
    for (let row = 0; row < 200; row++) {
      assert.equal(answers?.[row], walked(exact, x.subarray(row * FEATURES, (row + 1) * FEATURES)), `${mode}, row ${row}`);
    }
  }
});

/** The sum of the leaves, by the plainest walk there is. */
function walked(trees: Trees, x: Float32Array): number {
  const mode = { 0: (a: number, b: number) => a <= b, 1: (a: number, b: number) => a < b, 2: (a: number, b: number) => a >= b } as const;
  let sum = 0;
  for (const root of trees.roots) {
    let node = root;
    while ((trees.features[node] ?? -1) >= 0) {
      const value = x[trees.features[node] ?? 0] ?? 0;
      const compare = mode[trees.modes[node] as 0] ?? ((a: number, b: number) => a > b);
      const holds = compare(value, trees.thresholds[node] ?? 0) || (Number.isNaN(value) && trees.missingYes[node] === 1);
      node = (holds ? trees.yes[node] : trees.no[node]) ?? 0;
    }
    sum = Math.fround(sum + Math.fround(trees.weights[trees.weightStarts[node] ?? 0] ?? 0));
  }
  return sum;
}

test('trees read again are the trees that were written', () => {
  const random = new Random(11);
  for (let round = 0; round < 20; round++) {
    const trees = randomTrees(random, round % 2 === 0 ? multiclass(random) : { ...regressor(random), targets: 2, weights: 'some' });
    const bytes = write(trees, 'float');
    const [read] = treesOf(readModel(bytes));
    assert.ok(read !== undefined);
    // Written again, the nodes already stand in the order of their depth, so that all stays as it is.
    const again = write(read.trees, 'float');
    assert.deepEqual(treesOf(readModel(again))[0]?.trees, read.trees);
    const x = randomFeatures(random, 20 * FEATURES);
    const [first, second] = [bytes, again].map((model) => compile(readModel(model)).compiled?.score({ x }));
    assertAgree(first ?? {}, second ?? {}, `round ${round}`);
  }
});
