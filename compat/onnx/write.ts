/**
 * Writes models of every kind that the package writes, with inputs and what the compiled model answers: `write.ts <folder>`. check.py holds
 * them against onnx itself.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
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
  MODES,
  network,
  networkClassifier,
  normalizer,
  oneHotEncoder,
  readModel,
  scaler,
  treeClassifier,
  treeRegressor,
  writeModel,
  type Columns,
  type Flow,
  type Trees,
} from '@mlab/onnx';

const ROWS = 20;
const folder = process.argv[2] ?? '.';
mkdirSync(folder, { recursive: true });

/** A table of everything, made one matrix of features. */
function features(graph: GraphBuilder): Flow {
  const [age, income] = [graph.input('age', 'float'), graph.input('income', 'float')];
  const sizes = graph.input('sizes', 'float', 3);
  const children = graph.input('children', 'int64');
  const city = graph.input('city', 'string');
  const isNew = graph.input('is new', 'bool');
  const numbers = scaler(graph, imputer(graph, concat(graph, [age, income]), { values: [40, 1000] }), {
    offset: [40, 900],
    scale: [0.1, 0.01],
  });
  const lengths = normalizer(graph, imputer(graph, sizes, { values: [1] }), 'L2');
  const large = binarizer(graph, imputer(graph, sizes, { values: [0] }), 0.5);
  const known = labelEncoder(graph, children, { keys: [0, 1, 2], values: [0.5, 1.5, 2.5], fallback: -1 }, 'float');
  return concat(graph, [numbers, lengths, large, known, oneHotEncoder(graph, city, ['Zürich', '東京', '']), cast(graph, isNew, 'float')]);
}

const columns: Columns = {
  age: Array.from({ length: ROWS }, (_, row) => (row % 5 === 0 ? Number.NaN : 20 + row)),
  income: Array.from({ length: ROWS }, (_, row) => 800 + row * 13.5),
  sizes: Array.from({ length: ROWS * 3 }, (_, at) => Math.sin(at)),
  children: Array.from({ length: ROWS }, (_, row) => row % 4),
  city: Array.from({ length: ROWS }, (_, row) => ['Zürich', '東京', '', 'elsewhere'][row % 4] ?? ''),
  'is new': Array.from({ length: ROWS }, (_, row) => row % 3 === 0),
};

const weights = (count: number): number[] => Array.from({ length: count }, (_, at) => Math.cos(at * 1.7) / 2);

/** Two trees over the first features. */
function trees(targets: number, more: Partial<Trees>): Trees {
  const leaves = [2, 3, 4, 6, 7];
  const features = [0, 1, -1, -1, -1, 6, -1, -1];
  return {
    precision: 'float',
    roots: Int32Array.of(0, 5),
    features: Int32Array.from(features),
    modes: Uint8Array.from(features, (_, node) => MODES.indexOf(node < 5 ? 'LEQ' : 'LT')),
    thresholds: Float64Array.of(0.1, -0.2, 0, 0, 0, 1, 0, 0),
    no: Int32Array.of(1, 3, 0, 0, 0, 6, 0, 0),
    yes: Int32Array.of(2, 4, 0, 0, 0, 7, 0, 0),
    missingYes: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0),
    covers: Float64Array.of(20, 12, 8, 5, 7, 20, 9, 11),
    weightStarts: Int32Array.from([0, ...features.map((_, node) => leaves.filter((leaf) => leaf <= node).length)]),
    weightTargets: Int32Array.from(leaves, (_, index) => (targets === 2 ? 1 : index % targets)),
    weights: Float64Array.from(leaves, (leaf) => Math.fround(Math.sin(leaf))),
    targets,
    baseValues: new Float64Array(0),
    aggregate: 'SUM',
    postTransform: 'NONE',
    classes: undefined,
    width: 7,
    ...more,
  };
}

const MODELS: Readonly<Record<string, (graph: GraphBuilder, x: Flow) => Readonly<Record<string, Flow>>>> = {
  'linear-regressor': (graph, x) => ({ value: linearRegressor(graph, x, { coefficients: weights(26), intercepts: [1, -1] }) }),
  'linear-classifier-2': (graph, x) => ({
    ...linearClassifier(graph, x, { coefficients: weights(13), intercepts: [0.1], classes: ['no', 'ja'], postTransform: 'LOGISTIC' }),
  }),
  'linear-classifier-3': (graph, x) => ({
    ...linearClassifier(graph, x, { coefficients: weights(39), intercepts: weights(3), classes: [3, 5, 9], postTransform: 'SOFTMAX' }),
  }),
  'trees-regressor': (graph, x) => ({
    value: treeRegressor(graph, x, trees(1, { aggregate: 'AVERAGE', baseValues: Float64Array.of(0.5) })),
  }),
  'trees-classifier-2': (graph, x) => ({ ...treeClassifier(graph, x, trees(2, { classes: [0, 1], postTransform: 'LOGISTIC' })) }),
  'trees-classifier-3': (graph, x) => ({ ...treeClassifier(graph, x, trees(3, { classes: ['a', 'b', 'c'], postTransform: 'SOFTMAX' })) }),
  network: (graph, x) => ({
    value: network(graph, x, [
      { weights: weights(65), biases: weights(5), activation: 'Tanh' },
      { weights: weights(5), biases: [0], activation: 'None' },
    ]),
  }),
  'network-classifier': (graph, x) => ({
    ...networkClassifier(graph, x, {
      layers: [
        { weights: weights(65), biases: weights(5), activation: 'Relu' },
        { weights: weights(20), biases: weights(4), activation: 'Softmax' },
      ],
      classes: ['w', 'x', 'y', 'z'],
    }),
  }),
};

const plain = (data: ArrayLike<unknown>): unknown[] =>
  Array.from(data, (value) => (typeof value === 'bigint' ? Number(value) : Number.isNaN(value) ? 'NaN' : value));

let number = 0;
const written: Record<string, unknown> = {};
for (const [name, make] of Object.entries(MODELS)) {
  for (const [irVersion, opset] of [
    [8, 17],
    [8, 18],
    [9, 19],
    [9, 20],
    [10, 21],
  ] as const) {
    const graph = new GraphBuilder({ name, doc: `Model ${number++}.`, irVersion, opset });
    for (const [output, flow] of Object.entries(make(graph, features(graph)))) graph.output(output, flow);
    const bytes = writeModel(graph.build({ trained_on: 'nothing' }));
    const { compiled, reason } = compile(readModel(bytes));
    if (compiled === undefined) throw new Error(`${name}: ${reason}`);
    const answers = Object.entries(compiled.score(columns)).map(([output, { dims, data }]) => [output, { dims, data: plain(data) }]);
    writeFileSync(`${folder}/${name}-${opset}.onnx`, bytes);
    written[`${name}-${opset}`] = Object.fromEntries(answers);
  }
}
writeFileSync(
  `${folder}/written.json`,
  JSON.stringify({ columns: Object.fromEntries(Object.entries(columns).map(([key, data]) => [key, plain(data as number[])])), written }),
);
