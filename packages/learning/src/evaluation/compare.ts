import { metricsOf } from '#/evaluation/measure.ts';
import { goodness } from '#/evaluation/metrics.ts';
import { checkPredicted, type Predicted } from '#/evaluation/predicted.ts';
import { hasInterval, intervalOf, resample, type ResamplingOptions } from '#/evaluation/resampling.ts';

export interface ComparedMetric {
  readonly value: number;
  readonly baseline: number;
  /** Value less baseline. */
  readonly difference: number;
  /** Of the difference; absent where it could not be told. */
  readonly low?: number;
  readonly high?: number;
  /** The share of resamples in which the model is better than the baseline; those where both are the same count half. */
  readonly better?: number;
}

export interface Comparison {
  readonly level: number;
  readonly resamples: number;
  readonly metrics: Readonly<Record<string, ComparedMetric>>;
}

/** A model beside another one on the same rows, which are drawn in pairs: what is hard for both takes nothing of the difference. */
export function compareWithBaseline(predicted: Predicted, baseline: Float64Array, options: ResamplingOptions): Comparison {
  checkPredicted(predicted);
  checkPredicted({ ...predicted, predictions: baseline });
  const { names, values, centre, shrink } = resample(predicted, baseline, options);
  const [own, other] = [metricsOf(predicted, options).metrics, metricsOf({ ...predicted, predictions: baseline }, options).metrics];
  const { level = 0.95, resamples = 500 } = options;
  const metrics: Record<string, ComparedMetric> = {};
  names.forEach((name, at) => {
    const [value, base] = [own[name], other[name]];
    if (value === undefined || base === undefined) return;
    const difference = value - base;
    const spread = (values[at] as Float64Array).map((one) => difference + (one - (centre[at] as number)) * shrink);
    const interval = hasInterval(name) ? intervalOf(spread, level) : undefined;
    metrics[name] = {
      value,
      baseline: base,
      difference,
      ...(interval === undefined ? {} : { ...interval, better: betterShare(name, spread) }),
    };
  });
  return { level, resamples, metrics };
}

function betterShare(name: string, differences: Float64Array): number {
  const defined = differences.filter(Number.isFinite);
  const sum = defined.reduce((total, difference) => total + (Math.sign(goodness(name, difference)) + 1) / 2, 0);
  return sum / defined.length;
}
