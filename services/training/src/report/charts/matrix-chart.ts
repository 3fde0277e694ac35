import type { Confusion } from '@mlab/learning';
import type { Chart } from '#/report/charts/chart.ts';
import { px, WIDTH } from '#/report/charts/plot.ts';
import { fitted, textWidth } from '#/report/charts/text-width.ts';
import { count, percent } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';

/** More classes than this cannot be read as a matrix. */
export const MOST_CLASSES = 20;
/** More than this have room for their shares only, or for nothing. */
const WITH_COUNTS = 5;
const WITH_SHARES = 9;
/** How much of its colour a cell has at most, so that ink can be read on it, in light and in dark. Small shares are made to be seen. */
const STRONGEST = 0.62;

/** Of each true class, what it was taken for: the darker, the larger the share of its rows. */
export function matrixChart({ classes, counts }: Confusion): Chart {
  const size = classes.length;
  const labels = classes.map((label) => fitted(label, 114));
  const left = Math.min(128, Math.max(44, ...labels.map((label) => textWidth(label) + 14)));
  const cell = Math.min(size <= 3 ? 124 : 90, (WIDTH - left - 4) / size);
  const cellHeight = Math.min(cell, size <= 3 ? 76 : size <= WITH_COUNTS ? 64 : cell);
  const isTurned = labels.some((label) => textWidth(label) > cell - 4);
  const top = isTurned ? 28 + Math.min(118, Math.max(...labels.map(textWidth))) : 40;
  const totals = counts.map((row) => row.reduce((sum, one) => sum + one, 0));
  const cells = counts.flatMap((row, truth) =>
    row.map((value, said) => {
      const total = totals[truth] ?? 0;
      const share = total === 0 ? 0 : value / total;
      const [x, y] = [left + said * cell, top + truth * cellHeight];
      const colour = truth === said ? 'fill-1' : 'fill-2';
      const middle = px(x + cell / 2);
      const text =
        size <= WITH_COUNTS
          ? markup`<text class="label" x="${middle}" y="${px(y + cellHeight / 2 - 1)}" text-anchor="middle" font-weight="600">${count(value)}</text><text class="label small" x="${middle}" y="${px(y + cellHeight / 2 + 14)}" text-anchor="middle">${percent(share)}</text>`
          : size <= WITH_SHARES && value > 0
            ? markup`<text class="label small" x="${middle}" y="${px(y + cellHeight / 2 + 4)}" text-anchor="middle">${Math.round(share * 100)}%</text>`
            : '';
      return markup`<g><title>${classes[truth]} taken for ${classes[said]}: ${count(value)} (${percent(share)})</title><rect class="grid" x="${px(x)}" y="${px(y)}" width="${px(cell)}" height="${px(cellHeight)}"/><rect class="${colour}" fill-opacity="${Math.round(share ** 0.6 * STRONGEST * 100) / 100}" x="${px(x + 1)}" y="${px(y + 1)}" width="${px(cell - 2)}" height="${px(cellHeight - 2)}"/>${text}</g>`;
    }),
  );
  const heads = labels.map((label, at) => {
    const [x, y] = [px(left + (at + 0.5) * cell), top - 8];
    const turn = isTurned ? markup` transform="rotate(-90 ${x} ${px(y)}) translate(0 4)"` : '';
    return markup`<text class="label" x="${x}" y="${px(y)}" text-anchor="${isTurned ? 'start' : 'middle'}"${turn}>${label}</text>`;
  });
  const sides = labels.map(
    (label, at) =>
      markup`<text class="label" x="${px(left - 8)}" y="${px(top + (at + 0.5) * cellHeight + 4)}" text-anchor="end">${label}</text>`,
  );
  return {
    name: 'confusion-matrix',
    title: 'Confusion matrix',
    description: describe(classes, counts, totals),
    width: WIDTH,
    height: Math.ceil(top + size * cellHeight + 8),
    body: markup`<text class="small" x="0" y="12">True class, downwards; predicted, to the right; shares of the true class</text>${heads}${sides}${cells}`,
    table: {
      head: ['True class', ...classes.map((label) => `Predicted ${label}`), 'Rows'],
      rows: counts.map((row, truth) => [classes[truth] ?? '', ...row.map(count), count(totals[truth] ?? 0)]),
    },
  };
}

function describe(classes: readonly string[], counts: readonly (readonly number[])[], totals: readonly number[]): string {
  const total = totals.reduce((sum, one) => sum + one, 0);
  const right = counts.reduce((sum, row, at) => sum + (row[at] ?? 0), 0);
  const mistakes = counts.flatMap((row, truth) => row.map((value, said) => ({ value: truth === said ? 0 : value, truth, said })));
  const worst = mistakes.reduce((a, b) => (b.value > a.value ? b : a), { value: 0, truth: 0, said: 0 });
  const most =
    worst.value > 0
      ? ` Taken for another most often: ${classes[worst.truth]} for ${classes[worst.said]}, ${count(worst.value)} ${worst.value === 1 ? 'row' : 'rows'}.`
      : '';
  return `${count(right)} of ${count(total)} rows are on the diagonal, where predicted and true class are the same.${most}`;
}
