import type { ChosenThreshold, ClassEvaluation, Curve, Evaluation } from '@mlab/learning';
import type { Chart } from '#/report/charts/chart.ts';
import { histogramChart } from '#/report/charts/histogram-chart.ts';
import { lineChart } from '#/report/charts/line-chart.ts';
import { matrixChart, MOST_CLASSES } from '#/report/charts/matrix-chart.ts';
import { linear } from '#/report/charts/scale.ts';
import type { Report } from '#/report/contents.ts';
import { count, number, percent } from '#/report/format.ts';
import { markup, type Markup } from '#/report/markup.ts';
import { anomalyChart } from '#/report/sections/groups.ts';
import { table, type Section } from '#/report/sections/section.ts';

const SHARE = linear({ low: 0, high: 1, exact: true });

/** How well classes are told apart: by label, by order, and by probability. */
export function classificationSection({ evaluation }: Report): Section | undefined {
  if (evaluation === undefined || (evaluation.confusion === undefined && (evaluation.roc ?? []).length === 0)) return undefined;
  const { confusion, roc = [], precisionRecall = [], classes = [], thresholds = [] } = evaluation;
  const charts = [
    confusion !== undefined && confusion.classes.length <= MOST_CLASSES && matrixChart(confusion),
    roc.length > 0 && rocChart(roc),
    precisionRecall.length > 0 && precisionRecallChart(precisionRecall, evaluation),
    evaluation.calibration !== undefined && calibrationChart(evaluation.calibration),
    evaluation.scores !== undefined && (evaluation.task === 'anomaly' ? anomalyChart(evaluation.scores) : scoresChart(evaluation.scores)),
    evaluation.gain !== undefined && gainChart(evaluation.gain),
  ].filter((chart) => chart !== false);
  return {
    id: 'classes',
    title: evaluation.task === 'anomaly' ? 'Known anomalies' : 'Classes',
    charts,
    body: markup`${classes.length > 0 && classTable(classes)}${thresholds.length > 0 && thresholdTable(thresholds)}`,
  };
}

const areas = (curves: readonly Curve[]): string =>
  curves.map(({ label, area }) => `${label} ${area === undefined ? '–' : number(area)}`).join(', ');

const curveTable = (curves: readonly Curve[], x: string, y: string) => ({
  head: ['Class', x, y, 'From score'],
  rows: curves.flatMap((curve) =>
    thinned(curve.x.length, Math.max(8, Math.floor(60 / curves.length))).map((at) => {
      const threshold = curve.thresholds[at] ?? null;
      return [curve.label, number(curve.x[at] ?? 0), number(curve.y[at] ?? 0), threshold === null ? '–' : number(threshold)];
    }),
  ),
});

const thinned = (length: number, most: number): readonly number[] =>
  length <= most ? [...Array(length).keys()] : Array.from({ length: most }, (_, at) => Math.round((at * (length - 1)) / (most - 1)));

function rocChart(curves: readonly Curve[]): Chart {
  return lineChart({
    name: 'roc-curve',
    title: 'ROC curve',
    description: `Rows of the class that are found, against other rows that are taken for it. Area under the curve: ${areas(curves)}; 0.5 is chance.`,
    x: { title: 'False-positive rate', scale: SHARE },
    y: { title: 'True-positive rate', scale: SHARE },
    lines: curves.map(({ label, x, y }) => ({ label, x, y })),
    guides: [{ label: 'chance', from: [0, 0], to: [1, 1] }],
    table: curveTable(curves, 'False-positive rate', 'True-positive rate'),
  });
}

function precisionRecallChart(curves: readonly Curve[], { classes = [], weight }: Evaluation): Chart {
  const [first] = curves;
  const support = classes.find(({ label }) => label === first?.label)?.support;
  const share = curves.length === 1 && support !== undefined ? support / weight : undefined;
  return lineChart({
    name: 'precision-recall-curve',
    title: 'Precision and recall',
    description: `How many of those that are said to be of the class are, against how many of it are found. Average precision: ${areas(curves)}${share === undefined ? '' : `; chance is ${number(share)}`}.`,
    x: { title: 'Recall', scale: SHARE },
    y: { title: 'Precision', scale: SHARE },
    lines: curves.map(({ label, x, y }) => ({ label, x, y })),
    guides: share === undefined ? [] : [{ label: 'chance', from: [0, share], to: [1, share] }],
    table: curveTable(curves, 'Recall', 'Precision'),
  });
}

