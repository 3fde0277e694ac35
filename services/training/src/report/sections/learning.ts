import { lineChart } from '#/report/charts/line-chart.ts';
import type { Report } from '#/report/contents.ts';
import { number } from '#/report/format.ts';
import type { Section } from '#/report/sections/section.ts';

/** How the loss went down. */
export function learningSection({ learning }: Report): Section | undefined {
  if (learning === undefined || learning.steps.length < 2 || learning.series.length === 0) return undefined;
  const { steps, series, best } = learning;
  const values = series.flatMap((one) => one.values.filter((value) => value !== null));
  if (values.length === 0) return undefined;
  const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
  const chart = lineChart({
    name: 'learning-curve',
    title: 'Learning curve',
    description: `Over ${steps.length} iterations.${best === undefined ? '' : ` The model is that of iteration ${best}.`} Where the training loss falls on and that of validation does not, a model learns by heart.`,
    x: { title: 'Iteration' },
    y: { title: 'Loss' },
    lines: series.map(({ name, values: own }) => ({ label: name.replaceAll('_', ' '), x: steps, y: own })),
    guides: best === undefined ? [] : [{ label: 'best iteration', from: [best, low], to: [best, high] }],
    width: 940,
    wide: true,
    table: {
      head: ['Iteration', ...series.map(({ name }) => name.replaceAll('_', ' '))],
      rows: steps.map((step, at) => [String(step), ...series.map((one) => nullable(one.values[at] ?? null))]),
    },
  });
  return { id: 'learning', title: 'Learning', charts: [chart] };
}

const nullable = (value: number | null): string => (value === null ? '–' : number(value));
