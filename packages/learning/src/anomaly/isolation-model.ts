import { cast, concat, treeRegressor, type Flow, type GraphBuilder, type Trees } from '@mlab/onnx';
import { numberColumns } from '#/arrays/dense.ts';
import { averagePathLength, type IsolationTree } from '#/anomaly/grow-tree.ts';
import type { Fitted, Written } from '#/trainer.ts';

interface ModelOptions {
  /** Rows of each tree. */
  readonly samples: number;
  readonly width: number;
  /** Scores above it are labelled 1. */
  readonly threshold: number;
}

/** 2^(−mean length / c(samples)), with lengths of float32 that are added in the order of the trees, as the graph does. */
export function isolationModel(trees: readonly IsolationTree[], options: ModelOptions): Pick<Fitted, 'predict' | 'write' | 'importance'> {
  const whole = averagePathLength(options.samples);
  // Of a single row nothing can be said: its length 0 of 0 counts as the average.
  const lengthsOf = ({ lengths }: IsolationTree): Float32Array => (whole === 0 ? lengths.map(() => 1) : lengths);
  const factor = Math.fround(-Math.LN2 / (whole === 0 ? 1 : whole));
  return {
    predict(matrix) {
      const columns = numberColumns(matrix);
      const sums = new Float32Array(matrix.rows);
      for (const tree of trees) addLengths(sums, columns, tree, lengthsOf(tree));
      return Float64Array.from(sums, (sum) => Math.fround(Math.exp(Math.fround(Math.fround(sum / trees.length) * factor))));
    },
    write(graph, features) {
      const lengths = treeRegressor(graph, concat(graph, features), treesOf(trees, lengthsOf, options.width));
      return writeScore(graph, lengths, factor, options.threshold);
    },
    importance: () => undefined,
  };
}

function addLengths(sums: Float32Array, columns: readonly Float32Array[], tree: IsolationTree, lengths: Float32Array): void {
  const { features, thresholds, children } = tree;
  for (let row = 0; row < sums.length; row++) {
    let node = 0;
    let feature = features[0] as number;
    while (feature >= 0) {
      const value = (columns[feature] as Float32Array)[row] as number;
      node = (children[node] as number) + Number(value <= (thresholds[node] as number));
      feature = features[node] as number;
    }
    sums[row] = (sums[row] as number) + (lengths[node] as number);
  }
}

function writeScore(graph: GraphBuilder, lengths: Flow, factor: number, threshold: number): Written {
  const column = { type: 'float' as const, dims: [1] };
  const number = (value: number): Flow => graph.constant('float', [1], { kind: 'floats', values: Float32Array.of(value) });
  const [exponents] = graph.node('Mul', [lengths, number(factor)], [column]) as [Flow];
  const [value] = graph.node('Exp', [exponents], [column]) as [Flow];
  const [isAbove] = graph.node('Greater', [value, number(threshold)], [{ type: 'bool', dims: [1] }]) as [Flow];
  const axes = graph.constant('int64', [1], { kind: 'int64s', values: BigInt64Array.of(1n) });
  const [label] = graph.node('Squeeze', [cast(graph, isAbove, 'int64'), axes], [{ type: 'int64', dims: [] }]) as [Flow];
  return { label, value };
}

/** All trees one behind the other. */
function treesOf(trees: readonly IsolationTree[], lengthsOf: (tree: IsolationTree) => Float32Array, width: number): Trees {
  const roots = new Int32Array(trees.length);
  let size = 0;
  trees.forEach(({ features }, tree) => {
    roots[tree] = size;
    size += features.length;
  });
  const features = new Int32Array(size);
  const thresholds = new Float64Array(size);
  const no = new Int32Array(size);
  const weightStarts = new Int32Array(size + 1);
  const weights: number[] = [];
  trees.forEach((tree, index) => {
    const root = roots[index] as number;
    const lengths = lengthsOf(tree);
    features.set(tree.features, root);
    thresholds.set(tree.thresholds, root);
    for (let node = 0; node < lengths.length; node++) {
      const isLeaf = (tree.features[node] as number) < 0;
      if (isLeaf) weights.push(lengths[node] as number);
      else no[root + node] = root + (tree.children[node] as number);
      weightStarts[root + node + 1] = weights.length;
    }
  });
  return {
    precision: 'float',
    roots,
    features,
    modes: new Uint8Array(size),
    thresholds,
    yes: no.map((child, node) => ((features[node] as number) < 0 ? 0 : child + 1)),
    no,
    missingYes: new Uint8Array(size),
    covers: undefined,
    weightStarts,
    weightTargets: new Int32Array(weights.length),
    weights: Float64Array.from(weights),
    targets: 1,
    baseValues: new Float64Array(0),
    aggregate: 'AVERAGE',
    postTransform: 'NONE',
    classes: undefined,
    width,
  };
}
