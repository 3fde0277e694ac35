import type { NodeCompiler } from '#/compile/node-compiler.ts';
import { leafAdder, type Scores } from '#/compile/trees/add-leaves.ts';
import { classFinisher, hasOneTarget } from '#/compile/trees/finish-classification.ts';
import { leafFinder } from '#/compile/trees/find-leaves.ts';
import { regressionFinisher } from '#/compile/trees/finish-regression.ts';
import { labelWriter } from '#/compile/labels.ts';
import type { NumberValue, Value } from '#/compile/value.ts';
import { treesOfNode } from '#/trees/trees-of.ts';
import type { Trees } from '#/trees/trees.ts';

export function treeClassifier(compiler: NodeCompiler): readonly Value[] {
  const { trees, x } = read(compiler);
  const { classes = [] } = trees;
  if (classes.length < 2) throw compiler.unsupported(`it has ${classes.length} class`);
  if (trees.baseValues.length > classes.length) throw compiler.attributes.refusal('it has more base values than classes');
  const scores = compiler.newNumbers('float', [classes.length]);
  const [labels, write] = labelWriter(compiler, labelsOf(trees));
  const finish = classFinisher(trees);
  const out = scores.data as Float32Array;
  eachRow(compiler, trees, x, (row, sums) => write(row, finish(sums, out, row * classes.length)));
  return [labels, scores];
}

export function treeRegressor(compiler: NodeCompiler): readonly Value[] {
  const { trees, x } = read(compiler);
  if (compiler.node.operator === 'TreeEnsemble' && (trees.postTransform === 'SOFTMAX' || trees.postTransform === 'LOGISTIC')) {
    // The other way round than onnx says: so it is left to ONNX Runtime, and is the same with and without a compiled form.
    throw compiler.unsupported('ONNX Runtime takes the numbers of SOFTMAX and LOGISTIC for each other');
  }
  // TreeEnsemble gives the type of its input, TreeEnsembleRegressor always floats.
  const out = compiler.newNumbers(compiler.node.operator === 'TreeEnsemble' ? trees.precision : 'float', [trees.targets]);
  const finish = regressionFinisher(trees);
  eachRow(compiler, trees, x, (row, sums) => finish(sums, out.data as Float32Array, row * trees.targets));
  return [out];
}

/** ONNX Runtime names two classes that both have weights 0 and 1, whatever integers their labels are. */
function labelsOf({ classes = [], weightTargets }: Trees): readonly string[] | readonly number[] {
  return classes.length === 2 && typeof classes[0] === 'number' && !hasOneTarget(weightTargets) ? [0, 1] : classes;
}

function read(compiler: NodeCompiler): { trees: Trees; x: NumberValue } {
  const trees = treesOfNode(compiler.node);
  const x = compiler.numbers(0);
  if (trees === undefined || trees.roots.length === 0) throw compiler.unsupported('it has no trees');
  if (x.dims.length !== 1) throw compiler.unsupported(`its input has ${x.dims.length + 1} dimensions`);
  if (trees.width > x.width) {
    throw compiler.attributes.refusal(`it looks at feature ${trees.width - 1}, and its input has ${x.width}`);
  }
  const precision = x.kind === 'double' ? 'double' : 'float';
  if (compiler.node.prepared?.isExact ?? (compiler.attributes.has('nodes_values_as_tensor') || compiler.node.operator === 'TreeEnsemble')) {
    if (trees.precision !== precision) throw compiler.unsupported(`it compares ${x.kind} with ${trees.precision}`);
  }
  return { trees: { ...trees, precision }, x };
}

function eachRow(compiler: NodeCompiler, trees: Trees, x: NumberValue, finish: (row: number, scores: Scores) => void): void {
  // Their buffers belong to the graph like any others.
  const leaves = compiler.newNumbers('int32', [trees.roots.length]).data as Int32Array;
  // What was prepared is for the precision that the trees were read in.
  const prepared = compiler.node.prepared?.trees.precision === trees.precision ? compiler.node.prepared : undefined;
  const find = leafFinder(trees, x.width, compiler.capacity, prepared?.quick);
  const add = leafAdder(trees, prepared?.single);
  const scores: Scores = {
    values: trees.precision === 'double' ? new Float64Array(trees.targets) : new Float32Array(trees.targets),
    has: new Uint8Array(trees.targets),
  };
  const features = asFeatures(compiler, x);
  compiler.step((rows) => {
    find(features, rows, leaves);
    for (let row = 0; row < rows; row++) {
      add(leaves, row, scores);
      finish(row, scores);
    }
  });
}

/** Integers are compared as float32. */
function asFeatures(compiler: NodeCompiler, x: NumberValue): Float32Array | Float64Array {
  if (x.kind === 'float' || x.kind === 'double') return x.data as Float32Array | Float64Array;
  const floats = compiler.newNumbers('float', x.dims);
  compiler.step((rows) => {
    for (let at = 0; at < rows * x.width; at++) floats.data[at] = x.data[at] ?? 0;
  });
  return floats.data as Float32Array;
}
