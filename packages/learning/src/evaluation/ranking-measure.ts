import type { Measure } from '#/evaluation/measure.ts';
import type { Predicted } from '#/evaluation/predicted.ts';
import { rank, scoreRanking, type RankingScores } from '#/evaluation/ranking.ts';

export const noScores = (): RankingScores => ({ rocAuc: 0, averagePrecision: 0, prAuc: 0, positives: 0 });

/** How well scores tell known anomalies from other rows; nothing where nobody knows which they are. */
export function anomalyMeasure({ target, predictions }: Predicted): Measure {
  if (target.length === 0) return { names: [], of: () => {} };
  const ranking = rank(predictions, (row) => target[row] === 1);
  const scores = noScores();
  return {
    names: ['roc_auc', 'average_precision', 'pr_auc'],
    of: (weights, into) => {
      scoreRanking(ranking, weights, scores);
      into.set([scores.rocAuc, scores.averagePrecision, scores.prAuc]);
    },
  };
}
