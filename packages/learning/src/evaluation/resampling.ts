import { measureOf, type Measure, type MeasureOptions } from '#/evaluation/measure.ts';
import type { Interval } from '#/evaluation/evaluation.ts';
import { metricOf } from '#/evaluation/metrics.ts';
import { rowsOf, takeRows, widthOf, type Predicted } from '#/evaluation/predicted.ts';
import { shuffledRows } from '#/evaluation/shuffled-rows.ts';

export interface ResamplingOptions extends MeasureOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** How often rows are drawn. Default 500. */
  readonly resamples?: number;
  /**
   * How many numbers may be looked at altogether: resamples × rows × numbers a model says of each row. Where there are more rows than that
   * allows, some are chosen by chance. Default 10 million, which take about half a second.
   */
  readonly work?: number;
  /** Of intervals. Default 0.95. */
  readonly level?: number;
}

interface Resampled {
  readonly names: readonly string[];
  /** By metric, its value in each resample; those of the second model, where there is one, are taken away. */
  readonly values: readonly Float64Array[];
  /** By metric, its value on the rows that were drawn from. */
  readonly centre: Float64Array;
  /** How much narrower values of all rows are spread than of those that were drawn from. */
  readonly shrink: number;
}

/**
 * Values of all metrics on rows drawn with replacement (Efron, 1979): as many as there are, each as often as it was drawn, which is a
 * weight. So nothing is sorted again. Of very many rows a part is drawn from, and the spread made smaller by the root of that part (m out of
 * n; Bickel, Götze and van Zwet, 1997). `baseline` is what another model says of the same rows.
 */
export function resample(predicted: Predicted, baseline: Float64Array | undefined, options: ResamplingOptions): Resampled {
  const { random, resamples = 500, work = 10_000_000 } = options;
  const all = rowsOf(predicted);
  const rows = Math.min(all, Math.max(100, Math.floor(work / resamples / widthOf(predicted.task) / (baseline === undefined ? 1 : 2))));
  const drawn = rows === all ? undefined : shuffledRows(all, random, rows).subarray(0, rows);
  const part = (one: Predicted): Predicted => (drawn === undefined ? one : takeRows(one, drawn));
  const own = part(predicted);
  const measures = [measureOf(own, options)];
  if (baseline !== undefined) measures.push(measureOf(part({ ...predicted, predictions: baseline }), options));
  const names = measures[0]?.names ?? [];
  const draws = { rows, random, weights: own.weights };
  const values = names.map(() => new Float64Array(resamples));
  const difference = differenceOf(measures);
  for (let at = 0; at < resamples; at++) {
    const result = difference(drawWeights(draws));
    for (let metric = 0; metric < names.length; metric++) (values[metric] as Float64Array)[at] = result[metric] as number;
  }
  return { names, values, centre: difference(own.weights).slice(), shrink: Math.sqrt(rows / all) };
}

function differenceOf(measures: readonly Measure[]): (weights: Float64Array | undefined) => Float64Array {
  const [first, second] = measures;
  const own = new Float64Array(first?.names.length ?? 0);
  const other = new Float64Array(own.length);
  return (weights) => {
    first?.of(weights, own);
    second?.of(weights, other);
    for (let at = 0; at < own.length; at++) own[at] = (own[at] as number) - (other[at] as number);
    return own;
  };
}

interface Draws {
  readonly rows: number;
  readonly random: () => number;
  readonly weights: Float64Array | undefined;
}

function drawWeights({ rows, random, weights }: Draws): Float64Array {
  const counts = new Float64Array(rows);
  for (let draw = 0; draw < rows; draw++) {
    const row = Math.floor(random() * rows);
    counts[row] = (counts[row] as number) + 1;
  }
  if (weights !== undefined) for (let row = 0; row < rows; row++) counts[row] = (counts[row] as number) * (weights[row] as number);
  return counts;
}

/** The greatest of errors says little of the greatest among others: no bootstrap holds for extremes. */
export const hasInterval = (name: string): boolean => name !== 'max_error';

/**
 * Percentile intervals about the values that metrics have on all rows. None of a metric that is not defined in a tenth of the resamples or more.
 */
export function bootstrapIntervals(
  predicted: Predicted,
  metrics: Readonly<Record<string, number>>,
  options: ResamplingOptions,
): Readonly<Record<string, Interval>> {
  const { names, values, centre, shrink } = resample(predicted, undefined, options);
  const intervals: Record<string, Interval> = {};
  names.forEach((name, at) => {
    const whole = metrics[name];
    if (whole === undefined || !hasInterval(name)) return;
    const spread = (values[at] as Float64Array).map((value) => whole + (value - (centre[at] as number)) * shrink);
    const interval = intervalOf(shrink === 1 ? (values[at] as Float64Array) : spread, options.level);
    if (interval === undefined) return;
    const { lowest = interval.low, highest = interval.high } = metricOf(name);
    intervals[name] = { low: Math.max(interval.low, lowest), high: Math.min(interval.high, highest) };
  });
  return intervals;
}

export function intervalOf(values: Float64Array, level = 0.95): Interval | undefined {
  const sorted = values.filter(Number.isFinite).toSorted();
  if (sorted.length === 0 || sorted.length <= values.length * 0.9) return undefined;
  const at = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] as number;
    return below + ((sorted[Math.ceil(place)] as number) - below) * (place - Math.floor(place));
  };
  return { low: at((1 - level) / 2), high: at((1 + level) / 2) };
}
