import { classScores, confusionOf, LABEL_METRICS, writeLabelMetrics } from '#/evaluation/label-metrics.ts';
import type { Measure } from '#/evaluation/measure.ts';
import { labelsOf, widthOf, type Predicted } from '#/evaluation/predicted.ts';
import { logLoss, squaredDistance } from '#/evaluation/probabilities.ts';
import { scoreRanking, type Ranking } from '#/evaluation/ranking.ts';
import { noScores } from '#/evaluation/ranking-measure.ts';

const NAMES = [
  'roc_auc_macro',
  'roc_auc_weighted',
  'average_precision_macro',
  'average_precision_weighted',
  'log_loss',
  'brier',
  ...LABEL_METRICS,
] as const;

export function multiclassMeasure(predicted: Predicted, rankings: readonly Ranking[]): Measure {
  const { target, predictions } = predicted;
  const classes = widthOf(predicted.task);
  const labels = labelsOf(predicted);
  const losses = target.map((label, row) => logLoss(predictions[row * classes + label] as number));
  const distances = target.map((label, row) => squaredDistance(predictions, row, label, classes));
  const scores = noScores();
  return {
    names: NAMES,
    of: (weights, into) => {
      let [total, loss, distance] = [0, 0, 0];
      for (let row = 0; row < target.length; row++) {
        const weight = weights === undefined ? 1 : (weights[row] as number);
        total += weight;
        loss += weight * (losses[row] as number);
        distance += weight * (distances[row] as number);
      }
      // One class against the rest; macro: each class counts the same, weighted: as much as it has rows.
      const macro = { auc: 0, precision: 0 };
      const weighted = { auc: 0, precision: 0 };
      for (const ranking of rankings) {
        scoreRanking(ranking, weights, scores);
        macro.auc += scores.rocAuc / classes;
        macro.precision += scores.averagePrecision / classes;
        // A class without rows counts nothing, though its area is not defined.
        if (scores.positives > 0) weighted.auc += (scores.positives * scores.rocAuc) / total;
        weighted.precision += (scores.positives * scores.averagePrecision) / total;
      }
      into.set([macro.auc, weighted.auc, macro.precision, weighted.precision, loss / total, distance / total]);
      const confusion = confusionOf(target, labels, classes, weights);
      writeLabelMetrics(confusion, classScores(confusion, classes), into, NAMES.length - LABEL_METRICS.length);
    },
  };
}
