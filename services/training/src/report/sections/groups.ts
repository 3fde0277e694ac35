import type { Histogram } from '@mlab/learning';
import { barChart } from '#/report/charts/bar-chart.ts';
import type { Chart } from '#/report/charts/chart.ts';
import { histogramChart } from '#/report/charts/histogram-chart.ts';
import type { Report } from '#/report/contents.ts';
import { count, percent } from '#/report/format.ts';
import type { Section } from '#/report/sections/section.ts';

/** How many rows each cluster has, and how scores of anomalies are distributed. */
export function groupsSection({ evaluation }: Report): Section | undefined {
  if (evaluation?.clusters !== undefined) {
    const { clusters } = evaluation;
    const largest = clusters.reduce((a, b) => Math.max(a, b.share), 0);
    const chart = barChart({
      name: 'cluster-sizes',
      title: 'Sizes of clusters',
      description: `${clusters.length} clusters; the largest has ${percent(largest)} of the rows.`,
      bars: clusters.slice(0, 40).map(({ label, weight }) => ({ label: `Cluster ${label}`, value: weight })),
      valueTitle: 'Rows',
      labelTitle: 'Cluster',
      format: count,
    });
    return { id: 'clusters', title: 'Clusters', charts: [chart] };
  }
  // Where anomalies are known, their scores are shown with what is known.
  if (evaluation?.task !== 'anomaly' || evaluation.scores === undefined || (evaluation.roc ?? []).length > 0) return undefined;
  return { id: 'scores', title: 'Scores', charts: [anomalyChart(evaluation.scores)] };
}

export const anomalyChart = (histogram: Histogram): Chart =>
  histogramChart({
    name: 'score-distribution',
    title: 'Scores',
    description: 'The higher a score, the stranger is a row to the model.',
    histogram,
    valueTitle: 'Score',
  });
