import type { Decile, Residuals } from '#/evaluation/evaluation.ts';
import { edgesFor, histogramOf } from '#/evaluation/histogram.ts';
import { normalQuantile } from '#/evaluation/normal-quantile.ts';
import { ascending, inOrder } from '#/evaluation/order.ts';
import type { Predicted } from '#/evaluation/predicted.ts';
import { shuffledRows } from '#/evaluation/shuffled-rows.ts';

const POINTS = 400;
const QUANTILES = 200;

/** What is left of the target when the prediction is taken away. */
export function residualsOf({ target, predictions, weights }: Predicted, random: () => number): Residuals {
  const residuals = target.map((value, row) => value - (predictions[row] as number));
  const order = ascending(residuals);
  const sorted = inOrder(order, (row) => residuals[row] as number);
  const weightOf = (row: number): number => (weights === undefined ? 1 : (weights[row] as number));
  let [total, mean, squares] = [0, 0, 0];
  residuals.forEach((residual, row) => {
    total += weightOf(row);
    mean += weightOf(row) * residual;
  });
  mean /= total;
  residuals.forEach((residual, row) => (squares += weightOf(row) * (residual - mean) ** 2));
  const deviation = Math.sqrt(squares / total);
  const shown = shuffledRows(residuals.length, random, POINTS).subarray(0, POINTS);
  const pick = (values: Float64Array): number[] => Array.from(shown, (row) => values[row] as number);
  return {
    histogram: histogramOf(residuals, edgesFor(sorted), [{ label: 'rows', has: () => true }], weights),
    points: { predicted: pick(predictions), residual: pick(residuals), target: pick(target) },
    quantiles: deviation > 0 ? againstNormal(sorted, mean, deviation) : { normal: [], residual: [] },
    mean,
    deviation,
  };
}

/** The i-th of n stands for the share (i - 0.5) / n (Hazen's plotting positions), without regard to weights. */
function againstNormal(sorted: Float64Array, mean: number, deviation: number): Residuals['quantiles'] {
  const count = Math.min(QUANTILES, sorted.length);
  const places = Array.from({ length: count }, (_, at) => (count === 1 ? 0 : Math.round((at / (count - 1)) * (sorted.length - 1))));
  return {
    normal: places.map((place) => normalQuantile((place + 0.5) / sorted.length)),
    residual: places.map((place) => ((sorted[place] as number) - mean) / deviation),
  };
}

/** Rows by what was predicted, in as many parts of about the same number of rows; equal predictions stay together. */
export function decilesOf({ target, predictions, weights }: Predicted, parts = 10): readonly Decile[] {
  const order = ascending(predictions);
  const deciles: Decile[] = [];
  let start = 0;
  for (let part = 1; part <= parts && start < order.length; part++) {
    let end = Math.max(start, Math.round((part / parts) * order.length));
    if (end === start) continue;
    while (end < order.length && predictions[order[end] as number] === predictions[order[end - 1] as number]) end++;
    let [weight, predicted, actual] = [0, 0, 0];
    for (let place = start; place < end; place++) {
      const row = order[place] as number;
      const own = weights === undefined ? 1 : (weights[row] as number);
      weight += own;
      predicted += own * (predictions[row] as number);
      actual += own * (target[row] as number);
    }
    if (weight > 0) {
      deciles.push({
        low: predictions[order[start] as number] as number,
        high: predictions[order[end - 1] as number] as number,
        predicted: predicted / weight,
        target: actual / weight,
        weight,
      });
    }
    start = end;
  }
  return deciles;
}
