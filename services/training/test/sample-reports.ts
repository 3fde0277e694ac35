import {
  acrossFolds,
  compareWithBaseline,
  evaluate,
  evaluateSlices,
  metricsOf,
  permutationImportance,
  seededRandom,
  type Predicted,
  type Table,
  type Task,
} from '@mlab/learning';
import type { Report, ReportedTrial } from '#/report/contents.ts';

/* Reports with plausible content, of every kind: for tests, and to look at. */

const ROWS = 1200;

const COMMON = {
  created: '2026-03-04T09:12:44Z',
  data: {
    facts: [
      { name: 'Source', value: 'customers-2026-02.parquet' },
      { name: 'Rows', value: ROWS * 5 },
      { name: 'Digest', value: 'sha256:8c1f0d6b5f3e2a' },
    ],
    columns: [
      { name: 'churned', kind: 'text', role: 'target', missing: 0, distinct: 2 },
      { name: 'tenure_months', kind: 'number', role: 'feature', missing: 14, distinct: 72, note: 'missing values become the median' },
      {
        name: 'plan',
        kind: 'text',
        role: 'feature',
        missing: 0,
        distinct: 9,
        note: 'one column for each of 6 values; 3 rare ones together',
      },
      { name: 'signed_up', kind: 'time', role: 'feature', missing: 2, distinct: 3111, note: 'year, month, weekday' },
      { name: 'customer_id', kind: 'text', role: 'left out', distinct: 6000, note: 'different in every row' },
    ],
  },
  split: {
    method: 'stratified by the target, seed 7',
    parts: [
      { name: 'Training', rows: ROWS * 3 },
      { name: 'Validation', rows: ROWS },
      { name: 'Test', rows: ROWS },
    ],
  },
  environment: [
    { name: 'Node.js', value: '24.14.0' },
    { name: 'Platform', value: 'linux x64, 2 cores' },
    { name: 'Code', value: '3a8f928' },
  ],
};

const PARAMS = [
  { name: 'learningRate', value: 0.08 },
  { name: 'rounds', value: 400 },
  { name: 'maxLeaves', value: 31, isDefault: true },
  { name: 'minRowsInLeaf', value: 20, isDefault: true },
  { name: 'monotone', value: null, isDefault: true },
];

const learningCurve = (length: number, random: () => number): Report['learning'] => ({
  steps: Array.from({ length }, (_, at) => at + 1),
  series: [
    { name: 'train_loss', values: Array.from({ length }, (_, at) => 0.18 + 0.5 * Math.exp(-at / 28)) },
    {
      name: 'validation_loss',
      values: Array.from({ length }, (_, at) => 0.29 + 0.4 * Math.exp(-at / 22) + at * 0.0004 + random() * 0.004),
    },
  ],
  best: 61,
});

function classified(classes: readonly string[], strength: number, seed: number): { predicted: Predicted; table: Table } {
  const random = seededRandom(seed);
  const count = classes.length;
  const task: Task = { kind: count === 2 ? 'binary' : 'multiclass', classes };
  const target = Float64Array.from({ length: ROWS }, () => Math.min(count - 1, Math.floor(random() ** 1.7 * count)));
  const predictions = new Float64Array(ROWS * count);
  target.forEach((label, row) => {
    const scores = classes.map((_, at) =>
      Math.exp((at === label ? strength : at === (label + 1) % count ? strength / 3 : 0) + 2.4 * (random() + random() - 1)),
    );
    const sum = scores.reduce((a, b) => a + b, 0);
    scores.forEach((score, at) => (predictions[row * count + at] = score / sum));
  });
  const words = ['basic', 'family', 'premium', 'student'];
  const table: Table = {
    rows: ROWS,
    columns: [
      { kind: 'text', name: 'plan', codes: Int32Array.from({ length: ROWS }, () => Math.floor(random() * 5) - 1), words },
      { kind: 'number', name: 'tenure_months', values: Float64Array.from({ length: ROWS }, () => Math.floor(random() * 72)) },
      { kind: 'number', name: 'monthly_charges', values: Float64Array.from({ length: ROWS }, () => 20 + random() * 90) },
    ],
  };
  return { predicted: { task, target, predictions }, table };
}

