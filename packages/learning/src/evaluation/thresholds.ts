import type { ChosenThreshold } from '#/evaluation/evaluation.ts';
import { cumulate, type Ranking } from '#/evaluation/ranking.ts';

/** What a row costs by what it is and what is said of it; less than 0 is a gain. */
export interface Costs {
  readonly falsePositive: number;
  readonly falseNegative: number;
  readonly truePositive?: number;
  readonly trueNegative?: number;
}

interface Counts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
}

/**
 * From which probability on it is best to call a row positive: by F1, by Youden's J (recall + specificity - 1), and by costs where they are
 * given. Every probability that occurs is tried, and none; a threshold is half-way down to the next lower one, so that rounding does no harm.
 */
export function thresholdsOf(ranking: Ranking, weights: Float64Array | undefined, costs?: Costs): readonly ChosenThreshold[] {
  const { hits, alarms } = cumulate(ranking, weights);
  const [positives, negatives] = [hits.at(-1) ?? 0, alarms.at(-1) ?? 0];
  if (positives === 0 || negatives === 0) return [];
  const countsAt = (run: number): Counts => {
    const truePositives = run < 0 ? 0 : (hits[run] as number);
    const falsePositives = run < 0 ? 0 : (alarms[run] as number);
    return { truePositives, falsePositives, falseNegatives: positives - truePositives, trueNegatives: negatives - falsePositives };
  };
  const choose = (goal: ChosenThreshold['goal'], worth: (counts: Counts) => number): ChosenThreshold => {
    let [best, most] = [-1, worth(countsAt(-1))];
    for (let run = 0; run < hits.length; run++) {
      const value = worth(countsAt(run));
      if (value > most) [best, most] = [run, value];
    }
    return describe(goal, thresholdBelow(ranking, best), countsAt(best), costs);
  };
  const chosen = [
    choose('f1', ({ truePositives, falsePositives }) => truePositives / (truePositives + falsePositives + positives)),
    choose('youden', ({ truePositives, falsePositives }) => truePositives / positives - falsePositives / negatives),
  ];
  return costs === undefined ? chosen : [...chosen, choose('cost', (counts) => -costOf(counts, costs))];
}

function thresholdBelow({ scores }: Ranking, run: number): number | null {
  if (run < 0) return null;
  const score = scores[run] as number;
  const next = scores[run + 1];
  // Between neighbours among doubles there is nothing.
  return next === undefined ? Math.min(0, score) : next + (score - next) / 2 > next ? next + (score - next) / 2 : score;
}

/** What a row costs on average. */
export const costOf = (counts: Counts, { falsePositive, falseNegative, truePositive = 0, trueNegative = 0 }: Costs): number =>
  (counts.falsePositives * falsePositive +
    counts.falseNegatives * falseNegative +
    counts.truePositives * truePositive +
    counts.trueNegatives * trueNegative) /
  (counts.falsePositives + counts.falseNegatives + counts.truePositives + counts.trueNegatives);

function describe(goal: ChosenThreshold['goal'], threshold: number | null, counts: Counts, costs: Costs | undefined): ChosenThreshold {
  const { truePositives, falsePositives, falseNegatives, trueNegatives } = counts;
  const positives = truePositives + falseNegatives;
  const said = truePositives + falsePositives;
  const total = positives + falsePositives + trueNegatives;
  return {
    goal,
    threshold,
    precision: said === 0 ? 0 : truePositives / said,
    recall: truePositives / positives,
    specificity: trueNegatives / (total - positives),
    f1: (2 * truePositives) / (positives + said),
    accuracy: (truePositives + trueNegatives) / total,
    share: said / total,
    ...(costs === undefined ? {} : { cost: costOf(counts, costs) }),
  };
}
