import { AppError } from '@mlab/kernel/errors';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import { findBounds, SAMPLED_ROWS, writeBins, type Bounds } from '#/trees/bins/bounds.ts';
import { sortedFloats } from '#/trees/bins/sorted-floats.ts';
import type { Split } from '#/trees/boosting/find-split.ts';
import { columnBins, layOutMemory, makeMemory, viewsOf, type BinnedColumn, type Job } from '#/trees/boosting/job.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import { scalesFor } from '#/trees/boosting/quantise.ts';
import { choose } from '#/trees/choose.ts';
import { MOST_ORDERS, ranksOf, sourcesOf, valuesFor, type ModelColumns, type TreeColumn } from '#/trees/columns.ts';
import { objectiveFor } from '#/trees/objectives/objective-for.ts';
import { openObjective } from '#/trees/objectives/open-objective.ts';

export interface Prepared {
  readonly job: Job;
  readonly columns: ModelColumns;
  /** The values of each column of the model. */
  readonly values: readonly Float32Array[];
  /** Columns that have more than one bin. */
  readonly splittable: Uint8Array;
  readonly start: Float32Array;
  readonly thresholdOf: (split: Split) => number;
}

/** Bins of all columns, and all else that trees are grown from, in memory that threads can share. */
export function prepareBoosting(
  set: TrainingSet,
  task: Task,
  params: BoostingParams,
  { seed, members }: { seed: number; members: number },
): Prepared {
  const { matrix, target, weights } = set;
  refuseConstraints(matrix, task, params);
  const kind = objectiveFor(task, target, params);
  const objective = openObjective(kind);
  const outputs = kind.name === 'multiclass' ? kind.classes : 1;
  const start = new Float32Array(outputs);
  const rows = { target, weights, scores: new Float64Array(outputs * matrix.rows) };
  const average = objective.start(rows);
  if (params.boost_from_average) start.set(average);
  start.forEach((value, output) => rows.scores.fill(value, output * matrix.rows, (output + 1) * matrix.rows));

  const columns: ModelColumns = { sources: sourcesOf(matrix), columns: columnsOf(matrix, params, gradientsAtStart) };
  const values = valuesFor(columns, matrix);
  const sample = matrix.rows > SAMPLED_ROWS ? choose(SAMPLED_ROWS, matrix.rows, seededRandom(seed)) : undefined;
  const bounds = values.map((column, index) => boundsOf(column, columns.columns[index] as TreeColumn, sample, params));
  const binned = bounds.map(({ upper, hasMissing, exact }, index): BinnedColumn => {
    const { source } = columns.columns[index] as TreeColumn;
    const name = columns.sources[source]?.name ?? '';
    const monotone = Object.hasOwn(params.monotone_constraints, name) ? (params.monotone_constraints[name] ?? 0) : 0;
    return { bins: upper.length, hasMissing, monotone, mayEqual: exact !== undefined };
  });
  const size = { rows: matrix.rows, outputs, columns: binned, members, leaves: params.num_leaves, hasWeights: weights !== undefined };
  const layout = layOutMemory(size);
  const settings = {
    lambdaL1: params.lambda_l1,
    lambdaL2: params.lambda_l2,
    minGain: params.min_gain_to_split,
    minRows: params.min_data_in_leaf,
    minHessian: params.min_sum_hessian_in_leaf,
  };
  const job: Job = { memory: makeMemory(layout), layout, columns: binned, settings, objective: kind };
  values.forEach((column, index) => writeBins(column, bounds[index] as Bounds, columnBins(job, index)));
  const views = viewsOf(job);
  views.target.set(target);
  views.scores.set(rows.scores);
  if (weights !== undefined) views.weights?.set(weights);
  return {
    job,
    columns,
    values,
    splittable: Uint8Array.from(binned, ({ bins, hasMissing }) => Number(bins + Number(hasMissing) > 1)),
    start,
    thresholdOf({ column, bin, isEqual }) {
      const { upper, exact } = bounds[column] as ColumnBounds;
      return (isEqual ? exact?.[bin] : upper[bin]) ?? Number.NaN;
    },
  };

  function gradientsAtStart(output: number): { gradient: Float64Array; hessian: Float64Array } {
    const scales = scalesFor(objective.limits(rows), matrix.rows);
    const integers = new Int32Array(2 * rows.scores.length);
    objective.write(rows, { from: 0, to: matrix.rows, scales }, integers);
    const at = (row: number): number => 2 * (output * matrix.rows + row);
    return {
      gradient: Float64Array.from(target, (_, row) => (integers[at(row)] as number) / scales.gradient),
      hessian: Float64Array.from(target, (_, row) => (integers[at(row) + 1] as number) / scales.hessian),
    };
  }

  function columnsOf(all: Matrix, { cat_smooth: smooth }: BoostingParams, gradients: typeof gradientsAtStart): TreeColumn[] {
    if (all.columns.every((column) => column.kind === 'number')) return all.columns.map((_, source) => ({ kind: 'number', source }));
    // Two classes, or one value, have one order.
    const orders = Array.from({ length: Math.min(outputs, MOST_ORDERS) }, (_, output) => gradients(output));
    return all.columns.flatMap((column, source): TreeColumn[] =>
      column.kind === 'number'
        ? [{ kind: 'number', source }]
        : orders.map((order) => ({ kind: 'ranks', source, ranks: ranksOf(column, order, smooth) })),
    );
  }
}

interface ColumnBounds extends Bounds {
  /** The one value of each bin, of columns that may be split into one bin and all others. */
  readonly exact?: Float32Array;
}

function boundsOf(values: Float32Array, column: TreeColumn, sample: Int32Array | undefined, params: BoostingParams): ColumnBounds {
  const isRanks = column.kind === 'ranks';
  const bounds = findBounds(values, { maxBin: params.max_bin, minDataInBin: isRanks ? 1 : params.min_data_in_bin }, sample);
  if (!isRanks || bounds.upper.length > params.max_cat_to_onehot || sample !== undefined) return bounds;
  const exact = sortedFloats(values).filter((value, index, all) => index === 0 || value !== all[index - 1]);
  return exact.length === bounds.upper.length ? { ...bounds, exact } : bounds;
}

function refuseConstraints({ columns }: Matrix, task: Task, { monotone_constraints: constraints }: BoostingParams): void {
  const named = Object.entries(constraints).filter(([, direction]) => direction !== 0);
  if (named.length > 0 && task.kind === 'multiclass') {
    throw new AppError(
      'invalid',
      'monotone_constraints are for a value or for two classes; of more classes a probability depends on all scores.',
    );
  }
  for (const [name] of named) {
    const column = columns.find((each) => each.name === name);
    if (column === undefined) throw new AppError('invalid', `monotone_constraints names ${JSON.stringify(name)}, which is no column.`);
    if (column.kind === 'category')
      throw new AppError('invalid', `monotone_constraints names ${JSON.stringify(name)}, which is a category and has no order.`);
  }
}
