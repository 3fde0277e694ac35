import type { Network } from '#/network/network.ts';

export interface Rows {
  /** Row after row. */
  readonly x: Float64Array;
  readonly target: Float64Array;
  readonly weights: Float64Array;
}

/** Values are learnt as (y − mean) / deviation, whatever they are measured in. */
export interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

export function scaleOf({ target, weights }: Pick<Rows, 'target' | 'weights'>): Scale {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  const mean = weights.reduce((sum, weight, row) => sum + (weight / whole) * (target[row] as number), 0);
  const variance = weights.reduce((sum, weight, row) => sum + (weight / whole) * ((target[row] as number) - mean) ** 2, 0);
  return { mean, deviation: variance > 0 ? Math.sqrt(variance) : 1 };
}

interface Part {
  readonly order: Int32Array;
  readonly from: number;
  readonly count: number;
  readonly scale: Scale;
  /** The slopes are divided by it. */
  readonly divisor: number;
}

/**
 * Of the rows order[from] … that the network has just computed: Σ weight · loss (log loss, or the squared error in the target's own measure);
 * its outputs become the slopes of the loss by the last sums, of squared errors by half.
 */
export function lossAndSlopes(
  { outputs, shape }: Network,
  { target, weights }: Rows,
  { order, from, count, scale, divisor }: Part,
): number {
  const size = shape.sizes.at(-1) as number;
  let loss = 0;
  for (let row = 0; row < count; row++) {
    const index = order[from + row] as number;
    const weight = weights[index] as number;
    const truth = target[index] as number;
    const factor = weight / divisor;
    if (shape.head === 'softmax') {
      const at = row * size;
      loss -= weight * Math.log(Math.max(outputs[at + truth] as number, Number.MIN_VALUE));
      outputs[at + truth] = (outputs[at + truth] as number) - 1;
      for (let output = at; output < at + size; output++) outputs[output] = (outputs[output] as number) * factor;
    } else if (shape.head === 'logistic') {
      const probability = outputs[row] as number;
      loss -= weight * Math.log(Math.max(truth === 1 ? probability : 1 - probability, Number.MIN_VALUE));
      outputs[row] = (probability - truth) * factor;
    } else {
      const error = (outputs[row] as number) - (truth - scale.mean) / scale.deviation;
      loss += weight * (error * scale.deviation) ** 2;
      outputs[row] = error * factor;
    }
  }
  return loss;
}
