import type { Evaluation } from '@mlab/learning';
import type { Chart } from '#/report/charts/chart.ts';
import { histogramChart } from '#/report/charts/histogram-chart.ts';
import { lineChart } from '#/report/charts/line-chart.ts';
import type { Report } from '#/report/contents.ts';
import { count, number, signed } from '#/report/format.ts';
import type { Section } from '#/report/sections/section.ts';

type Residuals = NonNullable<Evaluation['residuals']>;
type Deciles = NonNullable<Evaluation['deciles']>;

/** How far predictions are off, and where. */
export function regressionSection({ evaluation }: Report): Section | undefined {
  if (evaluation?.residuals === undefined) return undefined;
  const { residuals, deciles = [] } = evaluation;
  const charts = [
    againstTarget(residuals),
    againstPrediction(residuals),
    histogramChart({
      name: 'residual-distribution',
      title: 'Residuals',
      description: `Target less prediction: ${signed(residuals.mean)} on average, with a deviation of ${number(residuals.deviation)}.`,
      histogram: residuals.histogram,
      valueTitle: 'Target − prediction',
    }),
    ...(residuals.quantiles.normal.length > 0 ? [quantileChart(residuals)] : []),
    ...(deciles.length > 1 ? [decileChart(deciles)] : []),
  ];
  return { id: 'errors', title: 'Errors', charts };
}

const pointRows = ({ points }: Residuals): readonly (readonly string[])[] =>
  points.predicted.map((value, at) => [number(value), number(points.target[at] ?? 0), signed(points.residual[at] ?? 0)]);

const POINTS = ['Predicted', 'Target', 'Residual'];

function againstTarget(residuals: Residuals): Chart {
  const { predicted, target } = residuals.points;
  const [low, high] = [predicted.reduce((a, b) => Math.min(a, b)), predicted.reduce((a, b) => Math.max(a, b))];
  return lineChart({
    name: 'predicted-and-target',
    title: 'Predictions and targets',
    description: `Rows by what was predicted and what was, ${count(predicted.length)} of them. On the dashed line both are the same.`,
    x: { title: 'Prediction' },
    y: { title: 'Target' },
    lines: [{ label: 'rows', x: predicted, y: target, dots: 'only' }],
    guides: [{ from: [low, low], to: [high, high] }],
    table: { head: POINTS, rows: pointRows(residuals) },
  });
}

function againstPrediction(residuals: Residuals): Chart {
  const { predicted, residual } = residuals.points;
  const [low, high] = [predicted.reduce((a, b) => Math.min(a, b)), predicted.reduce((a, b) => Math.max(a, b))];
  return lineChart({
    name: 'residuals-by-prediction',
    title: 'Residuals by prediction',
    description: 'A form that can be seen here, a bend or a funnel, is something that the model has not learnt.',
    x: { title: 'Prediction' },
    y: { title: 'Target − prediction' },
    lines: [{ label: 'rows', x: predicted, y: residual, dots: 'only' }],
    guides: [{ from: [low, 0], to: [high, 0] }],
    table: { head: POINTS, rows: pointRows(residuals) },
  });
}

function quantileChart({ quantiles }: Residuals): Chart {
  const { normal, residual } = quantiles;
  const [low, high] = [normal[0] ?? -1, normal.at(-1) ?? 1];
  return lineChart({
    name: 'residual-quantiles',
    title: 'Residuals and the normal distribution',
    description:
      'Standardised residuals against quantiles of the normal distribution. Ends that leave the line are errors larger than it knows.',
    x: { title: 'Quantile of the normal distribution' },
    y: { title: 'Standardised residual' },
    lines: [{ label: 'residuals', x: normal, y: residual, dots: 'only' }],
    guides: [{ from: [low, low], to: [high, high] }],
    table: { head: ['Normal', 'Residual'], rows: normal.map((value, at) => [number(value), number(residual[at] ?? 0)]) },
  });
}

function decileChart(deciles: Deciles): Chart {
  const x = deciles.map((_, at) => at + 1);
  return lineChart({
    name: 'deciles',
    title: 'By tenths of predictions',
    description: 'Rows from the lowest predictions to the highest, in tenths: what was predicted and what was, on average.',
    x: { title: 'Tenth of the rows' },
    y: { title: 'Mean' },
    lines: [
      { label: 'predicted', x, y: deciles.map(({ predicted }) => predicted), dots: true },
      { label: 'target', x, y: deciles.map(({ target }) => target), dots: true },
    ],
    table: {
      head: ['Tenth', 'Predictions from', 'to', 'Predicted', 'Target', 'Rows'],
      rows: deciles.map(({ low, high, predicted, target, weight }, at) => [
        String(at + 1),
        ...[low, high, predicted, target].map(number),
        count(weight),
      ]),
    },
  });
}
