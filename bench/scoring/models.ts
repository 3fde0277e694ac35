/** What is scored: models as training writes them, with inputs for as many rows as wanted. Every number comes from one seed. */
import {
  cast,
  concat,
  GraphBuilder,
  imputer,
  linearClassifier,
  MODES,
  networkClassifier,
  oneHotEncoder,
  scaler,
  treeClassifier,
  writeModel,
  type Columns,
  type Flow,
  type Trees,
} from '@mlab/onnx';

export interface Contestant {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly columns: (rows: number) => Columns;
  /** Microseconds that one row may take, where there is a budget. */
  readonly budget?: number;
}

let state = 1;
/** From 0 up to 1. */
export function chance(): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return state / 4_294_967_296;
}

const list = (length: number, make: (index: number) => number): number[] => Array.from({ length }, (_, index) => make(index));

/** Full trees: every leaf at the same depth. */
export function fullTrees(trees: number, depth: number, features: number, classes: readonly string[] | readonly number[]): Trees {
  const inner = 2 ** depth - 1;
  const size = 2 ** (depth + 1) - 1;
  const nodes = list(trees * size, (node) => node);
  const within = (node: number): number => node % size;
  const isLeaf = (node: number): boolean => within(node) >= inner;
  const leaves = nodes.filter(isLeaf);
  const isBinary = classes.length === 2;
  const starts = [0];
  for (const node of nodes) starts.push((starts.at(-1) ?? 0) + Number(isLeaf(node)));
  return {
    precision: 'float',
    roots: Int32Array.from(list(trees, (tree) => tree * size)),
    features: Int32Array.from(nodes, (node) => (isLeaf(node) ? -1 : Math.floor(chance() * features))),
    modes: new Uint8Array(nodes.length).fill(MODES.indexOf('LEQ')),
    thresholds: Float64Array.from(nodes, () => Math.fround(chance())),
    no: Int32Array.from(nodes, (node) => (isLeaf(node) ? 0 : node - within(node) + 2 * within(node) + 1)),
    yes: Int32Array.from(nodes, (node) => (isLeaf(node) ? 0 : node - within(node) + 2 * within(node) + 2)),
    missingYes: Uint8Array.from(nodes, (node) => Number(!isLeaf(node) && chance() < 0.5)),
    covers: undefined,
    weightStarts: Int32Array.from(starts),
    weightTargets: Int32Array.from(leaves, (leaf) => (isBinary ? 1 : Math.floor(leaf / size) % classes.length)),
    weights: Float64Array.from(leaves, () => Math.fround((chance() - 0.5) / 10)),
    targets: classes.length,
    baseValues: new Float64Array(0),
    aggregate: 'SUM',
    postTransform: isBinary ? 'LOGISTIC' : 'SOFTMAX',
    classes,
    width: features,
  };
}

function finish(graph: GraphBuilder, { label, probabilities }: { label: Flow; probabilities: Flow }): Uint8Array {
  graph.output('label', label);
  graph.output('probabilities', probabilities);
  return writeModel(graph.build());
}

function trees(name: string, shape: { trees: number; depth: number; classes: readonly string[]; budget?: number }): Contestant {
  const features = 20;
  const graph = new GraphBuilder();
  const x = graph.input('x', 'float', features);
  const bytes = finish(graph, treeClassifier(graph, x, fullTrees(shape.trees, shape.depth, features, shape.classes)));
  const columns = (rows: number): Columns => ({ x: Float32Array.from({ length: rows * features }, chance) });
  return { name, bytes, columns, ...(shape.budget === undefined ? {} : { budget: shape.budget }) };
}

/** Ten numbers to be imputed and scaled, four texts of eight categories each, a logistic regression: one input for each. */
function table(): Contestant {
  const graph = new GraphBuilder();
  const words = list(8, (index) => index).map((index) => `category ${index}`);
  const numbers = list(10, (index) => index).map((index) => graph.input(`number ${index}`, 'float'));
  const texts = list(4, (index) => index).map((index) => graph.input(`text ${index}`, 'string'));
  const scaled = scaler(graph, imputer(graph, concat(graph, numbers), { values: [0.5] }), {
    offset: list(10, chance),
    scale: list(10, chance),
  });
  const x = concat(graph, [cast(graph, scaled, 'float'), ...texts.map((text) => oneHotEncoder(graph, text, words))]);
  const weights = { coefficients: list(42, () => chance() - 0.5), intercepts: [0.1] };
  const bytes = finish(graph, linearClassifier(graph, x, { ...weights, classes: ['no', 'yes'], postTransform: 'LOGISTIC' }));
  const columns = (rows: number): Columns => ({
    ...Object.fromEntries(
      numbers.map(({ name }) => [name, Float32Array.from({ length: rows }, () => (chance() < 0.1 ? Number.NaN : chance()))]),
    ),
    ...Object.fromEntries(texts.map(({ name }) => [name, Array.from({ length: rows }, () => `category ${Math.floor(chance() * 9)}`)])),
  });
  return { name: 'table of 14 columns, logistic regression', bytes, columns };
}

function network(): Contestant {
  const graph = new GraphBuilder();
  const layer = (inputs: number, outputs: number, activation: 'Relu' | 'Sigmoid') => ({
    weights: list(inputs * outputs, () => (chance() - 0.5) / 3),
    biases: list(outputs, () => chance() - 0.5),
    activation,
  });
  const layers = [layer(20, 64, 'Relu'), layer(64, 32, 'Relu'), layer(32, 1, 'Sigmoid')];
  const bytes = finish(graph, networkClassifier(graph, graph.input('x', 'float', 20), { layers, classes: ['no', 'yes'] }));
  return { name: 'network 20-64-32-1', bytes, columns: (rows) => ({ x: Float32Array.from({ length: rows * 20 }, chance) }) };
}

export const contestants = (): Contestant[] => [
  trees('100 trees of depth 6, two classes', { trees: 100, depth: 6, classes: ['no', 'yes'], budget: 10 }),
  trees('300 trees of depth 10, five classes', { trees: 300, depth: 10, classes: ['a', 'b', 'c', 'd', 'e'] }),
  table(),
  network(),
];
