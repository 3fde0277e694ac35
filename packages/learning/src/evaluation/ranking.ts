import { ascending, endsOfTies, inOrder } from '#/evaluation/order.ts';

/** Rows from the highest score to the lowest, each with whether it is positive; rows of one score belong together. */
export interface Ranking {
  readonly order: Uint32Array;
  /** One past the last row of each score, as places in `order`. */
  readonly ends: Uint32Array;
  /** By place in `order`. */
  readonly positive: Uint8Array;
  /** Of each run of equal scores. */
  readonly scores: Float64Array;
}

export function rank(scores: Float64Array, isPositive: (row: number) => boolean): Ranking {
  const order = ascending(scores).toReversed();
  const ends = endsOfTies(scores, order);
  return {
    order,
    ends,
    positive: Uint8Array.from(inOrder(order, (row) => (isPositive(row) ? 1 : 0))),
    scores: inOrder(ends, (end) => scores[order[end - 1] as number] as number),
  };
}

/** The same rows from the lowest score to the highest, those that were negative as the positive ones. */
export function turned({ order, ends, positive, scores }: Ranking): Ranking {
  const last = order.length;
  const starts = ends.map((_, run) => (run === 0 ? 0 : (ends[run - 1] as number)));
  return {
    order: order.toReversed(),
    ends: starts.toReversed().map((start) => last - start),
    positive: positive.toReversed().map((one) => 1 - one),
    scores: scores.toReversed().map((score) => 1 - score),
  };
}

export interface RankingScores {
  rocAuc: number;
  averagePrecision: number;
  prAuc: number;
  /** Weight of the positive rows. */
  positives: number;
}

/**
 * Area under the ROC curve by trapezoids, which is the share of pairs in order (ties count half; Fawcett, An introduction to ROC analysis,
 * 2006); average precision, the sum of (R_n - R_n-1) P_n without interpolation; area under precision and recall by trapezoids, from
 * precision 1 at recall 0 on. All as scikit-learn computes them: without positive rows average precision is 0.
 */
export function scoreRanking({ order, ends, positive }: Ranking, weights: Float64Array | undefined, into: RankingScores): void {
  let [truePositives, falsePositives, place] = [0, 0, 0];
  let [inOrder, precisions, trapezoids, lastPrecision] = [0, 0, 0, 1];
  for (let run = 0; run < ends.length; run++) {
    let [more, moreFalse] = [0, 0];
    for (const end = ends[run] as number; place < end; place++) {
      const weight = weights === undefined ? 1 : (weights[order[place] as number] as number);
      if (positive[place] === 1) more += weight;
      else moreFalse += weight;
    }
    inOrder += moreFalse * (truePositives + more / 2);
    truePositives += more;
    falsePositives += moreFalse;
    if (more === 0 && moreFalse === 0) continue;
    const precision = truePositives / (truePositives + falsePositives);
    precisions += more * precision;
    trapezoids += (more * (precision + lastPrecision)) / 2;
    lastPrecision = precision;
  }
  into.positives = truePositives;
  into.rocAuc = inOrder / (truePositives * falsePositives);
  into.averagePrecision = truePositives === 0 ? 0 : precisions / truePositives;
  into.prAuc = trapezoids / truePositives;
}

/** After each run of equal scores, the weights of the positive and of the negative rows that score as high or higher. */
export function cumulate(
  { order, ends, positive }: Ranking,
  weights: Float64Array | undefined,
): { hits: Float64Array; alarms: Float64Array } {
  const hits = new Float64Array(ends.length);
  const alarms = new Float64Array(ends.length);
  let [hit, alarm, place] = [0, 0, 0];
  for (let run = 0; run < ends.length; run++) {
    for (const end = ends[run] as number; place < end; place++) {
      const weight = weights === undefined ? 1 : (weights[order[place] as number] as number);
      if (positive[place] === 1) hit += weight;
      else alarm += weight;
    }
    hits[run] = hit;
    alarms[run] = alarm;
  }
  return { hits, alarms };
}
