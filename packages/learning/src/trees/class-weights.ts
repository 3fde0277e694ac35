import { AppError } from '@mlab/kernel/errors';
import { balanceClasses, weightsOf } from '#/arrays/weights.ts';
import type { TrainingSet } from '#/matrix.ts';
import type { Task } from '#/task.ts';

export type ClassWeight = 'none' | 'balanced' | Readonly<Record<string, number>>;

/**
 * What each row counts for: its own weight times that of its class. `balanced`: each class counts for as much as any other. Undefined where
 * all rows count for 1.
 */
export function rowWeights(set: TrainingSet, task: Task, given: ClassWeight): Float64Array | undefined {
  const weights = weightsOf(set);
  if (given !== 'none' && (task.kind === 'binary' || task.kind === 'multiclass')) {
    if (given === 'balanced') balanceClasses(weights, set.target, task.classes.length);
    else weighClasses(weights, set.target, task.classes, given);
  }
  return weights.every((weight) => weight === 1) ? undefined : weights;
}

function weighClasses(
  weights: Float64Array,
  target: Float64Array,
  classes: readonly (string | number)[],
  given: Readonly<Record<string, number>>,
): void {
  const names = classes.map(String);
  const stranger = Object.keys(given).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    const known = names.slice(0, 20).join(', ');
    throw new AppError('invalid', `class_weight has a weight for ${JSON.stringify(stranger)}, which is none of the classes ${known}.`);
  }
  const ofClass = names.map((name) => (Object.hasOwn(given, name) ? (given[name] as number) : 1));
  target.forEach((label, row) => (weights[row]! *= ofClass[label] as number));
  if (weights.every((weight) => weight === 0)) throw new AppError('invalid', 'class_weight gives no row a weight above 0.');
}

/** Rows that count for something: a row of weight 0 is as good as none. */
export function weightedRows({ matrix, target }: TrainingSet, weights: Float64Array | undefined): TrainingSet {
  if (weights === undefined) return { matrix, target };
  if (weights.every((weight) => weight > 0)) return { matrix, target, weights };
  const rows = Array.from(weights.keys()).filter((row) => (weights[row] as number) > 0);
  const columns = matrix.columns.map((column) =>
    column.kind === 'number'
      ? { ...column, values: Float32Array.from(rows, (row) => column.values[row] as number) }
      : { ...column, codes: Int32Array.from(rows, (row) => column.codes[row] as number) },
  );
  return {
    matrix: { rows: rows.length, columns },
    target: Float64Array.from(rows, (row) => target[row] as number),
    weights: Float64Array.from(rows, (row) => weights[row] as number),
  };
}
