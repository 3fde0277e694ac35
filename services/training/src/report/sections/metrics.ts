import { metricOf } from '@mlab/learning';
import type { Report } from '#/report/contents.ts';
import { number, percent, signed } from '#/report/format.ts';
import { markup, type Markup } from '#/report/markup.ts';
import { table, type Section } from '#/report/sections/section.ts';

/** All metrics of the model, beside those of the baseline. */
export function metricsSection(report: Report): Section | undefined {
  const { evaluation, metric, baseline, comparison, crossValidation } = report;
  if (evaluation === undefined) return undefined;
  const names = Object.keys(evaluation.metrics).toSorted((a, b) => Number(b === metric) - Number(a === metric));
  const level = percent(evaluation.level ?? comparison?.level ?? 0.95).replace('.0', '');
  const hasIntervals = evaluation.intervals !== undefined && Object.keys(evaluation.intervals).length > 0;
  const head = [
    'Metric',
    'Model',
    ...(hasIntervals ? [`${level} interval`] : []),
    ...(baseline === undefined ? [] : [baseline.title, 'Difference']),
    ...(comparison === undefined ? [] : ['Better in']),
    ...(crossValidation === undefined ? [] : ['Folds']),
  ];
  const rowsOf = (some: readonly string[]) =>
    some.map((name) => {
      const value = evaluation.metrics[name] as number;
      const interval = evaluation.intervals?.[name];
      const base = baseline?.metrics[name];
      const better = comparison?.metrics[name]?.better;
      const folds = crossValidation?.metrics[name];
      return [
        titleOf(name),
        number(value),
        ...(hasIntervals ? [interval === undefined ? '–' : `${number(interval.low)} to ${number(interval.high)}`] : []),
        ...(baseline === undefined ? [] : base === undefined ? ['–', '–'] : [number(base), signed(value - base)]),
        ...(comparison === undefined ? [] : [better === undefined ? '–' : percent(better)]),
        ...(crossValidation === undefined ? [] : [folds === undefined ? '–' : `${number(folds.mean)} ± ${number(folds.deviation)}`]),
      ];
    });
  const averages = names.filter((name) => isAverage(report, name));
  const missing = Object.entries(evaluation.missing);
  return {
    id: 'metrics',
    title: 'Metrics',
    intro: introOf(hasIntervals ? level : undefined, comparison !== undefined),
    charts: [],
    body: markup`${table({ head, rows: rowsOf(names.filter((name) => !isAverage(report, name))) }, 'Metrics')}${
      averages.length > 0 &&
      markup`<details><summary>Averages over classes: ${averages.length}</summary>${table({ head, rows: rowsOf(averages) }, 'Averages over classes')}</details>`
    }${
      missing.length > 0 &&
      markup`<details><summary>Metrics without a value: ${missing.length}</summary><ul>${missing.map(([name, reason]) => markup`<li>${metricOf(name).title}: ${reason}</li>`)}</ul></details>`
    }`,
  };
}

/** Averages over classes of which there are better ones: they stand apart, so that the others are seen. */
export const isAverage = ({ task, metric }: Report, name: string): boolean =>
  name !== metric && (task === 'binary' ? /_(micro|macro|weighted)$/ : /_micro$|^(precision|recall)_weighted$/).test(name);

/** An arrow says which way is better. */
const titleOf = (name: string): string => `${metricOf(name).title}\u00A0${metricOf(name).better === 'higher' ? '↑' : '↓'}`;

const introOf = (level: string | undefined, compares: boolean): string =>
  [
    'All are of rows that the model has not learnt from; ↑ more is better, ↓ less is better.',
    level !== undefined && `Intervals say where the metric would lie for ${level} of other samples of the same size (bootstrap).`,
    compares && `“Better in” is the share of such samples in which the model beats the baseline.`,
  ]
    .filter((sentence) => sentence !== false)
    .join(' ');

/** Metrics that are shown in large type, at the most so many. */
const TILES = 5;
const FAVOURITES = [
  'roc_auc',
  'roc_auc_macro',
  'average_precision',
  'f1',
  'balanced_accuracy',
  'accuracy',
  'log_loss',
  'rmse',
  'mae',
  'r2',
  'mape',
  'median_absolute_error',
  'silhouette',
  'davies_bouldin',
  'calinski_harabasz',
  'inertia',
];

/** A percentage of targets some of which are 0 is so large that it says nothing; it stands in the table all the same. */
const SENSELESS_MAPE = 1000;

/** The metrics that matter most, in large type. */
export function tiles({ evaluation, metric, baseline, study }: Report): Markup | undefined {
  if (evaluation === undefined) return study === undefined ? undefined : studyTile(study.trials, metric);
  const names = [...new Set([metric, ...FAVOURITES])]
    .filter(
      (name) => Object.hasOwn(evaluation.metrics, name) && !(name === 'mape' && (evaluation.metrics[name] as number) > SENSELESS_MAPE),
    )
    .slice(0, TILES);
  if (names.length === 0) return undefined;
  return markup`<div class="tiles">${names.map((name) => {
    const value = evaluation.metrics[name] as number;
    const interval = evaluation.intervals?.[name];
    const base = baseline?.metrics[name];
    return markup`<div class="tile${name === metric && ' main'}"><p class="name">${metricOf(name).title}</p><p class="figure">${number(value)}</p>${
      interval !== undefined && markup`<p class="note">${number(interval.low)} to ${number(interval.high)}</p>`
    }${base !== undefined && beside(name, value, base)}</div>`;
  })}</div>`;
}

function beside(name: string, value: number, base: number): Markup {
  const isBetter = metricOf(name).better === 'higher' ? value > base : value < base;
  const word = value === base ? 'same as' : isBetter ? 'better than' : 'worse than';
  return markup`<p class="note ${value === base ? '' : isBetter ? 'good' : 'bad'}">${signed(value - base)}, ${word} the baseline’s ${number(base)}</p>`;
}

function studyTile(trials: NonNullable<Report['study']>['trials'], metric: string): Markup {
  const { better, title } = metricOf(metric);
  const values = trials.flatMap(({ state, value }) => (state === 'complete' && value !== undefined ? [value] : []));
  const best = values.reduce((a, b) => (better === 'higher' ? Math.max(a, b) : Math.min(a, b)), better === 'higher' ? -Infinity : Infinity);
  const count = (state: string): string => String(trials.filter((trial) => trial.state === state).length);
  return markup`<div class="tiles"><div class="tile main"><p class="name">Best ${title}</p><p class="figure">${values.length === 0 ? '–' : number(best)}</p></div><div class="tile"><p class="name">Trials</p><p class="figure">${trials.length}</p><p class="note">${count('complete')} complete, ${count('pruned')} pruned, ${count('failed')} failed</p></div></div>`;
}
