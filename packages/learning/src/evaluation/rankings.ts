import { widthOf, type Predicted } from '#/evaluation/predicted.ts';
import { probabilitiesOf } from '#/evaluation/probabilities.ts';
import { rank, turned, type Ranking } from '#/evaluation/ranking.ts';

/** Of each class, the rows by its probability. Of two classes, the first has those of the second the other way round. */
export function rankingsOf({ task, target, predictions }: Predicted): readonly Ranking[] {
  const classes = widthOf(task);
  const rankingOf = (label: number): Ranking => rank(probabilitiesOf(predictions, label, classes), (row) => target[row] === label);
  if (classes === 2) {
    const second = rankingOf(1);
    return [turned(second), second];
  }
  return Array.from({ length: classes }, (_, label) => rankingOf(label));
}