function calibrationChart({ label, uniform, quantile, expectedError, greatestError }: NonNullable<Evaluation['calibration']>): Chart {
  const of = label === undefined ? 'the class that is said' : label;
  const bins = [
    { name: 'bins of the same width', bins: uniform },
    { name: 'bins of as many rows', bins: quantile },
  ];
  return lineChart({
    name: 'calibration-curve',
    title: 'Calibration',
    description: `How often ${of} was true, where it was said with some probability. On the diagonal probabilities can be taken at their word. They are off by ${number(expectedError)} on average, by ${number(greatestError)} at most.`,
    x: { title: 'Mean predicted probability', scale: SHARE },
    y: { title: 'Share that was true', scale: SHARE },
    lines: bins.map((one) => ({
      label: one.name,
      x: one.bins.map(({ predicted }) => predicted),
      y: one.bins.map(({ observed }) => observed),
      dots: true,
    })),
    guides: [{ from: [0, 0], to: [1, 1] }],
    table: {
      head: ['Probability', 'Mean predicted', 'Was true', 'Rows'],
      rows: bins.flatMap((one) =>
        one.bins.map((bin) => [
          `${number(bin.low)} to ${number(bin.high)}`,
          number(bin.predicted),
          number(bin.observed),
          count(bin.weight),
        ]),
      ),
    },
  });
}

const scoresChart = (histogram: NonNullable<Evaluation['scores']>): Chart =>
  histogramChart({
    name: 'score-distribution',
    title: 'Probabilities by class',
    description: `Which probability of ${histogram.series[1]?.label ?? 'the second class'} rows of each class are given. The less the two overlap, the better they are told apart.`,
    histogram,
    valueTitle: `Probability of ${histogram.series[1]?.label ?? 'the second class'}`,
  });

function gainChart({ share, found, lift }: NonNullable<Evaluation['gain']>): Chart {
  const tenth = share.findIndex((part) => part >= 0.1 - 1e-9);
  return lineChart({
    name: 'gain-curve',
    title: 'Gain and lift',
    description: `What is found when only the rows with the highest scores are looked at: of the first tenth ${percent(found[tenth] ?? 0)}, which is ${number(lift[tenth] ?? 1)} times as many as by chance.`,
    x: { title: 'Share of rows looked at', scale: linear({ low: 0, high: 1, exact: true, percent: true }) },
    y: { title: 'Share found', scale: linear({ low: 0, high: 1, exact: true, percent: true }) },
    lines: [{ label: 'model', x: share, y: found }],
    guides: [{ label: 'chance', from: [0, 0], to: [1, 1] }],
    table: {
      head: ['Looked at', 'Found', 'Lift'],
      rows: share.flatMap((part, at) => (at % 5 === 0 && at > 0 ? [[percent(part), percent(found[at] ?? 0), number(lift[at] ?? 0)]] : [])),
    },
  });
}

const GOALS: Readonly<Record<ChosenThreshold['goal'], string>> = {
  f1: 'Highest F1',
  youden: 'Highest recall + specificity',
  cost: 'Lowest cost',
};

const thresholdTable = (thresholds: readonly ChosenThreshold[]): Markup =>
  markup`<h3>Thresholds</h3><p>From which probability on it is best to say yes, depends on what is to be had. These would be chosen on the test rows.</p>${table(
    {
      head: [
        'Aim',
        'Threshold',
        'Precision',
        'Recall',
        'Specificity',
        'F1',
        'Said yes',
        ...(thresholds.some(({ cost }) => cost !== undefined) ? ['Cost a row'] : []),
      ],
      rows: thresholds.map(({ goal, threshold, precision, recall, specificity, f1, share, cost }) => [
        GOALS[goal],
        threshold === null ? 'never' : number(threshold),
        ...[precision, recall, specificity, f1].map(number),
        percent(share),
        ...(cost === undefined ? [] : [number(cost)]),
      ]),
    },
    'Thresholds',
  )}`;

/** Of more classes, those with the most rows. */
const MOST_IN_TABLE = 50;

function classTable(classes: readonly ClassEvaluation[]): Markup {
  const shown = classes.length <= MOST_IN_TABLE ? classes : classes.toSorted((a, b) => b.support - a.support).slice(0, MOST_IN_TABLE);
  const rows = shown.map(({ label, precision, recall, f1, rocAuc, averagePrecision, support, predicted }) => [
    label,
    ...[precision, recall, f1].map(number),
    ...[rocAuc, averagePrecision].map((value) => (value === undefined ? '–' : number(value))),
    count(support),
    count(predicted),
  ]);
  const head = ['Class', 'Precision', 'Recall', 'F1', 'ROC AUC', 'Average precision', 'Rows', 'Predicted'];
  const beyond = shown.length < classes.length && markup`<p>The ${shown.length} classes of ${classes.length} that have the most rows.</p>`;
  return markup`<h3>By class</h3>${beyond}${table({ head, rows }, 'Metrics by class')}`;
}
