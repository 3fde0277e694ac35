import { ascending } from '#/evaluation/order.ts';
import type { Measure } from '#/evaluation/measure.ts';
import type { Predicted } from '#/evaluation/predicted.ts';

const NAMES = ['mae', 'mse', 'rmse', 'r2', 'explained_variance', 'mape', 'median_absolute_error', 'max_error'] as const;

export function regressionMeasure({ target, predictions }: Predicted, quantiles: readonly number[]): Measure {
  const errors = target.map((value, row) => value - (predictions[row] as number));
  const sizes = errors.map(Math.abs);
  const order = ascending(sizes);
  return {
    names: [...NAMES, ...quantiles.map((quantile) => `pinball_loss_${quantile}`)],
    of: (weights, into) => {
      const { total, mae, mse, mape, above } = sums(target, errors, weights);
      const aboutTarget = spread(target, weights, total);
      const aboutErrors = spread(errors, weights, total);
      into.set([
        mae,
        mse,
        Math.sqrt(mse),
        target.length < 2 ? Number.NaN : explained(mse, aboutTarget),
        explained(aboutErrors, aboutTarget),
        mape,
        middle(sizes, order, weights, total),
        greatest(sizes, order, weights),
      ]);
      // Koenker and Bassett, 1978: too low costs the quantile, too high what is left of 1.
      quantiles.forEach((quantile, at) => (into[NAMES.length + at] = quantile * above + (1 - quantile) * (mae - above)));
    },
  };
}

/** Means over rows; `above` counts only what predictions are too low. A percentage of 0 is one of the smallest step from 1, as in scikit-learn. */
function sums(
  target: Float64Array,
  errors: Float64Array,
  weights: Float64Array | undefined,
): { total: number; mae: number; mse: number; mape: number; above: number } {
  let [total, mae, mse, mape, above] = [0, 0, 0, 0, 0];
  for (let row = 0; row < errors.length; row++) {
    const weight = weights === undefined ? 1 : (weights[row] as number);
    const error = errors[row] as number;
    const size = Math.abs(error);
    total += weight;
    mae += weight * size;
    mse += weight * size * size;
    mape += (weight * size) / Math.max(Math.abs(target[row] as number), Number.EPSILON);
    if (error > 0) above += weight * size;
  }
  return { total, mae: mae / total, mse: mse / total, mape: mape / total, above: above / total };
}

/** The mean of squared distances from the mean: 0 and nothing near it where all values are the same. */
function spread(values: Float64Array, weights: Float64Array | undefined, total: number): number {
  let [sum, low, high] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let row = 0; row < values.length; row++) {
    const weight = weights === undefined ? 1 : (weights[row] as number);
    if (weight === 0) continue;
    const value = values[row] as number;
    sum += weight * value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) return 0;
  const mean = sum / total;
  let squares = 0;
  for (let row = 0; row < values.length; row++) {
    const distance = (values[row] as number) - mean;
    squares += (weights === undefined ? 1 : (weights[row] as number)) * distance * distance;
  }
  return squares / total;
}

/** 1 - left / whole. Of a constant target nothing can be explained: 1 where nothing is left, else 0, as scikit-learn's `force_finite` has it. */
function explained(left: number, whole: number): number {
  if (left === 0) return 1;
  if (whole === 0) return 0;
  const share = 1 - left / whole;
  // What rounding leaves of a prediction that is the same everywhere.
  return Math.abs(share) < 16 * Number.EPSILON ? 0 : share;
}

/** The weighted median; the mean of the two in the middle where the weights on both sides are the same (Hyndman and Fan's second, 1996). */
function middle(sizes: Float64Array, order: Uint32Array, weights: Float64Array | undefined, total: number): number {
  const half = total / 2;
  const weightAt = (place: number): number => (weights === undefined ? 1 : (weights[order[place] as number] as number));
  let [place, sum] = [0, weightAt(0)];
  while (sum < half && place < order.length - 1) sum += weightAt(++place);
  const lower = sizes[order[place] as number] as number;
  if (sum - half > Number.EPSILON) return lower;
  let next = place + 1;
  while (next < order.length && weightAt(next) === 0) next++;
  return next < order.length ? (lower + (sizes[order[next] as number] as number)) / 2 : lower;
}

function greatest(sizes: Float64Array, order: Uint32Array, weights: Float64Array | undefined): number {
  const counts = (row: number): boolean => weights === undefined || (weights[row] as number) > 0;
  return sizes[order.findLast(counts) ?? 0] as number;
}
