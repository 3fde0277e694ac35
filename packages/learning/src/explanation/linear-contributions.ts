import { AppError } from '@mlab/kernel/errors';
import type { Contributions } from '#/explanation/tree-shap.ts';

export interface LinearModel {
  /** For each target, a weight for each feature. */
  readonly weights: readonly (readonly number[] | Float64Array)[];
  readonly intercepts: readonly number[] | Float64Array;
}

/**
 * Shapley values of a linear model whose features say nothing of each other: weight × (value - mean); `means` are those of the training
 * rows (Štrumbelj and Kononenko, 2014). Base plus contributions is the sum before any link function.
 */
export function linearContributions({ weights, intercepts }: LinearModel, means: ArrayLike<number>, row: ArrayLike<number>): Contributions {
  const features = means.length;
  if (row.length !== features || weights.some((of) => of.length !== features))
    throw new AppError(
      'invalid',
      `There are means of ${features} features, weights of ${weights[0]?.length ?? 0} and a row of ${row.length}.`,
    );
  const values = new Float64Array(weights.length * features);
  const base = Float64Array.from(intercepts);
  weights.forEach((of, target) => {
    for (let feature = 0; feature < features; feature++) {
      const [weight, mean] = [of[feature] as number, means[feature] as number];
      values[target * features + feature] = weight * ((row[feature] as number) - mean);
      base[target] = (base[target] as number) + weight * mean;
    }
  });
  return { features, targets: weights.length, values, base };
}
