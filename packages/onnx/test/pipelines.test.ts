import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  binarizer,
  cast,
  compile,
  concat,
  GraphBuilder,
  imputer,
  labelEncoder,
  linearClassifier,
  linearRegressor,
  networkClassifier,
  network,
  normalizer,
  oneHotEncoder,
  readModel,
  scaler,
  treeClassifier,
  writeModel,
  type Activation,
  type Column,
  type Columns,
  type DenseLayer,
  type Flow,
} from '#/index.ts';
import { compareWithReference } from './compare-with-reference.ts';
import { Random } from './random.ts';
import { randomTrees } from './random-trees.ts';

const CITIES = ['Berlin', 'Zürich', '東京', '', '🦊', '__proto__'];
const ROWS = 50;

/** Columns of a table with their values, unknown categories and missing values among them. */
function randomTable(random: Random, graph: GraphBuilder): { flows: Flow[]; columns: Columns } {
  const flows: Flow[] = [];
  const entries: [string, Column][] = [];
  const add = (flow: Flow, name: string, column: Column): void => {
    flows.push(flow);
    entries.push([name, column]);
  };
  const missing = (value: number): number => (random.chance(0.2) ? Number.NaN : value);

  for (let index = 1 + random.int(2); index > 0; index--) {
    const name = `amount ${index}`;
    const x = imputer(graph, graph.input(name, 'float'), { values: [random.normal()] });
    add(
      scaler(graph, x, { offset: [random.normal()], scale: [0.1 + random.next()] }),
      name,
      Float32Array.from(random.list(ROWS, () => missing(random.normal()))),
    );
  }
  const city = graph.input('city', 'string');
  add(
    oneHotEncoder(graph, city, CITIES.slice(0, 1 + random.int(CITIES.length))),
    'city',
    random.list(ROWS, () => (random.chance(0.2) ? 'nowhere' : random.pick(CITIES))),
  );
  const children = graph.input('__proto__', 'int64');
  const ways = [
    () => cast(graph, children, 'float'),
    () => oneHotEncoder(graph, children, [0, 1, 2, -3]),
    () => labelEncoder(graph, children, { keys: [0, 1, 2], values: [0.5, -1.25, 3], fallback: -7 }, 'float'),
    () => scaler(graph, imputer(graph, children, { values: [4], replaced: -3 }), { offset: [1], scale: [0.3] }),
  ];
  add(random.pick(ways)(), '__proto__', BigInt64Array.from(random.list(ROWS, () => BigInt(random.int(7) - 3))));
  const size = graph.input('sizes', 'float', 3);
  const shapes = [
    () => normalizer(graph, imputer(graph, size, { values: [1, 2, 3] }), random.pick(['MAX', 'L1', 'L2'] as const)),
    () => binarizer(graph, imputer(graph, size, { values: [0.5] }), 0.25),
    () => scaler(graph, imputer(graph, size, { values: [0] }), { offset: [1, 2, 3], scale: [0.5, -1, 0] }),
  ];
  add(random.pick(shapes)(), 'sizes', Float32Array.from(random.list(ROWS * 3, () => missing(random.chance(0.2) ? 0 : random.normal()))));
  const plan = graph.input('plan', 'string');
  const encoded = labelEncoder(graph, plan, { keys: ['free', 'pro', 'free'], values: [10, 20, 30], fallback: -1 });
  add(
    cast(graph, encoded, 'float'),
    'plan',
    random.list(ROWS, () => random.pick(['free', 'pro', 'Pro'])),
  );
  const isNew = graph.input('is new', 'bool');
  add(
    cast(graph, isNew, 'float'),
    'is new',
    random.list(ROWS, () => random.chance(0.5)),
  );
  return { flows, columns: Object.fromEntries(entries) };
}

/** Small enough for the sums that ONNX Runtime makes in float32 to be right within a part of 1e-6. */
const weights = (random: Random, count: number): number[] => random.list(count, () => random.normal() * 0.25);

