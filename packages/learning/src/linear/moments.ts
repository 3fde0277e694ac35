import { addProduct, byRows, transposed } from '#/arrays/multiply.ts';
import { copyRows, numberColumns } from '#/arrays/dense.ts';
import type { TrainingSet } from '#/matrix.ts';

/** Where columns lie and how wide they are, by the weights of the rows. A column that says nothing (constant) has the scale 0. */
export interface Scales {
  /** Sum of the weights. */
  readonly weight: number;
  readonly means: Float64Array;
  /** Standard deviations. */
  readonly deviations: Float64Array;
}

/** Second moments of columns z = (x − mean) / deviation and of a target, as weighted means: what least squares needs to know. */
export interface Moments extends Scales {
  /** zᵀz, of which constant columns have nothing but zeros. */
  readonly products: Float64Array;
  /** zᵀ(y − mean of y). */
  readonly withTarget: Float64Array;
  readonly targetMean: number;
  /** Mean of (y − mean of y)². */
  readonly targetVariance: number;
}

export function scalesOf(columns: readonly Float32Array[], weights: Float64Array): Scales {
  let weight = 0;
  for (let row = 0; row < weights.length; row++) weight += weights[row] as number;
  const means = Float64Array.from(columns, (values) => weightedMean(values, weights) / weight);
  const deviations = Float64Array.from(columns, (values, column) => {
    const mean = means[column] as number;
    let squares = 0;
    for (let row = 0; row < values.length; row++) squares += (weights[row] as number) * ((values[row] as number) - mean) ** 2;
    const deviation = Math.sqrt(squares / weight);
    // What is left of equal values by rounding is no width.
    return deviation > 1e-13 * Math.abs(mean) ? deviation : 0;
  });
  return { weight, means, deviations };
}

function weightedMean(values: ArrayLike<number>, weights: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < values.length; row++) sum += (weights[row] as number) * (values[row] as number);
  return sum;
}

/** Overwrites rows with z = (x − mean) / deviation; 0 for constant columns. */
export function standardize(rows: Float64Array, count: number, { means, deviations }: Scales): void {
  const width = means.length;
  for (let row = 0, at = 0; row < count; row++) {
    for (let column = 0; column < width; column++, at++) {
      const deviation = deviations[column] as number;
      rows[at] = deviation === 0 ? 0 : ((rows[at] as number) - (means[column] as number)) / deviation;
    }
  }
}

/** Rows of a block: so many that it stays in the cache. */
const BLOCK_VALUES = 16_384;
/** Rows of `products` that are made together. */
const TILE = 32;

export function momentsOf({ matrix, target }: TrainingSet, weights: Float64Array): Moments {
  const columns = numberColumns(matrix);
  const width = columns.length;
  const scales = scalesOf(columns, weights);
  const targetMean = weightedMean(target, weights) / scales.weight;
  const products = new Float64Array(width * width);
  const withTarget = new Float64Array(width);
  let targetVariance = 0;
  const capacity = Math.max(8, Math.floor(BLOCK_VALUES / width));
  const block = new Float64Array(capacity * width);
  for (let from = 0; from < matrix.rows; from += capacity) {
    const count = Math.min(capacity, matrix.rows - from);
    copyRows(columns, from, count, block);
    standardize(block, count, scales);
    for (let row = 0, at = 0; row < count; row++) {
      const share = (weights[from + row] as number) / scales.weight;
      const difference = (target[from + row] as number) - targetMean;
      targetVariance += share * difference * difference;
      const root = Math.sqrt(share);
      for (let column = 0; column < width; column++, at++) {
        withTarget[column] = (withTarget[column] as number) + share * difference * (block[at] as number);
        block[at] = (block[at] as number) * root;
      }
    }
    addSquares(products, block, count, width);
  }
  mirror(products, width);
  return { ...scales, products, withTarget, targetMean, targetVariance };
}

/** products += blockᵀ · block, from the diagonal on. */
function addSquares(products: Float64Array, block: Float64Array, count: number, width: number): void {
  for (let from = 0; from < width; from += TILE) {
    addProduct(byRows(products, width, from * width + from), transposed(byRows(block, width, from)), byRows(block, width, from), {
      rows: Math.min(TILE, width - from),
      inner: count,
      columns: width - from,
    });
  }
}

function mirror(matrix: Float64Array, width: number): void {
  for (let row = 0; row < width; row++) {
    for (let column = 0; column < row; column++) matrix[row * width + column] = matrix[column * width + row] as number;
  }
}
