import type { MetricResult } from '@mlab/contracts/training-jobs';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import { AppError } from '@mlab/kernel/errors';
import {
  acrossFolds,
  columnsByName,
  compareWithBaseline,
  evaluate,
  evaluateSlices,
  metricOf,
  metricsOf,
  permutationImportance,
  PRIMARY_METRIC,
  type Comparison,
  type CrossValidation,
  type Evaluation,
  type Importances,
  type Predicted,
  type Slices,
  type Task,
} from '@mlab/learning';
import { fit, type FitOptions, type Model } from './fit.ts';
import { foldsIn, partOf, type Part } from './split-table.ts';
import { randomFor } from './random-for.ts';

/** How good a model is: on rows that it has not learnt from, beside the baseline. */
export interface Judgement {
  readonly metric: string;
  readonly evaluation: Evaluation;
  readonly baseline: Evaluation | undefined;
  readonly comparison: Comparison | undefined;
  readonly crossValidation: CrossValidation | undefined;
  readonly slices: Slices | undefined;
  readonly permutations: Importances | undefined;
  readonly results: readonly MetricResult[];
}

export interface Judged {
  readonly spec: TrainingSpec;
  readonly task: Task;
  readonly model: Model;
  readonly baseline: Model | undefined;
  readonly test: Part;
  readonly predictions: Float64Array;
  readonly crossValidation: CrossValidation | undefined;
}

/** Shuffling a column means predicting anew: of very many columns only the most telling ones are. */
const MOST_SHUFFLED = 60;

export const predictedOf = (task: Task, { target, weights }: Part, predictions: Float64Array): Predicted => ({
  task,
  target,
  predictions,
  weights,
});

/** Whether there is anything that predictions can be held to. */
const isKnown = (task: Task, { target }: Part): boolean => task.kind !== 'clustering' && target.length > 0;

export function judge({ spec, task, model, baseline, test, predictions, crossValidation }: Judged): Judgement {
  const { evaluation: asked, seed } = spec;
  const predicted = predictedOf(task, test, predictions);
  const resampling = { resamples: asked.bootstrap, level: asked.confidence };
  const threshold = task.kind === 'binary' && asked.threshold !== 0.5 ? { threshold: asked.threshold } : {};
  const costs = asked.costs === undefined ? {} : { costs: asked.costs };
  const options = (purpose: string) => ({ ...resampling, ...threshold, ...costs, random: randomFor(seed, purpose) });
  const matrix = task.kind === 'clustering' ? { matrix: model.preparing.apply(test.table) } : {};
  const evaluation = evaluate(predicted, { ...options('evaluation'), ...matrix });
  const metric = metricFor(asked.metric, task, evaluation);
  const beside = baseline?.predict(test.table);
  const compares = beside !== undefined && isKnown(task, test) && asked.bootstrap > 0;
  const other =
    beside === undefined ? undefined : evaluate(predictedOf(task, test, beside), { ...options('baseline'), resamples: 0, ...matrix });
  // What comes of the whole evaluation, as a calibration does, is not told of parts of it.
  const known = isKnown(task, test) && metricsOf(predicted).metrics[metric] !== undefined;
  const byName = columnsByName(test.table);
  const sliced = asked.slices.flatMap((name) => byName.get(name) ?? []);
  return {
    metric,
    evaluation,
    baseline: other,
    comparison: compares ? compareWithBaseline(predicted, beside, options('comparison')) : undefined,
    crossValidation,
    slices: known && sliced.length > 0 ? evaluateSlices(predicted, sliced, { metric }) : undefined,
    permutations: known && asked.permutations > 0 ? shuffled(predicted, { spec, model, test, metric }) : undefined,
    results: resultsOf(evaluation, other, crossValidation),
  };
}

function metricFor(asked: string | undefined, task: Task, { metrics, missing }: Evaluation): string {
  if (asked === undefined) {
    const usual = PRIMARY_METRIC[task.kind];
    return usual in metrics ? usual : (Object.keys(metrics)[0] ?? usual);
  }
  if (asked in metrics) return asked;
  const why = missing[asked];
  if (why !== undefined) throw new AppError('invalid', `The metric ${asked} cannot be told for the test rows: ${why}`);
  throw new AppError('invalid', `There is no metric ${asked} for the task ${task.kind}; there are ${Object.keys(metrics).join(', ')}.`);
}

type Shuffling = Pick<Judged, 'spec' | 'model' | 'test'> & { readonly metric: string };

function shuffled(predicted: Predicted, { spec, model, test, metric }: Shuffling): Importances {
  const { inputs } = model.preparing;
  const columns =
    inputs.length <= MOST_SHUFFLED
      ? inputs.map(({ name }) => name)
      : telling(model)
          .slice(0, MOST_SHUFFLED)
          .map(({ name }) => name);
  const predict = (table: Part['table']): Float64Array => model.predict(table);
  const random = randomFor(spec.seed, 'permutations');
  return permutationImportance(predicted, test.table, { random, predict, columns, metric, repeats: spec.evaluation.permutations });
}

/** How much each column tells, by what the model knows of its features; the most telling first. */
export function telling({ preparing, fitted }: Model): readonly { readonly name: string; readonly value: number }[] {
  const importance = fitted.importance();
  const sums = new Float64Array(preparing.inputs.length);
  importance?.forEach((value, feature) => {
    const input = preparing.origins[feature] as number;
    sums[input] = (sums[input] as number) + value;
  });
  return preparing.inputs.map(({ name }, at) => ({ name, value: sums[at] as number })).toSorted((a, b) => b.value - a.value);
}

function resultsOf(evaluation: Evaluation, baseline: Evaluation | undefined, folds: CrossValidation | undefined): readonly MetricResult[] {
  return Object.entries(evaluation.metrics).map(([name, value]): MetricResult => {
    const interval = evaluation.intervals?.[name];
    const beside = baseline?.metrics[name];
    const across = folds?.metrics[name];
    return {
      name,
      value,
      ...(interval === undefined ? {} : { low: interval.low, high: interval.high }),
      ...(beside === undefined ? {} : { baseline: beside }),
      better: metricOf(name).better,
      ...(across === undefined ? {} : { folds: { mean: across.mean, deviation: across.deviation } }),
    };
  });
}

/** Trains on parts of the training rows in turn. */
export function crossValidate(part: Part, folds: number, options: FitOptions, onFold: (fold: number) => void): CrossValidation {
  const { spec, task } = options;
  const made = foldsIn(part, spec, task, folds).map(({ fold, train, test }) => {
    onFold(fold + 1);
    const held = partOf(part, test);
    const model = fit(partOf(part, train), undefined, { ...options, purpose: `fold ${fold}` });
    return { rows: held.table.rows, ...metricsOf(predictedOf(task, held, model.predict(held.table))) };
  });
  return acrossFolds(made);
}
