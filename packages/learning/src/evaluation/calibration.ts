import type { Calibration, CalibrationBin } from '#/evaluation/evaluation.ts';
import { ascending } from '#/evaluation/order.ts';
import { labelsOf, widthOf, type Predicted } from '#/evaluation/predicted.ts';
import { probabilitiesOf } from '#/evaluation/probabilities.ts';

/**
 * How often what was said with a probability was true: bins and their bounds as scikit-learn's `calibration_curve` has them. Of two classes
 * the second's probability is looked at; of more, that of the class that is said, as Guo et al. (On calibration of modern neural networks,
 * 2017) do.
 */
export function calibrationOf(predicted: Predicted, bins = 10): Calibration {
  const { task, target, predictions, weights } = predicted;
  const classes = widthOf(task);
  const said = classes === 2 ? undefined : labelsOf(predicted);
  const probabilities =
    said === undefined
      ? probabilitiesOf(predictions, 1, 2)
      : target.map((_, row) => predictions[row * classes + (said[row] as number)] as number);
  const isTrue = (row: number): boolean => target[row] === (said === undefined ? 1 : said[row]);
  const uniform = binsOf(
    Float64Array.from({ length: bins + 1 }, (_, at) => at / bins),
    probabilities,
    { isTrue, weights },
  );
  const total = uniform.reduce((sum, { weight }) => sum + weight, 0);
  const gaps = uniform.map((bin) => Math.abs(bin.observed - bin.predicted));
  return {
    ...(classes === 2 && 'classes' in task ? { label: String(task.classes[1]) } : {}),
    uniform,
    quantile: binsOf(quantilesOf(probabilities, bins), probabilities, { isTrue, weights }),
    expectedError: uniform.reduce((sum, { weight }, at) => sum + (gaps[at] as number) * weight, 0) / total,
    greatestError: Math.max(...gaps),
  };
}

interface Truth {
  readonly isTrue: (row: number) => boolean;
  readonly weights: Float64Array | undefined;
}

/** Bins that have no rows are left out. A value on an edge belongs to the bin below it. */
function binsOf(edges: Float64Array, probabilities: Float64Array, { isTrue, weights }: Truth): readonly CalibrationBin[] {
  const count = edges.length - 1;
  const sums = Array.from({ length: count }, () => ({ weight: 0, predicted: 0, observed: 0 }));
  probabilities.forEach((probability, row) => {
    const weight = weights === undefined ? 1 : (weights[row] as number);
    const bin = sums[binOf(edges, probability)];
    if (bin === undefined) return;
    bin.weight += weight;
    bin.predicted += weight * probability;
    if (isTrue(row)) bin.observed += weight;
  });
  return sums.flatMap(({ weight, predicted, observed }, at) =>
    weight === 0
      ? []
      : [{ low: edges[at] as number, high: edges[at + 1] as number, predicted: predicted / weight, observed: observed / weight, weight }],
  );
}

/** How many of the inner edges are below a value. */
function binOf(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length - 2];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle + 1] as number) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As numpy's percentiles: between two values in proportion. */
function quantilesOf(values: Float64Array, parts: number): Float64Array {
  const order = ascending(values);
  return Float64Array.from({ length: parts + 1 }, (_, part) => {
    const place = (part / parts) * (values.length - 1);
    const below = values[order[Math.floor(place)] as number] as number;
    const above = values[order[Math.ceil(place)] as number] as number;
    return below + (above - below) * (place - Math.floor(place));
  });
}
