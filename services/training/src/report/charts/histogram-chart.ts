import type { Histogram } from '@mlab/learning';
import type { Chart } from '#/report/charts/chart.ts';
import { seriesClass } from '#/report/charts/chart-style.ts';
import { pathThrough, plot } from '#/report/charts/plot.ts';
import { linear } from '#/report/charts/scale.ts';
import { count, number, percent } from '#/report/format.ts';
import { markup } from '#/report/markup.ts';

export interface HistogramChartOptions {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  readonly histogram: Histogram;
  readonly valueTitle: string;
}

/** Several series are shares of their own rows: one of few rows would not be seen beside one of many. */
export function histogramChart({ name, title, description, histogram, valueTitle }: HistogramChartOptions): Chart {
  const { edges, series } = histogram;
  const areShares = series.length > 1;
  const heights = series.map(({ counts }) => {
    const total = counts.reduce((sum, one) => sum + one, 0);
    return areShares ? counts.map((one) => (total === 0 ? 0 : one / total)) : counts;
  });
  const frame = plot({
    x: { title: valueTitle, scale: linear({ low: edges[0] ?? 0, high: edges.at(-1) ?? 1, exact: true }) },
    y: {
      title: areShares ? 'Share of its rows' : 'Rows',
      scale: linear({ low: 0, high: Math.max(...heights.flat()), percent: areShares }),
    },
    legend: areShares ? series.map(({ label }, at) => ({ label, series: at, mark: 'area' })) : [],
  });
  const floor = frame.y(0);
  const areas = heights.map((own, at) => {
    const points = own.flatMap((height, bin): (readonly [number, number])[] => [
      [frame.x(edges[bin] ?? 0), frame.y(height)],
      [frame.x(edges[bin + 1] ?? 0), frame.y(height)],
    ]);
    const outline = [[frame.x(edges[0] ?? 0), floor] as const, ...points, [frame.x(edges.at(-1) ?? 0), floor] as const];
    return markup`<path class="area ${seriesClass('fill', at)} ${seriesClass('stroke', at)}" d="${pathThrough(outline)}Z"/>`;
  });
  return {
    name,
    title,
    description,
    width: frame.width,
    height: frame.height,
    body: frame.draw(areas),
    table: {
      head: ['From', 'To', ...series.map(({ label }) => label)],
      rows: edges
        .slice(0, -1)
        .map((edge, bin) => [
          number(edge),
          number(edges[bin + 1] ?? edge),
          ...series.map(({ counts }, at) =>
            areShares ? `${count(counts[bin] ?? 0)} (${percent(heights[at]?.[bin] ?? 0)})` : count(counts[bin] ?? 0),
          ),
        ]),
    },
  };
}
