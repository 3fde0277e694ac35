import { calibrationOf } from '#/evaluation/calibration.ts';
import { clusterMetrics } from '#/evaluation/clusters.ts';
import { gainOf, precisionRecallCurve, rocCurve } from '#/evaluation/curves.ts';
import type { ClassEvaluation, Cluster, Confusion, Evaluation } from '#/evaluation/evaluation.ts';
import { edgesFor, evenEdges, histogramOf } from '#/evaluation/histogram.ts';
import { classScores, confusionOf } from '#/evaluation/label-metrics.ts';
import { metricsOf, type MetricValues } from '#/evaluation/measure.ts';
import { checkPredicted, labelsOf, rowsOf, widthOf, type Predicted } from '#/evaluation/predicted.ts';
import { probabilitiesOf } from '#/evaluation/probabilities.ts';
import { rank, scoreRanking, type Ranking } from '#/evaluation/ranking.ts';
import { noScores } from '#/evaluation/ranking-measure.ts';
import { rankingsOf } from '#/evaluation/rankings.ts';
import { bootstrapIntervals, type ResamplingOptions } from '#/evaluation/resampling.ts';
import { decilesOf, residualsOf } from '#/evaluation/residuals.ts';
import { costOf, thresholdsOf, type Costs } from '#/evaluation/thresholds.ts';
import type { Matrix } from '#/matrix.ts';

export interface EvaluationOptions extends ResamplingOptions {
  /** Of calibration. Default 10. */
  readonly bins?: number;
  /** At most, of each curve. Default 500, or 200 where there are several. */
  readonly points?: number;
  /** Of many classes, so many curves at most, of those with the most rows. Default 10. */
  readonly curves?: number;
  /** What two kinds of mistakes cost, to choose a threshold by. */
  readonly costs?: Costs;
  /** The rows themselves, by which clusters are judged; of other tasks nobody looks at them. */
  readonly matrix?: Matrix;
  /** Of clusters, as `clusterMetrics` has them. */
  readonly centres?: Float64Array;
}

/** How good predictions are. `resamples: 0` leaves intervals out. */
export function evaluate(predicted: Predicted, options: EvaluationOptions): Evaluation {
  checkPredicted(predicted);
  const { task, weights } = predicted;
  const rows = rowsOf(predicted);
  const { resamples = 500, level = 0.95 } = options;
  const rankings = 'classes' in task ? rankingsOf(predicted) : undefined;
  const values = metricsOf(predicted, options, rankings);
  const common = {
    task: task.kind,
    rows,
    weight: weights === undefined ? rows : weights.reduce((sum, weight) => sum + weight, 0),
    ...values,
    ...(resamples > 0 && task.kind !== 'clustering' ? { intervals: bootstrapIntervals(predicted, values.metrics, options), level } : {}),
  };
  switch (task.kind) {
    case 'binary':
    case 'multiclass':
      return withFurther({ ...common, ...classified(predicted, rankings ?? [], options) }, options);
    case 'regression':
      return { ...common, residuals: residualsOf(predicted, options.random), deciles: decilesOf(predicted) };
    case 'clustering':
      return { ...common, ...clustered(predicted, options), clusters: clustersOf(predicted, common.weight) };
    case 'anomaly':
      return { ...common, ...anomalies(predicted, options) };
  }
}

/** Metrics that come of what was evaluated: how far probabilities are off, and what rows cost by the threshold that is asked for. */
const withFurther = (evaluation: Evaluation, { costs }: EvaluationOptions): Evaluation => {
  const { calibration, confusion, task } = evaluation;
  const cost = task === 'binary' && confusion !== undefined && costs !== undefined ? costIn(confusion, costs) : Number.NaN;
  return {
    ...evaluation,
    metrics: {
      ...evaluation.metrics,
      ...(calibration === undefined ? {} : { calibration_error: calibration.expectedError }),
      ...(Number.isFinite(cost) ? { cost } : {}),
    },
  };
};

function costIn({ counts }: Confusion, costs: Costs): number {
  const [[trueNegatives = 0, falsePositives = 0] = [], [falseNegatives = 0, truePositives = 0] = []] = counts;
  return costOf({ truePositives, falsePositives, falseNegatives, trueNegatives }, costs);
}

