import type { MetricValues } from '#/evaluation/measure.ts';

export interface FoldMetric {
  readonly mean: number;
  /** As numpy's `std`: the mean of squares by the number of folds. */
  readonly deviation: number;
  readonly least: number;
  readonly most: number;
  /** How many folds it is defined in. */
  readonly folds: number;
}

export interface CrossValidation {
  readonly folds: readonly { readonly rows: number; readonly metrics: Readonly<Record<string, number>> }[];
  readonly metrics: Readonly<Record<string, FoldMetric>>;
}

/** Metrics of several folds together. Each fold counts the same, as with scikit-learn's `cross_val_score`. */
export function acrossFolds(folds: readonly (Pick<MetricValues, 'metrics'> & { readonly rows: number })[]): CrossValidation {
  const names = new Set(folds.flatMap(({ metrics }) => Object.keys(metrics)));
  const metrics: Record<string, FoldMetric> = {};
  for (const name of names) {
    const values = folds.flatMap((fold) => fold.metrics[name] ?? []);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    metrics[name] = {
      mean,
      deviation: Math.sqrt(squares / values.length),
      least: Math.min(...values),
      most: Math.max(...values),
      folds: values.length,
    };
  }
  return { folds: folds.map(({ rows, metrics: own }) => ({ rows, metrics: own })), metrics };
}