function withBaseline(
  predicted: Predicted,
  baseline: Float64Array,
  seed: number,
): Pick<Report, 'evaluation' | 'baseline' | 'comparison' | 'crossValidation'> {
  const options = { random: seededRandom(seed), resamples: 200, costs: { falsePositive: 5, falseNegative: 40 } };
  const folds = [1, 2, 3, 4, 5].map((fold) => {
    const part = (values: Float64Array, width: number): Float64Array => values.slice((fold - 1) * 240 * width, fold * 240 * width);
    const width = predicted.predictions.length / ROWS;
    return {
      rows: 240,
      ...metricsOf({ ...predicted, target: part(predicted.target, 1), predictions: part(predicted.predictions, width) }),
    };
  });
  return {
    evaluation: evaluate(predicted, options),
    baseline: { title: 'Baseline', metrics: metricsOf({ ...predicted, predictions: baseline }).metrics },
    comparison: compareWithBaseline(predicted, baseline, options),
    crossValidation: acrossFolds(folds),
  };
}

const importances = (names: readonly string[]) => names.map((name, at) => ({ name, value: 0.42 * 0.62 ** at }));

const COLUMNS = ['tenure_months', 'monthly_charges', 'contract: two years', 'support_calls', 'plan', 'payment_method', 'signed_up month'];

const permutations = (metric: string, score: number): Report['permutations'] => ({
  metric,
  score,
  columns: COLUMNS.map((name, at) => ({
    name,
    mean: 0.11 * 0.55 ** at - 0.002,
    deviation: 0.006 / (at + 1),
    values: [0.1, 0.11, 0.09, 0.1, 0.12],
  })),
});

function binaryReport(): Report {
  const { predicted, table } = classified(['stays', 'leaves'], 1.5, 11);
  const constant = Float64Array.from(predicted.predictions, (_, at) => (at % 2 === 0 ? 0.66 : 0.34));
  return {
    ...COMMON,
    title: 'churn',
    summary: 'Gradient boosting predicts churned from 18 columns of customers-2026-02.parquet. It is registered as churn version 7.',
    task: 'binary',
    metric: 'roc_auc',
    model: [
      { name: 'Trainer', value: 'Gradient boosting' },
      { name: 'Target', value: 'churned' },
      { name: 'Registered as', value: 'churn version 7' },
      { name: 'Iterations', value: 61 },
      { name: 'Time', value: '2.4 s' },
      { name: 'Size', value: '184 kB' },
    ],
    params: PARAMS,
    ...withBaseline(predicted, constant, 5),
    learning: learningCurve(110, seededRandom(3)) as NonNullable<Report['learning']>,
    permutations: permutations('roc_auc', 0.84) as NonNullable<Report['permutations']>,
    importance: importances(COLUMNS),
    slices: evaluateSlices(predicted, table.columns),
    warnings: ['The column signed_up lies after the target’s date in 14 rows.'],
  };
}

function multiclassReport(): Report {
  const classes = ['Adélie', 'Chinstrap', 'Gentoo', 'Emperor', 'King'];
  const { predicted, table } = classified(classes, 2.2, 12);
  const constant = Float64Array.from(predicted.predictions, (_, at) => [0.4, 0.2, 0.2, 0.1, 0.1][at % 5] as number);
  return {
    ...COMMON,
    title: 'penguins',
    task: 'multiclass',
    metric: 'f1_macro',
    model: [{ name: 'Trainer', value: 'Random forest' }],
    params: PARAMS,
    ...withBaseline(predicted, constant, 6),
    importance: importances(COLUMNS),
    slices: evaluateSlices(predicted, table.columns),
  };
}