function classified(predicted: Predicted, rankings: readonly Ranking[], options: EvaluationOptions): Partial<Evaluation> {
  const { task, target, weights } = predicted;
  const classes = widthOf(task);
  const titles = 'classes' in task ? task.classes.map(String) : [];
  const confusion = confusionOf(target, labelsOf(predicted, options.threshold), classes, weights);
  const scores = classScores(confusion, classes);
  const shown = [...rankings.keys()]
    .filter((label) => classes > 2 || label === 1)
    .toSorted((a, b) => (scores[b]?.support ?? 0) - (scores[a]?.support ?? 0) || a - b)
    .slice(0, options.curves ?? 10)
    .toSorted((a, b) => a - b);
  const curves = shown.map((label) => {
    const of = { label: titles[label] as string, weights, points: options.points ?? (shown.length > 1 ? 200 : 500) };
    const ranking = rankings[label] as Ranking;
    return { roc: rocCurve(ranking, of), precisionRecall: precisionRecallCurve(ranking, of) };
  });
  return {
    confusion: {
      classes: titles,
      counts: titles.map((_, label) => Array.from(confusion.subarray(label * classes, (label + 1) * classes))),
    },
    classes: titles.map((label, at): ClassEvaluation => ({
      label,
      ...(scores[at] as (typeof scores)[number]),
      ...areas(rankings[at] as Ranking, weights),
    })),
    roc: curves.flatMap(({ roc }) => roc ?? []),
    precisionRecall: curves.flatMap(({ precisionRecall }) => precisionRecall ?? []),
    calibration: calibrationOf(predicted, options.bins),
    ...(classes === 2 ? ranked(predicted, rankings[1] as Ranking, options.costs) : {}),
  };
}

function areas(ranking: Ranking, weights: Float64Array | undefined): Pick<ClassEvaluation, 'rocAuc' | 'averagePrecision'> {
  const scores = noScores();
  scoreRanking(ranking, weights, scores);
  return {
    ...(Number.isFinite(scores.rocAuc) ? { rocAuc: scores.rocAuc } : {}),
    ...(scores.positives > 0 ? { averagePrecision: scores.averagePrecision } : {}),
  };
}

/** What only two classes have, of which one is looked for. */
function ranked(predicted: Predicted, ranking: Ranking, costs: Costs | undefined): Partial<Evaluation> {
  const { task, target, predictions, weights } = predicted;
  const gain = gainOf(ranking, weights);
  const titles = 'classes' in task ? task.classes.map(String) : [];
  return {
    ...(gain === undefined ? {} : { gain }),
    thresholds: thresholdsOf(ranking, weights, costs),
    scores: histogramOf(
      probabilitiesOf(predictions, 1, 2),
      evenEdges(0, 1, 25),
      titles.map((label, at) => ({ label, has: (row) => target[row] === at })),
      weights,
    ),
  };
}

function clustered({ predictions, weights }: Predicted, { matrix, centres, random }: EvaluationOptions): Partial<MetricValues> {
  if (matrix === undefined) return {};
  return clusterMetrics(matrix, predictions, weights, { random, ...(centres === undefined ? {} : { centres }) });
}

function clustersOf({ predictions, weights }: Predicted, total: number): readonly Cluster[] {
  const sums = new Map<number, number>();
  predictions.forEach((label, row) => sums.set(label, (sums.get(label) ?? 0) + (weights === undefined ? 1 : (weights[row] as number))));
  return [...sums].toSorted(([a], [b]) => a - b).map(([label, weight]) => ({ label, weight, share: weight / total }));
}

function anomalies({ target, predictions, weights }: Predicted, { points = 500 }: EvaluationOptions): Partial<Evaluation> {
  const isKnown = target.length > 0;
  const series = isKnown
    ? ['ordinary', 'anomalous'].map((label, at) => ({ label, has: (row: number) => target[row] === at }))
    : [{ label: 'rows', has: () => true }];
  const scores = histogramOf(predictions, edgesFor(predictions.toSorted()), series, weights);
  if (!isKnown) return { scores };
  const ranking = rank(predictions, (row) => target[row] === 1);
  const of = { label: 'anomalous', weights, points };
  const [roc, precisionRecall, gain] = [rocCurve(ranking, of), precisionRecallCurve(ranking, of), gainOf(ranking, weights)];
  return {
    scores,
    roc: roc === undefined ? [] : [roc],
    precisionRecall: precisionRecall === undefined ? [] : [precisionRecall],
    ...(gain === undefined ? {} : { gain }),
  };
}
