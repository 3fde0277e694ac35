import { test } from 'node:test';
import assert from 'node:assert/strict';
import { compile, GraphBuilder, readModel, treesOf, writeModel, type Attribute, type Flow, type FlowType, type Trees } from '#/index.ts';
import { floats, int, ints } from '#/build/attribute.ts';
import { compareWithReference } from './compare-with-reference.ts';
import { Random } from './random.ts';
import { randomFeatures, randomTrees } from './random-trees.ts';

const FEATURES = 5;
const MEMBER = 6;
const POST_TRANSFORMS = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];
const AGGREGATES = ['AVERAGE', 'SUM', 'MIN', 'MAX'];

const tensor = (type: 'float' | 'double', values: readonly number[]): Attribute => ({
  kind: 'tensor',
  value: {
    name: '',
    type,
    dims: [values.length],
    content:
      type === 'float' ? { kind: 'floats', values: Float32Array.from(values) } : { kind: 'doubles', values: Float64Array.from(values) },
  },
});

/** Trees as version 5 of ai.onnx.ml has them: leaves apart from nodes, some nodes asking for membership in a set. */
function attributesOfV5(random: Random, trees: Trees, type: 'float' | 'double', sets = 0.2): Readonly<Record<string, Attribute>> {
  const isLeaf = (node: number): boolean => (trees.features[node] ?? -1) < 0;
  const all = Array.from(trees.features, (_, node) => node);
  const inner = all.filter((node) => !isLeaf(node));
  const leaves = all.filter(isLeaf);
  const place = (node: number): number => (isLeaf(node) ? leaves : inner).indexOf(node);
  const modes = inner.map((node) => (random.chance(sets) ? MEMBER : (trees.modes[node] ?? 0)));
  const members = modes.flatMap((mode) =>
    mode === MEMBER ? [...random.list(1 + random.int(4), () => 1 + random.int(12)), Number.NaN] : [],
  );
  const weight = (leaf: number): number => trees.weightStarts[leaf] ?? 0;
  return {
    n_targets: int(trees.targets),
    aggregate_function: int(AGGREGATES.indexOf(trees.aggregate)),
    post_transform: int(POST_TRANSFORMS.indexOf(trees.postTransform)),
    tree_roots: ints(Array.from(trees.roots, place)),
    nodes_modes: {
      kind: 'tensor',
      value: { name: '', type: 'uint8', dims: [modes.length], content: { kind: 'raw', bytes: Uint8Array.from(modes) } },
    },
    nodes_splits: tensor(
      type,
      inner.map((node) => trees.thresholds[node] ?? 0),
    ),
    nodes_featureids: ints(inner.map((node) => trees.features[node] ?? 0)),
    nodes_truenodeids: ints(inner.map((node) => place(trees.yes[node] ?? 0))),
    nodes_falsenodeids: ints(inner.map((node) => place(trees.no[node] ?? 0))),
    nodes_trueleafs: ints(inner.map((node) => Number(isLeaf(trees.yes[node] ?? 0)))),
    nodes_falseleafs: ints(inner.map((node) => Number(isLeaf(trees.no[node] ?? 0)))),
    nodes_missing_value_tracks_true: ints(inner.map((node) => trees.missingYes[node] ?? 0)),
    membership_values: tensor(type, members),
    leaf_targetids: ints(leaves.map((leaf) => trees.weightTargets[weight(leaf)] ?? 0)),
    leaf_weights: tensor(
      type,
      leaves.map((leaf) => trees.weights[weight(leaf)] ?? 0),
    ),
  };
}

function write(attributes: Readonly<Record<string, Attribute>>, targets: number, type: FlowType): Uint8Array {
  const graph = new GraphBuilder();
  const x = graph.input('x', type, FEATURES);
  const [value] = graph.node('TreeEnsemble', [x], [{ type, dims: [targets] }], { domain: 'ai.onnx.ml', attributes });
  graph.output('value', value as Flow);
  const model = graph.build();
  return writeModel({ ...model, opsets: new Map([...model.opsets, ['ai.onnx.ml', 5]]) });
}

test('compiled trees of version 5, with sets, answer as ONNX Runtime does', async () => {
  for (let seed = 0; seed < 60; seed++) {
    const random = new Random(seed);
    const targets = random.pick([1, 3]);
    const trees = randomTrees(random, {
      trees: 1 + random.int(6),
      depth: 1 + random.int(4),
      features: FEATURES,
      targets,
      modes: random.pick([['LEQ'], ['LEQ', 'LT', 'GTE', 'GT', 'EQ', 'NEQ']] as const),
      missing: random.pick([0, 0.5]),
      weights: 'one',
      aggregate: random.pick(['SUM', 'AVERAGE', 'MIN', 'MAX'] as const),
      postTransform: random.pick(['NONE', 'SOFTMAX_ZERO', 'PROBIT'] as const),
    });
    // ONNX Runtime takes a root whose two children have the same number for a single leaf, even if one of them is none.
    if (hasAmbiguousRoot(trees)) continue;
    const type = random.pick(['float', 'double'] as const);
    const rows = 1 + random.int(30);
    // Whole numbers, because in sets of three and more ONNX Runtime takes 2.5 for 2.
    const x = randomFeatures(random, rows * FEATURES).map((value) => (random.chance(0.5) ? random.int(14) : Math.trunc(value)));
    await compareWithReference(write(attributesOfV5(random, trees, type), targets, type), { x }, rows, `seed ${seed}`);
  }
});

