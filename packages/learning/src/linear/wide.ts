import { numberColumns } from '#/arrays/dense.ts';
import type { TrainingSet } from '#/matrix.ts';
import { softened, type Penalized, type Sweep } from '#/linear/coordinate-descent.ts';
import { scalesOf, type Scales } from '#/linear/moments.ts';

/*
 * Least squares with so many columns that their products with each other would fill the memory. It goes over the columns themselves, as
 * z = (x − mean) / deviation.
 */

export interface Wide extends Scales {
  readonly columns: readonly Float32Array[];
  readonly targetMean: number;
  readonly targetVariance: number;
  /** Of each row its weight's part of 1. */
  readonly shares: Float64Array;
  /** Their roots. */
  readonly roots: Float64Array;
  /** y − mean. */
  readonly centred: Float64Array;
}

export function wideOf({ matrix, target }: TrainingSet, weights: Float64Array): Wide {
  const columns = numberColumns(matrix);
  const scales = scalesOf(columns, weights);
  const shares = weights.map((weight) => weight / scales.weight);
  const targetMean = shares.reduce((sum, share, row) => sum + share * (target[row] as number), 0);
  const centred = target.map((value) => value - targetMean);
  const targetVariance = shares.reduce((sum, share, row) => sum + share * (centred[row] as number) ** 2, 0);
  return { ...scales, columns, shares, roots: shares.map(Math.sqrt), centred, targetMean, targetVariance };
}

/** Coordinate descent on what is left of the target after each move (`residuals`, which begin as the centred target). */
export function sweepRows({ columns, means, deviations, shares }: Wide, residuals: Float64Array, { l1, l2 }: Penalized): Sweep {
  return (u) => {
    let greatest = 0;
    for (let column = 0; column < columns.length; column++) {
      const deviation = deviations[column] as number;
      if (deviation === 0) continue;
      const values = columns[column] as Float32Array;
      const mean = means[column] as number;
      const before = u[column] as number;
      let pull = 0;
      for (let row = 0; row < residuals.length; row++)
        pull += ((values[row] as number) - mean) * (shares[row] as number) * (residuals[row] as number);
      const after = softened(pull / deviation + before, l1[column] as number) / (1 + (l2[column] as number));
      const change = (after - before) / deviation;
      if (change === 0) continue;
      u[column] = after;
      greatest = Math.max(greatest, Math.abs(after - before));
      for (let row = 0; row < residuals.length; row++)
        residuals[row] = (residuals[row] as number) - change * ((values[row] as number) - mean);
    }
    return greatest;
  };
}

/**
 * Conjugate gradients for least squares (Björck, Numerical Methods for Least Squares Problems, 1996, §7.4), from 0 on, which of all best
 * solutions leads to the shortest. `l2` by column.
 */
export function conjugateGradients(
  wide: Wide,
  l2: Float64Array,
  {
    maxIterations,
    tolerance,
    onIteration,
  }: { maxIterations: number; tolerance: number; onIteration: (iteration: number, u: Float64Array, loss: number) => boolean },
): { u: Float64Array; iterations: number; isConverged: boolean } {
  const width = wide.columns.length;
  // Columns are measured such that each costs about the same, or a costly one would hold up all others.
  const factors = wide.deviations.map((deviation, column) =>
    deviation === 0 ? 0 : 1 / (deviation * Math.sqrt(1 + (l2[column] as number))),
  );
  const costs = l2.map((cost) => (Number.isFinite(cost) ? cost / (1 + cost) : 0));
  const t = new Float64Array(width);
  const u = new Float64Array(width);
  const residuals = wide.centred.map((value, row) => value * (wide.roots[row] as number));
  const fitted = new Float64Array(residuals.length);
  const slope = new Float64Array(width);
  slopes(slope, wide, factors, residuals);
  const direction = slope.slice();
  let squares = sumOfSquares(slope);
  const enough = squares * tolerance * tolerance;
  let iterations = 0;
  while (squares > enough && iterations < maxIterations) {
    iterations++;
    multiplied(fitted, wide, factors, direction);
    let curvature = sumOfSquares(fitted);
    for (let column = 0; column < width; column++) curvature += (costs[column] as number) * (direction[column] as number) ** 2;
    const step = squares / curvature;
    for (let column = 0; column < width; column++) {
      t[column] = (t[column] as number) + step * (direction[column] as number);
      u[column] = (t[column] as number) * (factors[column] as number) * (wide.deviations[column] as number);
    }
    for (let row = 0; row < residuals.length; row++) residuals[row] = (residuals[row] as number) - step * (fitted[row] as number);
    slopes(slope, wide, factors, residuals);
    for (let column = 0; column < width; column++)
      slope[column] = (slope[column] as number) - (costs[column] as number) * (t[column] as number);
    const next = sumOfSquares(slope);
    for (let column = 0; column < width; column++)
      direction[column] = (slope[column] as number) + (next / squares) * (direction[column] as number);
    squares = next;
    if (!onIteration(iterations, u, sumOfSquares(residuals))) return { u, iterations, isConverged: true };
  }
  return { u, iterations, isConverged: squares <= enough };
}

const sumOfSquares = (values: Float64Array): number => values.reduce((sum, value) => sum + value * value, 0);

function slopes(into: Float64Array, { columns, means, roots }: Wide, factors: Float64Array, residuals: Float64Array): void {
  for (let column = 0; column < columns.length; column++) {
    const values = columns[column] as Float32Array;
    const mean = means[column] as number;
    let sum = 0;
    for (let row = 0; row < residuals.length; row++)
      sum += ((values[row] as number) - mean) * (roots[row] as number) * (residuals[row] as number);
    into[column] = sum * (factors[column] as number);
  }
}

function multiplied(into: Float64Array, { columns, means, roots }: Wide, factors: Float64Array, by: Float64Array): void {
  into.fill(0);
  for (let column = 0; column < columns.length; column++) {
    const values = columns[column] as Float32Array;
    const mean = means[column] as number;
    const factor = (by[column] as number) * (factors[column] as number);
    if (factor === 0) continue;
    for (let row = 0; row < into.length; row++) into[row] = (into[row] as number) + factor * ((values[row] as number) - mean);
  }
  for (let row = 0; row < into.length; row++) into[row] = (into[row] as number) * (roots[row] as number);
}
