import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import { findBounds, SAMPLED_ROWS, writeBins, type Bounds } from '#/trees/bins/bounds.ts';
import { choose } from '#/trees/choose.ts';
import { MOST_ORDERS, ranksOf, sourcesOf, valuesFor, type ModelColumns, type TreeColumn } from '#/trees/columns.ts';
import { mostNodes, roomForTree, sharedBytes, sharedDoubles, type ForestJob, type ForestSettings } from '#/trees/forest/job.ts';
import type { ForestParams } from '#/trees/forest/params.ts';

export interface PreparedForest {
  readonly job: ForestJob;
  readonly columns: ModelColumns;
  readonly values: readonly Float32Array[];
  /** Of a regression: what targets are less. */
  readonly mean: number;
  readonly thresholdOf: (column: number, bin: number) => number;
}

/** So much, in rows, categories are drawn to the middle of their order. */
const SMOOTH = 1;

export function prepareForest(
  set: TrainingSet,
  task: Task,
  params: ForestParams,
  { seed, members }: { seed: number; members: number },
): PreparedForest {
  const { matrix, target, weights } = set;
  const channels = task.kind === 'multiclass' ? task.classes.length : 1;
  const mean = task.kind === 'regression' ? Math.fround(meanOf(set)) : 0;
  const columns: ModelColumns = { sources: sourcesOf(matrix), columns: columnsOf(set, channels) };
  const values = valuesFor(columns, matrix);
  const sample = matrix.rows > SAMPLED_ROWS ? choose(SAMPLED_ROWS, matrix.rows, seededRandom(seed)) : undefined;
  const bounds = values.map((column) => findBounds(column, { maxBin: params.max_bin, minDataInBin: 1 }, sample));
  const bins = sharedBytes(values.length * matrix.rows);
  values.forEach((column, index) => {
    writeBins(column, bounds[index] as Bounds, bins.subarray(index * matrix.rows, (index + 1) * matrix.rows));
  });
  const splittable = bounds.flatMap(({ upper, hasMissing }, index) => (upper.length + Number(hasMissing) > 1 ? [index] : []));
  const settings: ForestSettings = {
    trees: params.n_estimators,
    columnsOfNode: columnsOfNode(params.max_features, splittable.length, task),
    depth: params.max_depth > 0 ? params.max_depth : Number.POSITIVE_INFINITY,
    minSplit: params.min_samples_split,
    minLeaf: params.min_samples_leaf,
    bootstrap: params.bootstrap,
    draws: Math.max(1, Math.round(params.max_samples * matrix.rows)),
  };
  const nodes = mostNodes(matrix.rows, settings);
  const job: ForestJob = {
    rows: matrix.rows,
    bins,
    columns: bounds.map(({ upper, hasMissing }) => ({ bins: upper.length, hasMissing })),
    splittable,
    target: sharedDoubles(target.map((value) => value - mean)),
    weights: weights && sharedDoubles(weights),
    channels,
    settings,
    seed,
    next: new Int32Array(new SharedArrayBuffer(4)),
    grown: Array.from({ length: members }, () => roomForTree(nodes, channels)),
  };
  return { job, columns, values, mean, thresholdOf: (column, bin) => bounds[column]?.upper[bin] ?? Number.NaN };
}

function columnsOfNode(given: ForestParams['max_features'], columns: number, task: Task): number {
  const most = given === 'auto' ? (task.kind === 'regression' ? 1 : 'sqrt') : given;
  const count = most === 'sqrt' ? Math.sqrt(columns) : most === 'log2' ? Math.log2(columns) : most * columns;
  return Math.max(1, Math.floor(count));
}

function meanOf({ target, weights }: TrainingSet): number {
  const row = target.findIndex((value) => !(Math.abs(value) <= LARGEST));
  if (row >= 0)
    throw new AppError('invalid', `The target of row ${row} has to be a number that a float32 can hold, and is ${target[row]}.`);
  let [sum, total] = [0, 0];
  target.forEach((value, index) => {
    sum += value * (weights?.[index] ?? 1);
    total += weights?.[index] ?? 1;
  });
  return sum / total;
}

const LARGEST = 3.4028234663852886e38;

/** Categories in the order of their mean target, or of their share of each class. */
function columnsOf({ matrix, target, weights }: TrainingSet, channels: number): TreeColumn[] {
  const hessian = weights ?? new Float64Array(matrix.rows).fill(1);
  const orders = Array.from({ length: Math.min(channels, MOST_ORDERS) }, (_, channel) => {
    const sums = target.map((value, row) => (hessian[row] as number) * (channels === 1 ? value : Number(value === channel)));
    const mean = sums.reduce((sum, value) => sum + value, 0) / hessian.reduce((sum, value) => sum + value, 0);
    return { gradient: sums.map((value, row) => value - mean * (hessian[row] as number)), hessian };
  });
  return matrix.columns.flatMap((column, source): TreeColumn[] =>
    column.kind === 'number'
      ? [{ kind: 'number', source }]
      : orders.map((order) => ({ kind: 'ranks', source, ranks: ranksOf(column, order, SMOOTH) })),
  );
}
