import { metricOf } from '@mlab/learning';
import { barChart } from '#/report/charts/bar-chart.ts';
import { fitted } from '#/report/charts/text-width.ts';
import type { Report } from '#/report/contents.ts';
import { number, percent, signed } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';
import { isAverage } from '#/report/sections/metrics.ts';
import { table, type Section } from '#/report/sections/section.ts';

const MOST = 20;

/** Which columns the model looks at. */
export function importanceSection({ permutations, importance = [] }: Report): Section | undefined {
  const charts = [];
  if (permutations !== undefined && permutations.columns.length > 0) {
    const sorted = permutations.columns.toSorted((a, b) => b.mean - a.mean);
    charts.push(
      barChart({
        name: 'permutation-importance',
        title: 'Importance by shuffling',
        description: `How much worse the model becomes in ${metricOf(permutations.metric).title} when a column is shuffled; whiskers are the deviation over ${sorted[0]?.values.length ?? 0} times. ${beyond(sorted.length)}`,
        bars: sorted
          .slice(0, MOST)
          .map(({ name, mean, deviation }) => ({ label: name, value: mean, low: mean - deviation, high: mean + deviation })),
        valueTitle: `Change of ${metricOf(permutations.metric).title}`,
        labelTitle: 'Column',
      }),
    );
  }
  if (importance.length > 0) {
    const sorted = importance.toSorted((a, b) => b.value - a.value);
    charts.push(
      barChart({
        name: 'importance',
        title: 'Importance in the model',
        description: `What the model itself says of its columns; all together are 100%. ${beyond(sorted.length)}`,
        bars: sorted.slice(0, MOST).map(({ name, value }) => ({ label: name, value })),
        valueTitle: 'Share',
        labelTitle: 'Column',
        format: percent,
      }),
    );
  }
  return charts.length === 0
    ? undefined
    : {
        id: 'importance',
        title: 'Importance of columns',
        intro: 'Of columns that say the same, each alone looks of little use. Importance is not cause.',
        charts,
      };
}

const beyond = (columns: number): string => (columns > MOST ? `The first ${MOST} of ${columns} columns.` : '');

const SLICES = 40;

/** Where the model is worse than elsewhere. */
export function slicesSection({ slices }: Report): Section | undefined {
  if (slices === undefined || slices.slices.length === 0) return undefined;
  const { title } = metricOf(slices.metric);
  const scored = slices.slices.filter(({ advantage }) => advantage !== undefined);
  const charts =
    scored.length === 0
      ? []
      : [
          barChart({
            name: 'slices',
            title: `${title} by slice`,
            description: `How much better or worse than for all rows${slices.overall === undefined ? '' : ` (${number(slices.overall)})`}; the worst first.`,
            bars: scored.slice(0, MOST).map(({ column, value, advantage = 0 }) => ({
              label: `${column}: ${value ?? 'missing'}`,
              short: `${fitted(column, 90)}: ${value ?? 'missing'}`,
              value: advantage,
            })),
            valueTitle: `Advantage in ${title}`,
            labelTitle: 'Slice',
            format: signed,
            judged: true,
          }),
        ];
  const rows = slices.slices
    .slice(0, SLICES)
    .map(({ column, value, rows: own, share, score, advantage }) => [
      column,
      value ?? 'missing',
      own.toLocaleString('en-US'),
      percent(share),
      score === undefined ? '–' : number(score),
      advantage === undefined ? '–' : signed(advantage),
    ]);
  return {
    id: 'slices',
    title: 'Slices',
    intro: `Rows that have something in common. Small slices are off by chance: look twice before acting on one.${slices.leftOut > 0 ? ` ${slices.leftOut} slices have too few rows to be shown, or are too many.` : ''}`,
    charts,
    body: table({ head: ['Column', 'Value', 'Rows', 'Share', title, 'Advantage'], rows }, 'Slices'),
  };
}

/** Metrics of each fold. */
export function crossValidationSection(report: Report): Section | undefined {
  const { crossValidation, metric } = report;
  if (crossValidation === undefined) return undefined;
  const { folds, metrics } = crossValidation;
  const names = Object.keys(metrics).toSorted((a, b) => Number(b === metric) - Number(a === metric));
  const averages = names.filter((name) => isAverage(report, name));
  const head = ['Metric', 'Mean', 'Deviation', ...folds.map((_, at) => `Fold ${at + 1}`)];
  const cell = (value: number | undefined): string => (value === undefined ? '–' : number(value));
  const rowsOf = (some: readonly string[]) =>
    some.map((name) => [
      metricOf(name).title,
      cell(metrics[name]?.mean),
      cell(metrics[name]?.deviation),
      ...folds.map((fold) => cell(fold.metrics[name])),
    ]);
  return {
    id: 'cross-validation',
    title: 'Cross-validation',
    intro: `The training rows in ${folds.length} parts, each of which is predicted by a model of the others. The deviation says how much depends on which rows there are.`,
    charts: [],
    body: markup`${table({ head, rows: rowsOf(names.filter((name) => !averages.includes(name))) }, 'Cross-validation')}${averages.length > 0 && markup`<details><summary>Averages over classes: ${averages.length}</summary>${table({ head, rows: rowsOf(averages) }, 'Averages over classes in folds')}</details>`}`,
  };
}
