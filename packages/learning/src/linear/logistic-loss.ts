import { addProduct, byRows, transposed } from '#/arrays/multiply.ts';
import { softmax } from '#/linear/linear-model.ts';

export interface LogisticRows {
  readonly width: number;
  /** Row after row. */
  readonly rows: Float64Array;
  /** Index of the class. */
  readonly target: Float64Array;
  /** Of each row its weight's part of 1. */
  readonly shares: Float64Array;
  /** 1 for two classes, else one for each. */
  readonly scores: number;
}

const BLOCK_ROWS = 128;

/**
 * The mean log loss of scores x · wᵀ + b and its gradient. Variables are `scores` rows of `width` coefficients, then the intercepts. A single
 * score is that of the second of two classes; several go through the softmax.
 */
export function logisticLoss(set: LogisticRows): (variables: Float64Array, gradient: Float64Array) => number {
  const { width, rows, target, shares, scores } = set;
  const block = new Float64Array(BLOCK_ROWS * scores);
  const turn = scores === 1 ? turnSingle : turnMany;
  return (variables, gradient) => {
    gradient.fill(0);
    const intercepts = variables.subarray(scores * width);
    let loss = 0;
    for (let from = 0; from < target.length; from += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, target.length - from);
      for (let row = 0; row < count; row++) block.set(intercepts, row * scores);
      const x = byRows(rows, width, from * width);
      addProduct(byRows(block, scores), x, transposed(byRows(variables, width)), { rows: count, inner: width, columns: scores });
      for (let row = 0; row < count; row++) {
        const share = shares[from + row] as number;
        loss += share * turn(block, row * scores, scores, target[from + row] as number);
        for (let score = 0, at = row * scores; score < scores; score++, at++) {
          const slope = (block[at] as number) * share;
          block[at] = slope;
          gradient[scores * width + score] = (gradient[scores * width + score] as number) + slope;
        }
      }
      addProduct(byRows(gradient, width), transposed(byRows(block, scores)), x, { rows: scores, inner: count, columns: width });
    }
    return loss;
  };
}

/** Turns a score into the slope of its loss, and gives the loss. */
function turnSingle(block: Float64Array, at: number, _scores: number, target: number): number {
  const score = block[at] as number;
  const exponential = Math.exp(-Math.abs(score));
  block[at] = (score < 0 ? exponential : 1) / (1 + exponential) - target;
  return Math.log1p(exponential) + Math.max(score, 0) - target * score;
}

function turnMany(block: Float64Array, at: number, scores: number, target: number): number {
  const score = block[at + target] as number;
  const logSum = softmax(block, at, at + scores);
  block[at + target] = (block[at + target] as number) - 1;
  return logSum - score;
}
