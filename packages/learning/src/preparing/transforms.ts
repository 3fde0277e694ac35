import { ofNumbers, type Arithmetic } from '#/preparing/arithmetic.ts';

/** sign(x) · ln(1 + |x|). */
export function symmetricLog<T>(a: Arithmetic<T>, x: T): T {
  const { above, below } = halves(a, x);
  return a.subtract(a.log(above), a.log(below));
}

/** Yeo and Johnson's power transform (Biometrika 87, 2000). λ is neither 0 nor 2, where it would be a logarithm. */
export function yeoJohnson<T>(a: Arithmetic<T>, x: T, [lambda, other]: readonly [lambda: T, twoLessLambda: T]): T {
  const { above, below } = halves(a, x);
  const one = a.number(1);
  const half = (base: T, exponent: T): T => a.divide(a.subtract(a.power(base, exponent), one), exponent);
  return a.subtract(half(above, lambda), half(below, other));
}

/** 1 + x where x is positive, and 1 − x where it is negative; the other is 1 each time. */
function halves<T>(a: Arithmetic<T>, x: T): { above: T; below: T } {
  const zero = a.number(0);
  const one = a.number(1);
  return {
    above: a.add(one, a.whereLess(x, zero, [zero, x])),
    below: a.add(one, a.whereLess(x, zero, [a.negate(x), zero])),
  };
}

const LOWEST = -5;
const HIGHEST = 5;
/** So near to 0 and 2 the formula is the logarithm within 1e-4 of its square, and still exact. */
const NEAR = 1e-4;
const SAMPLE = 50_000;
/** Of ten. */
const LARGEST_POWER = 36;

/** The λ of greatest likelihood for values without NaN or infinities, by golden section; of at most 50,000 of them, evenly taken. */
export function fitLambda(values: Float32Array): number {
  const step = Math.max(1, Math.ceil(values.length / SAMPLE));
  const sample = Float64Array.from({ length: Math.ceil(values.length / step) }, (_, at) => values[at * step] as number);
  let logs = 0;
  for (const value of sample) logs += Math.sign(value) * Math.log1p(Math.abs(value));
  const cost = (lambda: number): number => {
    const result = (sample.length / 2) * Math.log(varianceOf(sample, notNear(lambda))) - (lambda - 1) * logs;
    return Number.isNaN(result) ? Number.POSITIVE_INFINITY : result;
  };
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [LOWEST, HIGHEST];
  let [left, right] = [high - ratio * (high - low), low + ratio * (high - low)];
  let [costLeft, costRight] = [cost(left), cost(right)];
  while (high - low > 1e-4) {
    if (costLeft <= costRight) {
      [high, right, costRight] = [right, left, costLeft];
      left = high - ratio * (high - low);
      costLeft = cost(left);
    } else {
      [low, left, costLeft] = [left, right, costRight];
      right = low + ratio * (high - low);
      costRight = cost(right);
    }
  }
  return notNear(within(sample, (low + high) / 2));
}

/** Such that what is computed of the sample is a float32. */
function within(sample: Float64Array, lambda: number): number {
  let [above, below] = [0, 0];
  for (const value of sample) [above, below] = [Math.max(above, value), Math.max(below, -value)];
  return Math.max(Math.min(lambda, LARGEST_POWER / Math.log10(1 + above)), 2 - LARGEST_POWER / Math.log10(1 + below));
}

function varianceOf(sample: Float64Array, lambda: number): number {
  let mean = 0;
  let squares = 0;
  for (let at = 0; at < sample.length; at++) {
    const value = yeoJohnson(ofNumbers, sample[at] as number, [lambda, 2 - lambda]);
    const distance = value - mean;
    mean += distance / (at + 1);
    squares += distance * (value - mean);
  }
  return squares / sample.length;
}

function notNear(lambda: number): number {
  if (Math.abs(lambda) < NEAR) return NEAR;
  return Math.abs(lambda - 2) < NEAR ? 2 - NEAR : lambda;
}
