/* Metrics of labels, from how often each class was taken for each: definitions and cases without a value as scikit-learn has them. */

export const LABEL_METRICS = [
  'accuracy',
  'balanced_accuracy',
  'precision_micro',
  'precision_macro',
  'precision_weighted',
  'recall_micro',
  'recall_macro',
  'recall_weighted',
  'f1_micro',
  'f1_macro',
  'f1_weighted',
  'mcc',
  'cohen_kappa',
] as const;

/** Weights of rows by their class and the one they were taken for: row after row of the matrix, the true class first. */
export function confusionOf(target: Float64Array, labels: Int32Array, classes: number, weights: Float64Array | undefined): Float64Array {
  const confusion = new Float64Array(classes * classes);
  for (let row = 0; row < labels.length; row++) {
    const at = (target[row] as number) * classes + (labels[row] as number);
    confusion[at] = (confusion[at] as number) + (weights === undefined ? 1 : (weights[row] as number));
  }
  return confusion;
}

export interface ClassScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** Weight of the rows that are of the class. */
  readonly support: number;
  /** Weight of the rows that are said to be of it. */
  readonly predicted: number;
}

/** A quotient of nothing is 0, as scikit-learn's `zero_division` has it. */
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Precision, recall and F1 = 2 tp / (2 tp + fp + fn) of each class. */
export function classScores(confusion: Float64Array, classes: number): readonly ClassScores[] {
  return Array.from({ length: classes }, (_, label) => {
    let [support, predicted] = [0, 0];
    for (let other = 0; other < classes; other++) {
      support += confusion[label * classes + other] as number;
      predicted += confusion[other * classes + label] as number;
    }
    const right = confusion[label * classes + label] as number;
    return {
      precision: ratio(right, predicted),
      recall: ratio(right, support),
      f1: ratio(2 * right, support + predicted),
      support,
      predicted,
    };
  });
}

/**
 * Writes the values of `LABEL_METRICS` from `at` on. Macro averages are over the classes that occur, in the target or among the
 * predictions; balanced accuracy is the mean recall of those in the target. Matthews' correlation of many classes is Gorodkin's R_K (2004).
 */
export function writeLabelMetrics(confusion: Float64Array, scores: readonly ClassScores[], into: Float64Array, at: number): void {
  let [total, right, occurring, inTarget] = [0, 0, 0, 0];
  const macro = { precision: 0, recall: 0, f1: 0 };
  const weighted = { precision: 0, recall: 0, f1: 0 };
  let [recalls, bySupport, byPredicted, byBoth] = [0, 0, 0, 0];
  scores.forEach(({ precision, recall, f1, support, predicted }, label) => {
    total += support;
    right += confusion[label * scores.length + label] as number;
    if (support > 0 || predicted > 0) occurring++;
    if (support > 0) inTarget++;
    recalls += recall;
    macro.precision += precision;
    macro.recall += recall;
    macro.f1 += f1;
    weighted.precision += support * precision;
    weighted.recall += support * recall;
    weighted.f1 += support * f1;
    bySupport += support * support;
    byPredicted += predicted * predicted;
    byBoth += support * predicted;
  });
  const accuracy = right / total;
  const spread = (total * total - bySupport) * (total * total - byPredicted);
  const expected = byBoth / total;
  into.set(
    [
      accuracy,
      recalls / inTarget,
      accuracy,
      macro.precision / occurring,
      weighted.precision / total,
      accuracy,
      macro.recall / occurring,
      weighted.recall / total,
      accuracy,
      macro.f1 / occurring,
      weighted.f1 / total,
      occurring < 2 || spread === 0 ? 0 : (right * total - byBoth) / Math.sqrt(spread),
      // 1 - (what differs) / (what would differ by chance); 0 / 0 where there is one class only.
      occurring < 2 || total === expected ? Number.NaN : 1 - (total - right) / (total - expected),
    ],
    at,
  );
}