function regressionReport(): Report {
  const random = seededRandom(13);
  const normal = (): number => random() + random() + random() + random() - 2;
  const predictions = Float64Array.from({ length: ROWS }, () => 120_000 + 90_000 * random() ** 2 * 4);
  const target = predictions.map((value) => value + normal() * value * 0.12 + (random() < 0.01 ? 90_000 : 0));
  const predicted: Predicted = { task: { kind: 'regression' }, target, predictions };
  const table: Table = {
    rows: ROWS,
    columns: [
      { kind: 'number', name: 'living_area', values: predictions.map((value) => value / 2000) },
      { kind: 'boolean', name: 'garage', values: predictions.map(() => Math.round(random())) },
    ],
  };
  const predict = (shuffled: Table): Float64Array =>
    (shuffled.columns[0] as { readonly values: Float64Array }).values.map((value) => value * 2000);
  return {
    ...COMMON,
    title: 'house prices',
    task: 'regression',
    metric: 'rmse',
    model: [{ name: 'Trainer', value: 'Gradient boosting' }],
    params: PARAMS,
    ...withBaseline(
      predicted,
      predictions.map(() => 240_000),
      7,
    ),
    learning: learningCurve(110, random) as NonNullable<Report['learning']>,
    permutations: permutationImportance(predicted, table, { random, predict }),
    slices: evaluateSlices(predicted, table.columns),
  };
}

function clusteringReport(): Report {
  const random = seededRandom(14);
  const labels = Float64Array.from({ length: ROWS }, () => Math.floor(random() ** 1.5 * 6));
  const values = (spread: number): Float32Array => Float32Array.from(labels, (label) => label * 2 + random() * spread);
  const columns = [1, 2].map((spread) => ({ kind: 'number' as const, name: `x${spread}`, values: values(spread) }));
  const predicted: Predicted = { task: { kind: 'clustering' }, target: new Float64Array(), predictions: labels };
  return {
    ...COMMON,
    title: 'segments',
    task: 'clustering',
    metric: 'silhouette',
    model: [{ name: 'Trainer', value: 'k-means' }],
    params: [{ name: 'clusters', value: 6 }],
    evaluation: evaluate(predicted, { random, matrix: { rows: ROWS, columns } }),
  };
}

export function anomalyReport(isKnown = true): Report {
  const random = seededRandom(15);
  const target = Float64Array.from({ length: ROWS }, () => (random() < 0.04 ? 1 : 0));
  const predictions = target.map((label) => 0.35 + 0.12 * (random() + random()) + label * random() * 0.3);
  const predicted: Predicted = { task: { kind: 'anomaly' }, target: isKnown ? target : new Float64Array(), predictions };
  return {
    ...COMMON,
    title: 'strange payments',
    task: 'anomaly',
    metric: 'roc_auc',
    model: [{ name: 'Trainer', value: 'Isolation forest' }],
    params: [{ name: 'trees', value: 200 }],
    evaluation: evaluate(predicted, { random, resamples: 100 }),
  };
}

function studyReport(): Report {
  const random = seededRandom(16);
  const trials = Array.from({ length: 60 }, (_, number): ReportedTrial => {
    const learningRate = 10 ** (-3 + 2.5 * random());
    const maxLeaves = Math.round(7 + random() * 120);
    const booster = random() < 0.6 ? 'leaf-wise' : 'depth-wise';
    const value =
      0.9 -
      0.05 * (Math.log10(learningRate) + 1.3) ** 2 -
      0.00002 * (maxLeaves - 50) ** 2 +
      (booster === 'leaf-wise' ? 0.01 : 0) +
      random() * 0.01;
    const state = number % 11 === 7 ? 'failed' : number % 4 === 3 ? 'pruned' : 'complete';
    const params = [
      { name: 'learningRate', value: learningRate },
      { name: 'maxLeaves', value: maxLeaves },
      { name: 'growth', value: booster },
      { name: 'rowShare', value: 0.5 + random() / 2 },
    ];
    return { number, state, ...(state === 'failed' ? {} : { value }), params };
  });
  return {
    ...COMMON,
    title: 'churn, search',
    task: 'binary',
    metric: 'roc_auc',
    model: [{ name: 'Trainer', value: 'Gradient boosting' }],
    params: [],
    study: {
      metric: 'roc_auc',
      better: 'higher',
      method: 'TPE with successive halving (ASHA), 4 trials at once, seed 7',
      trials,
      importance: [
        { name: 'learningRate', value: 0.71 },
        { name: 'growth', value: 0.17 },
        { name: 'maxLeaves', value: 0.09 },
        { name: 'rowShare', value: 0.03 },
      ],
    },
  };
}

export const sampleReports = (): Readonly<Record<string, Report>> => ({
  binary: binaryReport(),
  multiclass: multiclassReport(),
  regression: regressionReport(),
  clustering: clusteringReport(),
  anomaly: anomalyReport(),
  study: studyReport(),
});
