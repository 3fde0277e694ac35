import { copyRows, numberColumns } from '#/arrays/dense.ts';
import type { TrainingSet } from '#/matrix.ts';
import { standardize, type Moments } from '#/linear/moments.ts';

const BLOCK_ROWS = 128;

/** zᵀ(y − mean − z u) − l2 u, from the rows themselves: what the products, rounded as they are, have left of the slope. */
export function residualSlopes(
  { matrix, target }: TrainingSet,
  weights: Float64Array,
  { moments, u, l2 }: { moments: Moments; u: Float64Array; l2: Float64Array },
): Float64Array {
  const columns = numberColumns(matrix);
  const width = columns.length;
  const slopes = l2.map((cost, column) => -cost * (u[column] as number));
  const block = new Float64Array(BLOCK_ROWS * width);
  for (let from = 0; from < matrix.rows; from += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, matrix.rows - from);
    copyRows(columns, from, count, block);
    standardize(block, count, moments);
    for (let row = 0; row < count; row++) {
      let residual = (target[from + row] as number) - moments.targetMean;
      for (let column = 0, at = row * width; column < width; column++, at++) residual -= (block[at] as number) * (u[column] as number);
      residual *= (weights[from + row] as number) / moments.weight;
      for (let column = 0, at = row * width; column < width; column++, at++)
        slopes[column] = (slopes[column] as number) + residual * (block[at] as number);
    }
  }
  return slopes;
}