function hasAmbiguousRoot({ roots, features, yes, no }: Trees): boolean {
  const isLeaf = (node: number): boolean => (features[node] ?? -1) < 0;
  const nodes = Array.from(features, (_, node) => node);
  const place = (node: number): number => nodes.filter((other) => other < node && isLeaf(other) === isLeaf(node)).length;
  return Array.from(roots).some((root) => isLeaf(root) || place(yes[root] ?? 0) === place(no[root] ?? 0));
}

test('trees of version 5 that have nodes in common are walked as they are', async () => {
  const random = new Random(4);
  const shape = { trees: 3, depth: 3, features: FEATURES, targets: 1, modes: ['LEQ'], missing: 0.5, weights: 'one', even: true } as const;
  const attributes = attributesOfV5(random, randomTrees(random, shape), 'float', 0);
  const x = randomFeatures(random, 30 * FEATURES).map(Math.trunc);
  for (const roots of [
    [0, 0],
    [1, 0],
    [0, 1, 1, 0],
  ]) {
    await compareWithReference(write({ ...attributes, tree_roots: ints(roots) }, 1, 'float'), { x }, 30, `roots ${roots.join()}`);
  }
});

test('SOFTMAX and LOGISTIC of version 5 are left to ONNX Runtime, which takes one for the other', () => {
  const random = new Random(2);
  const shape = { trees: 2, depth: 2, features: FEATURES, targets: 2, modes: ['LEQ'], missing: 0, weights: 'one', even: true } as const;
  for (const postTransform of ['SOFTMAX', 'LOGISTIC'] as const) {
    const bytes = write(attributesOfV5(random, randomTrees(random, { ...shape, postTransform }), 'float'), 2, 'float');
    assert.match(compile(readModel(bytes)).reason ?? '', /for each other/);
    assert.equal(treesOf(readModel(bytes))[0]?.trees.postTransform, postTransform);
  }
});

test('thresholds that are a tensor of doubles are compared as doubles', async () => {
  const graph = new GraphBuilder();
  const x = graph.input('x', 'double', 1);
  const between = 0.1 + 1e-12;
  const attributes = {
    n_targets: int(1),
    nodes_treeids: ints([0, 0, 0]),
    nodes_nodeids: ints([0, 1, 2]),
    nodes_featureids: ints([0, 0, 0]),
    nodes_modes: { kind: 'strings', value: ['BRANCH_LEQ', 'LEAF', 'LEAF'] },
    nodes_truenodeids: ints([1, 0, 0]),
    nodes_falsenodeids: ints([2, 0, 0]),
    nodes_values_as_tensor: tensor('double', [between, 0, 0]),
    target_treeids: ints([0, 0]),
    target_nodeids: ints([1, 2]),
    target_ids: ints([0, 0]),
    target_weights_as_tensor: tensor('double', [1, 2]),
  } as const;
  const [value] = graph.node('TreeEnsembleRegressor', [x], [{ type: 'float', dims: [1] }], { domain: 'ai.onnx.ml', attributes });
  graph.output('value', value as Flow);
  const bytes = writeModel(graph.build());
  await compareWithReference(bytes, { x: [0.1, between, 0.1 + 2e-12] }, 3, 'doubles');
  assert.deepEqual(
    Array.from((compile(readModel(bytes)).compiled?.score({ x: [0.1, between, 0.1 + 2e-12] })['value']?.data ?? []) as Float32Array),
    [1, 1, 2],
  );
});

test('a malformed ensemble of version 5 is refused', () => {
  const random = new Random(1);
  const trees = randomTrees(random, {
    trees: 2,
    depth: 2,
    features: FEATURES,
    targets: 1,
    modes: ['LEQ'],
    missing: 0,
    weights: 'one',
    even: true,
  });
  const good = attributesOfV5(random, trees, 'float');
  assert.equal(treesOf(readModel(write(good, 1, 'float'))).length, 1);
  const bad: Readonly<Record<string, Attribute>> = {
    nodes_truenodeids: ints([99, 99, 99, 99, 99, 99]),
    nodes_falseleafs: ints([0]),
    leaf_targetids: ints([7]),
    tree_roots: ints([-1]),
    nodes_modes: floats([1]),
    aggregate_function: int(9),
    post_transform: int(-1),
  };
  for (const [name, attribute] of Object.entries(bad)) {
    const model = readModel(write({ ...good, [name]: attribute }, 1, 'float'));
    assert.throws(() => treesOf(model), { code: 'invalid' }, name);
  }
});
