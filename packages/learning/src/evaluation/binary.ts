import { classScores, LABEL_METRICS, writeLabelMetrics } from '#/evaluation/label-metrics.ts';
import type { Measure } from '#/evaluation/measure.ts';
import { inOrder } from '#/evaluation/order.ts';
import { labelsOf, type Predicted } from '#/evaluation/predicted.ts';
import { logLoss, squaredDistance } from '#/evaluation/probabilities.ts';
import { scoreRanking, type Ranking } from '#/evaluation/ranking.ts';
import { noScores } from '#/evaluation/ranking-measure.ts';

const NAMES = ['precision', 'recall', 'f1', 'roc_auc', 'average_precision', 'pr_auc', 'log_loss', 'brier', ...LABEL_METRICS] as const;

/** Of two classes, the second is the positive one. */
export function binaryMeasure(predicted: Predicted, ranking: Ranking, threshold: number | undefined): Measure {
  const { target, predictions } = predicted;
  const labels = labelsOf(predicted, threshold);
  // All by place in the ranking, so that only weights are looked up elsewhere in memory.
  const { order } = ranking;
  const losses = inOrder(order, (row) => logLoss(predictions[row * 2 + (target[row] as number)] as number));
  const distances = inOrder(order, (row) => squaredDistance(predictions, row, target[row] as number, 2));
  const cells = Uint8Array.from(inOrder(order, (row) => (target[row] as number) * 2 + (labels[row] as number)));
  const confusion = new Float64Array(4);
  const scores = noScores();
  return {
    names: NAMES,
    of: (weights, into) => {
      scoreRanking(ranking, weights, scores);
      confusion.fill(0);
      let [total, loss, distance] = [0, 0, 0];
      for (let place = 0; place < order.length; place++) {
        const weight = weights === undefined ? 1 : (weights[order[place] as number] as number);
        total += weight;
        loss += weight * (losses[place] as number);
        distance += weight * (distances[place] as number);
        const cell = cells[place] as number;
        confusion[cell] = (confusion[cell] as number) + weight;
      }
      const classes = classScores(confusion, 2);
      const { precision = 0, recall = 0, f1 = 0 } = classes[1] ?? {};
      into.set([precision, recall, f1, scores.rocAuc, scores.averagePrecision, scores.prAuc, loss / total, distance / total]);
      writeLabelMetrics(confusion, classes, into, NAMES.length - LABEL_METRICS.length);
    },
  };
}
