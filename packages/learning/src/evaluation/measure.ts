import { binaryMeasure } from '#/evaluation/binary.ts';
import { multiclassMeasure } from '#/evaluation/multiclass.ts';
import { anomalyMeasure } from '#/evaluation/ranking-measure.ts';
import { metricOf } from '#/evaluation/metrics.ts';
import type { Predicted } from '#/evaluation/predicted.ts';
import type { Ranking } from '#/evaluation/ranking.ts';
import { rankingsOf } from '#/evaluation/rankings.ts';
import { regressionMeasure } from '#/evaluation/regression.ts';

/** The metrics of rows whose order is known already, so that they cost little with other weights: a resampling is one. */
export interface Measure {
  readonly names: readonly string[];
  /** Writes values in the order of `names`, NaN where a metric is not defined. */
  of(weights: Float64Array | undefined, into: Float64Array): void;
}

export interface MeasureOptions {
  /** From which probability on a row is of the second of two classes; absent: where it is the more probable one. */
  readonly threshold?: number;
  /** Of pinball losses. */
  readonly quantiles?: readonly number[];
}

/** `rankings` are those of the classes, where they are there already. */
export function measureOf(
  predicted: Predicted,
  { threshold, quantiles = [0.1, 0.5, 0.9] }: MeasureOptions = {},
  rankings?: readonly Ranking[],
): Measure {
  switch (predicted.task.kind) {
    case 'binary':
      return binaryMeasure(predicted, (rankings ?? rankingsOf(predicted))[1] as Ranking, threshold);
    case 'multiclass':
      return multiclassMeasure(predicted, rankings ?? rankingsOf(predicted));
    case 'regression':
      return regressionMeasure(predicted, quantiles);
    case 'anomaly':
      return anomalyMeasure(predicted);
    case 'clustering':
      return { names: [], of: () => {} };
  }
}

export interface MetricValues {
  readonly metrics: Readonly<Record<string, number>>;
  /** Metrics that have no value, each with the reason. */
  readonly missing: Readonly<Record<string, string>>;
}

/** All metrics that rows, targets and predictions alone make. */
export function metricsOf(predicted: Predicted, options: MeasureOptions = {}, rankings?: readonly Ranking[]): MetricValues {
  const measure = measureOf(predicted, options, rankings);
  const values = new Float64Array(measure.names.length);
  measure.of(predicted.weights, values);
  return named(measure.names, values);
}

export function named(names: readonly string[], values: ArrayLike<number>): MetricValues {
  const metrics: Record<string, number> = {};
  const missing: Record<string, string> = {};
  names.forEach((name, at) => {
    const value = values[at] as number;
    if (Number.isFinite(value)) metrics[name] = value;
    else missing[name] = metricOf(name).needs ?? 'It is not defined for these rows, or too great to be written.';
  });
  return { metrics, missing };
}
