import { concat, linearClassifier, linearRegressor, type Flow, type GraphBuilder } from '@mlab/onnx';
import { numberColumns } from '#/arrays/dense.ts';
import type { Matrix } from '#/matrix.ts';
import type { Written } from '#/trainer.ts';

/** Scores x · coefficientsᵀ + intercepts, as the graph has them: weights rounded to float32. */
export interface LinearModel {
  readonly width: number;
  /** Row after row, one for each score. */
  readonly coefficients: Float32Array;
  readonly intercepts: Float32Array;
}

const GREATEST = 3.4028234663852886e38;

/** Columns of next to no width would have coefficients that no float32 can hold. */
export const asFloat32 = (value: number): number => Math.fround(Math.max(-GREATEST, Math.min(GREATEST, value)));

/** Row after row, summed in doubles and rounded to float32 once. */
export function scoresOf({ width, coefficients, intercepts }: LinearModel, matrix: Matrix): Float64Array {
  const columns = numberColumns(matrix);
  const count = intercepts.length;
  const scores = new Float64Array(matrix.rows * count);
  for (let score = 0; score < count; score++) {
    for (let column = 0; column < width; column++) {
      const values = columns[column] as Float32Array;
      const coefficient = coefficients[score * width + column] as number;
      if (coefficient === 0) continue;
      for (let row = 0, at = score; row < matrix.rows; row++, at += count)
        scores[at] = (scores[at] as number) + (values[row] as number) * coefficient;
    }
    const intercept = intercepts[score] as number;
    for (let row = 0, at = score; row < matrix.rows; row++, at += count) scores[at] = Math.fround((scores[at] as number) + intercept);
  }
  return scores;
}

/** Probabilities of each class from scores; a single score is that of the second of two. In place where there is one for each class. */
export function probabilitiesOf(scores: Float64Array, classes: number, isSingle: boolean): Float64Array {
  if (!isSingle) {
    for (let at = 0; at < scores.length; at += classes) softmax(scores, at, at + classes);
    return scores;
  }
  const result = new Float64Array(scores.length * 2);
  for (let row = 0; row < scores.length; row++) {
    result[2 * row] = logistic(-(scores[row] as number));
    result[2 * row + 1] = logistic(scores[row] as number);
  }
  return result;
}

/** 1 / (1 + e⁻ˢ), precise on both sides of 0. */
export function logistic(score: number): number {
  const exponential = Math.exp(-Math.abs(score));
  return score < 0 ? exponential / (1 + exponential) : 1 / (1 + exponential);
}

/** In place; gives log Σ eˢ. */
export function softmax(scores: Float64Array, from: number, to: number): number {
  let greatest = Number.NEGATIVE_INFINITY;
  for (let at = from; at < to; at++) greatest = Math.max(greatest, scores[at] as number);
  let sum = 0;
  for (let at = from; at < to; at++) {
    const exponential = Math.exp((scores[at] as number) - greatest);
    scores[at] = exponential;
    sum += exponential;
  }
  for (let at = from; at < to; at++) scores[at] = (scores[at] as number) / sum;
  return greatest + Math.log(sum);
}

export function writeLinear(
  graph: GraphBuilder,
  features: readonly Flow[],
  model: LinearModel,
  classes?: readonly string[] | readonly number[],
): Written {
  const x = concat(graph, features);
  if (classes === undefined) return { value: linearRegressor(graph, x, model) };
  const postTransform = model.intercepts.length === 1 ? 'LOGISTIC' : 'SOFTMAX';
  return linearClassifier(graph, x, { ...model, classes, postTransform });
}

/** How much a deviation of each column moves the scores, as parts of 1. */
export function importanceOf({ width, coefficients, intercepts }: LinearModel, deviations: Float64Array): Float64Array | undefined {
  const result = new Float64Array(width);
  for (let score = 0; score < intercepts.length; score++) {
    for (let column = 0; column < width; column++) {
      const amount = Math.abs(coefficients[score * width + column] as number) * (deviations[column] as number);
      result[column] = (result[column] as number) + amount;
    }
  }
  const sum = result.reduce((total, amount) => total + amount, 0);
  return sum > 0 ? result.map((amount) => amount / sum) : undefined;
}
