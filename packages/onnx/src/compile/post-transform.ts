import type { PostTransform } from '#/trees/trees.ts';

/** What ONNX Runtime computes with float32 from scores, rounded after each step as there. The sources are those of its ml_common.h. */

const { fround, exp } = Math;

export function logistic(score: number): number {
  const value = fround(1 / fround(1 + fround(exp(-Math.abs(score)))));
  return score < 0 ? fround(1 - value) : value;
}

const ALPHA = fround(0.147);
const TWO_BY_PI_ALPHA = fround(2 / fround(fround(Math.PI) * ALPHA));
const SQRT2 = fround(Math.SQRT2);

/** √2 · erf⁻¹(2x − 1), by Winitzki's approximation. */
export function probit(score: number): number {
  const x = fround(fround(2 * score) - 1);
  const log = fround(Math.log(fround(fround(1 - x) * fround(1 + x))));
  const v = fround(TWO_BY_PI_ALPHA + fround(0.5 * log));
  const v2 = fround(fround(1 / ALPHA) * log);
  const root = fround(Math.sqrt(fround(-v + fround(Math.sqrt(fround(fround(v * v) - v2))))));
  return fround(SQRT2 * (x < 0 ? -root : root));
}

/** In place, of the scores `start` to `end`. */
function softmax(scores: Float32Array | Float64Array, start: number, end: number): void {
  const max = maximum(scores, start, end);
  let sum = 0;
  for (let at = start; at < end; at++) {
    scores[at] = fround(exp(fround(fround(scores[at] ?? 0) - max)));
    sum = fround(sum + (scores[at] ?? 0));
  }
  for (let at = start; at < end; at++) scores[at] = fround(fround(scores[at] ?? 0) / sum);
}

/** Softmax that leaves out what is (nearly) zero. */
function softmaxZero(scores: Float32Array | Float64Array, start: number, end: number): void {
  const max = maximum(scores, start, end);
  const zero = fround(exp(-max));
  let sum = 0;
  for (let at = start; at < end; at++) {
    const score = fround(scores[at] ?? 0);
    if (score > TINY || score < -TINY) {
      scores[at] = fround(exp(fround(score - max)));
      sum = fround(sum + (scores[at] ?? 0));
    } else scores[at] = (scores[at] ?? 0) * zero;
  }
  for (let at = start; at < end; at++) scores[at] = (scores[at] ?? 0) / sum;
}

const TINY = fround(0.0000001);
const LOWEST = -3.4028234663852886e38;

function maximum(scores: ArrayLike<number>, start: number, end: number): number {
  let max = LOWEST;
  for (let at = start; at < end; at++) if ((scores[at] ?? 0) > max) max = fround(scores[at] ?? 0);
  return max;
}

/** In place, of two or more scores of a row. */
export function transformScores(scores: Float32Array | Float64Array, start: number, end: number, transform: PostTransform): void {
  if (transform === 'SOFTMAX') softmax(scores, start, end);
  else if (transform === 'SOFTMAX_ZERO') softmaxZero(scores, start, end);
  else if (transform !== 'NONE') {
    const one = transform === 'LOGISTIC' ? logistic : probit;
    for (let at = start; at < end; at++) scores[at] = one(fround(scores[at] ?? 0));
  }
}
