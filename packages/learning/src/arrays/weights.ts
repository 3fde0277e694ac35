import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';

/** A weight for each row, 1 where none are given. */
export function weightsOf({ matrix, weights }: TrainingSet): Float64Array {
  if (weights === undefined) return new Float64Array(matrix.rows).fill(1);
  for (let row = 0; row < weights.length; row++) {
    const weight = weights[row] as number;
    if (!(weight >= 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new AppError('invalid', `The weight of row ${row} has to be a number of at least 0, got ${weight}.`);
    }
  }
  if (!weights.some((weight) => weight > 0))
    throw new AppError('invalid', 'The weights of all rows are 0, so that there is nothing to learn from.');
  return Float64Array.from(weights);
}

/** Multiplies them such that each class counts as much as any other: by Σ weights / (classes · Σ weights of the class). */
export function balanceClasses(weights: Float64Array, target: Float64Array, classes: number): void {
  const sums = new Float64Array(classes);
  let whole = 0;
  for (let row = 0; row < weights.length; row++) {
    const index = target[row] as number;
    sums[index] = (sums[index] as number) + (weights[row] as number);
    whole += weights[row] as number;
  }
  for (let row = 0; row < weights.length; row++) {
    const sum = sums[target[row] as number] as number;
    if (sum > 0) weights[row] = ((weights[row] as number) * whole) / (classes * sum);
  }
}
