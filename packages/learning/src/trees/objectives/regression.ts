import { quantileOf } from '#/trees/objectives/quantile-of.ts';
import { largest, positiveUnits, units, weightedMean, weightOf, type Objective, type Rows } from '#/trees/objectives/objective.ts';

/** (s - y)² / 2: gradient s - y, hessian 1. */
export const squared: Objective = {
  start: (rows) => Float64Array.of(weightedMean(rows, (row) => rows.target[row] as number)),
  limits: ({ target, weights, scores }) => ({ gradient: largestError(target, scores) * largest(weights), hessian: largest(weights) }),
  write({ target, weights, scores }, { from, to, scales }, into) {
    for (let row = from; row < to; row++) {
      const weight = weightOf(weights, row);
      into[2 * row] = units(weight * ((scores[row] as number) - (target[row] as number)), scales.gradient);
      into[2 * row + 1] = positiveUnits(weight, scales.hessian);
    }
  },
  loss: (rows) => weightedMean(rows, (row) => ((rows.scores[row] as number) - (rows.target[row] as number)) ** 2),
};

/**
 * The pinball loss, whose least value is at the alpha-quantile (Koenker and Bassett, "Regression quantiles", 1978): gradient 1 - alpha above
 * the target and -alpha below; the hessian is taken for 1, and leaves say the quantile of what is left of their rows. With alpha 1/2 and
 * twice the gradient it is the absolute error.
 */
export function pinball(alpha: number, factor: number): Objective {
  return {
    quantile: alpha,
    start: ({ target, weights }) => Float64Array.of(quantileOf(target.slice(), weights?.slice(), alpha)),
    limits: ({ weights }) => ({ gradient: factor * Math.max(alpha, 1 - alpha) * largest(weights), hessian: largest(weights) }),
    write({ target, weights, scores }, { from, to, scales }, into) {
      for (let row = from; row < to; row++) {
        const weight = weightOf(weights, row);
        const error = (scores[row] as number) - (target[row] as number);
        const gradient = error === 0 && alpha === 0.5 ? 0 : error >= 0 ? 1 - alpha : -alpha;
        into[2 * row] = units(weight * factor * gradient, scales.gradient);
        into[2 * row + 1] = positiveUnits(weight, scales.hessian);
      }
    },
    loss: (rows) =>
      weightedMean(rows, (row) => {
        const error = (rows.target[row] as number) - (rows.scores[row] as number);
        return factor * Math.max(alpha * error, (alpha - 1) * error);
      }),
  };
}

/**
 * Counts with the mean e^s: gradient e^s - y. The hessian is taken for e^(s + maxDeltaStep), as in LightGBM (`poisson_max_delta_step`), so
 * that no step is too long. The loss is the deviance.
 */
export function poisson(maxDeltaStep: number): Objective {
  return {
    start: (rows) => Float64Array.of(Math.log(weightedMean(rows, (row) => rows.target[row] as number))),
    limits({ target, weights, scores }) {
      const most = Math.exp(scores.reduce((greatest, score) => Math.max(greatest, score), Number.NEGATIVE_INFINITY));
      return { gradient: Math.max(most, largest(target)) * largest(weights), hessian: most * Math.exp(maxDeltaStep) * largest(weights) };
    },
    write({ target, weights, scores }, { from, to, scales }, into) {
      const step = Math.exp(maxDeltaStep);
      for (let row = from; row < to; row++) {
        const weight = weightOf(weights, row);
        const mean = Math.exp(scores[row] as number);
        into[2 * row] = units(weight * (mean - (target[row] as number)), scales.gradient);
        into[2 * row + 1] = positiveUnits(weight * mean * step, scales.hessian);
      }
    },
    loss: (rows) =>
      2 *
      weightedMean(rows, (row) => {
        const [y, score] = [rows.target[row] as number, rows.scores[row] as number];
        return (y === 0 ? 0 : y * (Math.log(y) - score)) - y + Math.exp(score);
      }),
  };
}

function largestError(target: Float64Array, scores: Rows['scores']): number {
  let most = 0;
  for (let row = 0; row < target.length; row++) most = Math.max(most, Math.abs((scores[row] as number) - (target[row] as number)));
  return most;
}