function layer(random: Random, inputs: number, outputs: number, activation: Activation): DenseLayer {
  return { weights: weights(random, inputs * outputs), biases: weights(random, outputs), activation };
}

const labels = (random: Random, count: number): readonly string[] | readonly number[] =>
  random.chance(0.5) ? random.list(count, (index) => `label ${index}`) : random.list(count, (index) => index * 3 - 2);

/** Each puts a model on top of the features and names what it gives. */
const MODELS: Readonly<Record<string, (random: Random, graph: GraphBuilder, x: Flow) => void>> = {
  'linear regression': (random, graph, x) => {
    const targets = random.pick([1, 3]);
    graph.output(
      'value',
      linearRegressor(graph, x, { coefficients: weights(random, targets * (x.dims[0] ?? 0)), intercepts: weights(random, targets) }),
    );
  },
  'logistic regression': (random, graph, x) => {
    const count = random.pick([2, 2, 3, 5]);
    const scores = count === 2 && random.chance(0.5) ? 1 : count;
    const result = linearClassifier(graph, x, {
      coefficients: weights(random, scores * (x.dims[0] ?? 0)),
      intercepts: weights(random, scores),
      classes: labels(random, count),
      postTransform: random.pick(['NONE', 'LOGISTIC', 'SOFTMAX'] as const),
    });
    graph.output('label', result.label);
    graph.output('probabilities', result.probabilities);
  },
  trees: (random, graph, x) => {
    const count = random.pick([2, 4]);
    const trees = randomTrees(random, {
      trees: 8,
      depth: 4,
      features: x.dims[0] ?? 0,
      targets: count,
      modes: ['LEQ'],
      missing: 0.3,
      weights: count === 2 ? 'second' : 'one',
      postTransform: count === 2 ? 'LOGISTIC' : 'SOFTMAX',
      classes: labels(random, count),
    });
    const result = treeClassifier(graph, x, trees);
    graph.output('label', result.label);
    graph.output('probabilities', result.probabilities);
  },
  'a network that classifies': (random, graph, x) => {
    const isBinary = random.chance(0.5);
    const hidden = layer(random, x.dims[0] ?? 0, 7, random.pick(['Relu', 'Tanh', 'Sigmoid'] as const));
    const last = isBinary ? layer(random, 7, 1, 'Sigmoid') : layer(random, 7, 4, 'Softmax');
    const result = networkClassifier(graph, x, { layers: [hidden, last], classes: labels(random, isBinary ? 2 : 4) });
    graph.output('label', result.label);
    graph.output('probabilities', result.probabilities);
  },
  'a network of values': (random, graph, x) => {
    graph.output('value', network(graph, x, [layer(random, x.dims[0] ?? 0, 5, 'Relu'), layer(random, 5, 2, 'None')]));
  },
};

for (const [name, add] of Object.entries(MODELS)) {
  test(`whole pipelines with ${name} answer as ONNX Runtime does`, async () => {
    for (let seed = 0; seed < 25; seed++) {
      const random = new Random(seed);
      const graph = new GraphBuilder({ irVersion: 8 + (seed % 3), opset: 17 + (seed % 5) });
      const { flows, columns } = randomTable(random, graph);
      add(random, graph, concat(graph, flows));
      await compareWithReference(writeModel(graph.build()), columns, ROWS, `seed ${seed}`);
    }
  });
}

test('what a binarizer is not to be asked is refused, by both', async () => {
  const graph = new GraphBuilder();
  graph.output('y', binarizer(graph, graph.input('x', 'float'), 0.5));
  const bytes = writeModel(graph.build());
  assert.throws(() => compile(readModel(bytes)).compiled?.score({ x: [Number.NaN] }), /is not a number/);
  await assert.rejects(compareWithReference(bytes, { x: [1, Number.NaN] }, 2, 'NaN'));
});
