import {
  largest,
  positiveUnits,
  units,
  weightedMean,
  weightOf,
  type Objective,
  type Part,
  type Rows,
} from '#/trees/objectives/objective.ts';

/** Shares of 0 and 1 have no logarithm that could be said. */
const LEAST = 1e-15;

/** Log loss of two classes: with p = 1 / (1 + e^-s), gradient p - y and hessian p (1 - p) (Friedman, "Greedy function approximation", 2001). */
export const binary: Objective = {
  start(rows) {
    const share = Math.min(
      1 - LEAST,
      Math.max(
        LEAST,
        weightedMean(rows, (row) => rows.target[row] as number),
      ),
    );
    return Float64Array.of(Math.log(share / (1 - share)));
  },
  limits: ({ weights }) => ({ gradient: largest(weights), hessian: largest(weights) / 4 }),
  write({ target, weights, scores }, { from, to, scales }, into) {
    for (let row = from; row < to; row++) {
      const p = 1 / (1 + Math.exp(-(scores[row] as number)));
      const weight = weightOf(weights, row);
      into[2 * row] = units(weight * (p - (target[row] as number)), scales.gradient);
      into[2 * row + 1] = positiveUnits(weight * p * (1 - p), scales.hessian);
    }
  },
  loss: (rows) =>
    rows.weights === undefined
      ? plainLoss(rows)
      : weightedMean(rows, (row) => softPlus(rows.target[row] === 1 ? -(rows.scores[row] as number) : (rows.scores[row] as number))),
};

/** Factors of at most 2, so many that their product has no overflow. */
const FACTORS = 512;

/** The mean of log(1 + e^x), of which the logarithm is taken of many rows' product at once: it is told after each iteration. */
function plainLoss({ target, scores }: Rows): number {
  let [sum, product] = [0, 1];
  for (let row = 0; row < target.length; row++) {
    const x = target[row] === 1 ? -(scores[row] as number) : (scores[row] as number);
    if (x > 0) sum += x;
    product *= 1 + Math.exp(-Math.abs(x));
    if (row % FACTORS !== 0) continue;
    sum += Math.log(product);
    product = 1;
  }
  return (sum + Math.log(product)) / target.length;
}

/** log(1 + e^x), without overflow. */
const softPlus = (x: number): number => Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * Log loss of several classes by softmax: a tree for each class and iteration, gradient p - y and hessian p (1 - p) K / (K - 1) (Friedman's
 * algorithm 6; the factor is LightGBM's).
 */
export function multiclass(classes: number): Objective {
  const factor = classes / (classes - 1);
  return {
    start(rows) {
      const shares = Float64Array.from({ length: classes }, (_, label) => weightedMean(rows, (row) => Number(rows.target[row] === label)));
      return shares.map((share) => Math.log(Math.max(LEAST, share)));
    },
    limits: ({ weights }) => ({ gradient: largest(weights), hessian: (factor * largest(weights)) / 4 }),
    write: (rows, part, into) => writeSoftmax(rows, part, into, factor),
    loss: ({ target, weights, scores }) =>
      weightedMean(
        { target, weights },
        (row) => logSumOfExp(scores, row, target.length) - (scores[(target[row] as number) * target.length + row] as number),
      ),
  };
}

function writeSoftmax({ target, weights, scores }: Rows, { from, to, scales }: Part, into: Int32Array, factor: number): void {
  const rows = target.length;
  for (let row = from; row < to; row++) {
    const log = logSumOfExp(scores, row, rows);
    const weight = weightOf(weights, row);
    for (let at = row, label = 0; at < scores.length; at += rows, label++) {
      const p = Math.exp((scores[at] as number) - log);
      into[2 * at] = units(weight * (p - Number(target[row] === label)), scales.gradient);
      into[2 * at + 1] = positiveUnits(weight * factor * p * (1 - p), scales.hessian);
    }
  }
}

function logSumOfExp(scores: Float64Array, row: number, rows: number): number {
  let most = Number.NEGATIVE_INFINITY;
  for (let at = row; at < scores.length; at += rows) most = Math.max(most, scores[at] as number);
  let sum = 0;
  for (let at = row; at < scores.length; at += rows) sum += Math.exp((scores[at] as number) - most);
  return most + Math.log(sum);
}
