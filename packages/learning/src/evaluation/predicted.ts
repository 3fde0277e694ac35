import { AppError } from '@mlab/kernel/errors';
import type { Task } from '#/task.ts';

/** Rows, and what a model says of them. */
export interface Predicted {
  readonly task: Task;
  /** The value, or the index of the class; of an anomaly 1 or 0, or nothing where nobody knows. */
  readonly target: Float64Array;
  /** As `Fitted.predict` gives them: a probability for each class, row after row, or one number for each row. */
  readonly predictions: Float64Array;
  /** Of rows, each ≥ 0; absent: all 1. */
  readonly weights?: Float64Array | undefined;
}

/** How many numbers a model says of each row. */
export const widthOf = (task: Task): number => ('classes' in task ? task.classes.length : 1);

export const rowsOf = ({ task, predictions }: Predicted): number => predictions.length / widthOf(task);

/** Refuses what nothing can be computed of, in a sentence that says where. */
export function checkPredicted(predicted: Predicted): void {
  const { task, target, predictions, weights } = predicted;
  const rows = rowsOf(predicted);
  if (!(rows >= 1)) throw new AppError('invalid', 'There is no row to evaluate.');
  const isWithoutTarget = task.kind === 'clustering' || (task.kind === 'anomaly' && target.length === 0);
  if (!isWithoutTarget && target.length !== rows)
    throw new AppError('invalid', `There are ${target.length} targets for predictions of ${rows} rows.`);
  const notFinite = predictions.findIndex((value) => !Number.isFinite(value));
  if (notFinite >= 0)
    throw new AppError(
      'invalid',
      `The prediction of row ${Math.floor(notFinite / widthOf(task))} is ${predictions[notFinite]}, and has to be a finite number.`,
    );
  const classes = 'classes' in task ? task.classes.length : task.kind === 'anomaly' ? 2 : undefined;
  const wrong = target.findIndex((value) =>
    classes === undefined ? !Number.isFinite(value) : !(Number.isInteger(value) && value >= 0 && value < classes),
  );
  if (wrong >= 0 && !isWithoutTarget)
    throw new AppError(
      'invalid',
      `The target of row ${wrong} is ${target[wrong]}, and has to be ${classes === undefined ? 'a finite number' : `the index of one of ${classes} classes`}.`,
    );
  if (weights !== undefined) checkWeights(weights, rows);
}

function checkWeights(weights: Float64Array, rows: number): void {
  if (weights.length !== rows) throw new AppError('invalid', `There are ${weights.length} weights for ${rows} rows.`);
  const wrong = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0) throw new AppError('invalid', `The weight of row ${wrong} is ${weights[wrong]}, and has to be a number of at least 0.`);
  if (weights.every((weight) => weight === 0)) throw new AppError('invalid', 'All rows have the weight 0.');
}

/** Some of the rows. */
export function takeRows({ task, target, predictions, weights }: Predicted, rows: ArrayLike<number>): Predicted {
  return {
    task,
    target: take(target, rows, 1),
    predictions: take(predictions, rows, widthOf(task)),
    weights: weights === undefined ? undefined : take(weights, rows, 1),
  };
}

function take(values: Float64Array, rows: ArrayLike<number>, width: number): Float64Array {
  if (values.length === 0) return values;
  const taken = new Float64Array(rows.length * width);
  for (let row = 0; row < rows.length; row++) {
    const from = (rows[row] as number) * width;
    for (let at = 0; at < width; at++) taken[row * width + at] = values[from + at] as number;
  }
  return taken;
}

/** The class that a model says: the most probable, the first of several; of two, the second from `threshold` on where that is given. */
export function labelsOf({ task, predictions }: Predicted, threshold?: number): Int32Array {
  const width = widthOf(task);
  const labels = new Int32Array(predictions.length / width);
  for (let row = 0; row < labels.length; row++) {
    const at = row * width;
    if (threshold !== undefined && width === 2) {
      labels[row] = (predictions[at + 1] as number) >= threshold ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let label = 1; label < width; label++) {
      if ((predictions[at + label] as number) > (predictions[at + best] as number)) best = label;
    }
    labels[row] = best;
  }
  return labels;
}
