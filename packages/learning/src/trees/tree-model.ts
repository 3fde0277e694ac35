import type { Matrix } from '#/matrix.ts';
import type { Task } from '#/task.ts';
import { valuesFor, type ModelColumns } from '#/trees/columns.ts';
import { leafOf, type Tree } from '#/trees/tree.ts';
import { writeTrees } from '#/trees/write-trees.ts';
import type { Fitted } from '#/trainer.ts';

/** What sums of leaves mean: a logit, logits, shares of all trees (of the second class, or of each), a value, the logarithm of a value. */
export type Link = 'logistic' | 'softmax' | 'share' | 'shares' | 'identity' | 'exp';

/** Trees that have been grown. */
export interface TreeModel {
  readonly columns: ModelColumns;
  readonly trees: readonly Tree[];
  /** Values of a row. Leaves have one for each, or trees take turns at having one. */
  readonly outputs: number;
  readonly leafValues: number;
  /** Added to the sums of each output. */
  readonly start: Float32Array;
  readonly link: Link;
  readonly task: Task;
  readonly iterations: number;
}

export const fittedTrees = (model: TreeModel): Fitted => ({
  iterations: model.iterations,
  predict: (matrix) => predict(model, matrix),
  write: (graph, features) => writeTrees(model, graph, features),
  importance: () => importance(model),
});

/** Rows that stand in memory side by side, for walks through trees. */
const BLOCK = 256;

/** Some rows, from number `from` to before `to`: their values row after row. */
export type VisitRows = (x: Float32Array, from: number, to: number) => void;

/** Calls back with a few rows at a time, so that one tree may be walked by all of them while it is in the processor's cache. */
function eachBlock(values: readonly Float32Array[], rows: number, visit: VisitRows): void {
  const width = values.length;
  const x = new Float32Array(Math.min(BLOCK, rows) * width);
  for (let from = 0; from < rows; from += BLOCK) {
    const to = Math.min(rows, from + BLOCK);
    for (let column = 0; column < width; column++) {
      const all = values[column] as Float32Array;
      for (let row = from, at = column; row < to; row++, at += width) x[at] = all[row] as number;
    }
    visit(x, from, to);
  }
}

/** Adds what trees say of each row to its sums: in float32 where these are, one tree after another. Sums of an output stand side by side. */
export function addTrees(
  { trees, outputs, leafValues }: Pick<TreeModel, 'trees' | 'outputs' | 'leafValues'>,
  values: readonly Float32Array[],
  sums: Float32Array | Float64Array,
): void {
  const rows = sums.length / outputs;
  const width = values.length;
  eachBlock(values, rows, (x, from, to) => {
    trees.forEach((tree, number) => {
      const said = tree.values;
      if (leafValues === 1) {
        const first = (number % outputs) * rows;
        for (let row = from, at = 0; row < to; row++, at += width) sums[first + row]! += said[leafOf(tree, x, at)] as number;
        return;
      }
      for (let row = from, at = 0; row < to; row++, at += width) {
        const leaf = leafOf(tree, x, at) * leafValues;
        for (let output = 0; output < outputs; output++) sums[output * rows + row]! += said[leaf + output] as number;
      }
    });
  });
}

/** In float32, tree after tree, then the start: as ONNX Runtime sums. */
function predict(model: TreeModel, matrix: Matrix): Float64Array {
  const { outputs, start, link, columns } = model;
  const { rows } = matrix;
  const sums = new Float32Array(outputs * rows);
  addTrees(model, valuesFor(columns, matrix), sums);
  const width = link === 'logistic' || link === 'share' ? 2 : outputs;
  const result = new Float64Array(rows * width);
  const own = new Float32Array(outputs);
  for (let row = 0; row < rows; row++) {
    for (let output = 0; output < outputs; output++) own[output] = (sums[output * rows + row] as number) + (start[output] as number);
    finish(link, own, result, row * width);
  }
  return result;
}

function finish(link: Link, sums: Float32Array, into: Float64Array, at: number): void {
  const first = sums[0] as number;
  if (link === 'logistic') {
    into[at] = Math.fround(logistic(-first));
    into[at + 1] = Math.fround(logistic(first));
  } else if (link === 'share') {
    into[at] = 1 - first;
    into[at + 1] = first;
  } else if (link === 'softmax') {
    const most = sums.reduce((greatest, sum) => Math.max(greatest, sum), Number.NEGATIVE_INFINITY);
    let total = 0;
    for (let output = 0; output < sums.length; output++) total += into[at + output] = Math.exp((sums[output] as number) - most);
    for (let output = 0; output < sums.length; output++) into[at + output] = Math.fround((into[at + output] as number) / total);
  } else if (link === 'exp') into[at] = Math.fround(Math.exp(first));
  else into.set(sums, at);
}

const logistic = (score: number): number => (score >= 0 ? 1 / (1 + Math.exp(-score)) : 1 - 1 / (1 + Math.exp(score)));

/** The gains of all splits by a column (Breiman et al., "Classification and regression trees", 1984), as shares. */
function importance({ columns, trees }: TreeModel): Float64Array | undefined {
  const gains = new Float64Array(columns.sources.length);
  for (const { features, gains: own } of trees) {
    features.forEach((feature, node) => {
      if (feature >= 0) gains[columns.columns[feature]?.source ?? 0]! += own[node] as number;
    });
  }
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return total > 0 ? gains.map((gain) => gain / total) : undefined;
}
