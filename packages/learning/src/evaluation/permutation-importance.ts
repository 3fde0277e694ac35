import { AppError } from '@mlab/kernel/errors';
import { metricsOf, type MeasureOptions } from '#/evaluation/measure.ts';
import { goodness, PRIMARY_METRIC } from '#/evaluation/metrics.ts';
import { checkPredicted, rowsOf, takeRows as takePredicted, type Predicted } from '#/evaluation/predicted.ts';
import { shuffledRows } from '#/evaluation/shuffled-rows.ts';
import { takeRows, type Table } from '#/table.ts';

export interface ImportanceOptions extends MeasureOptions {
  readonly random: () => number;
  /** What the model says of such a table, row after row. */
  readonly predict: (table: Table) => Float64Array;
  /** Names of those to shuffle. Default: all. */
  readonly columns?: readonly string[];
  /** Default: the one that models of the task are compared by. */
  readonly metric?: string;
  /** How often each column is shuffled. Default 5. */
  readonly repeats?: number;
  /** Of more rows, so many are chosen by chance. Default 5000. */
  readonly rows?: number;
}

export interface Importance {
  readonly name: string;
  /** How much worse the metric becomes. */
  readonly mean: number;
  /** Of the repeats, as numpy's: the mean of squares by their number. */
  readonly deviation: number;
  readonly values: readonly number[];
}

export interface Importances {
  readonly metric: string;
  /** Without shuffling. */
  readonly score: number;
  /** In the order of the columns. */
  readonly columns: readonly Importance[];
}

/**
 * How much worse a model is when a column is shuffled, that is, told nothing of (Breiman, 2001; Fisher, Rudin and Dominici, 2019), as
 * scikit-learn's `permutation_importance`. Columns that say the same each look of no use, as the model still has the other.
 */
export function permutationImportance(all: Predicted, table: Table, options: ImportanceOptions): Importances {
  checkPredicted(all);
  const { metric = PRIMARY_METRIC[all.task.kind], repeats = 5, random, predict } = options;
  const { predicted, sample } = sampleOf(all, table, options);
  const score = metricsOf(predicted, options).metrics[metric];
  if (score === undefined) throw new AppError('invalid', `The metric ${metric} is not defined for these rows, so nothing makes it worse.`);
  const wanted = options.columns === undefined ? undefined : new Set(options.columns);
  const columns = sample.columns.flatMap(({ name }, column): Importance[] => {
    if (wanted !== undefined && !wanted.has(name)) return [];
    const values = Array.from({ length: repeats }, () => {
      const predictions = predict(shuffleColumn(sample, column, shuffledRows(sample.rows, random)));
      const shuffled = metricsOf({ ...predicted, predictions }, options).metrics[metric];
      return shuffled === undefined ? 0 : goodness(metric, score) - goodness(metric, shuffled);
    });
    const mean = values.reduce((sum, value) => sum + value, 0) / repeats;
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return [{ name, mean, deviation: Math.sqrt(squares / repeats), values }];
  });
  return { metric, score, columns };
}

function sampleOf(all: Predicted, table: Table, { rows = 5000, random }: ImportanceOptions): { predicted: Predicted; sample: Table } {
  if (rowsOf(all) <= rows) return { predicted: all, sample: table };
  const chosen = Int32Array.from(shuffledRows(table.rows, random, rows).subarray(0, rows));
  return { predicted: takePredicted(all, chosen), sample: takeRows(table, chosen) };
}

function shuffleColumn(table: Table, column: number, order: Uint32Array): Table {
  const shuffled = takeRows({ rows: table.rows, columns: table.columns.slice(column, column + 1) }, Int32Array.from(order));
  return { rows: table.rows, columns: table.columns.with(column, shuffled.columns[0] as Table['columns'][number]) };
}
