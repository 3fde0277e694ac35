import type { Curve, Gain } from '#/evaluation/evaluation.ts';
import { cumulate, scoreRanking, type Ranking } from '#/evaluation/ranking.ts';
import { noScores } from '#/evaluation/ranking-measure.ts';
import { thin } from '#/evaluation/thin.ts';

interface CurveOptions {
  readonly label: string;
  readonly weights: Float64Array | undefined;
  /** At most so many points. */
  readonly points: number;
}

/** Undefined where rows are missing on one of the sides. */
export function rocCurve(ranking: Ranking, { label, weights, points }: CurveOptions): Curve | undefined {
  const { hits, alarms } = cumulate(ranking, weights);
  const [positives, negatives] = [hits.at(-1) ?? 0, alarms.at(-1) ?? 0];
  if (positives === 0 || negatives === 0) return undefined;
  const area = scores(ranking, weights).rocAuc;
  const x = withFirst(0, alarms, negatives);
  const y = withFirst(0, hits, positives);
  return curveOf({ label, area, x, y, thresholds: ranking.scores, points });
}

/** By growing recall, from precision 1 at recall 0 on. Undefined without positive rows. */
export function precisionRecallCurve(ranking: Ranking, { label, weights, points }: CurveOptions): Curve | undefined {
  const { hits, alarms } = cumulate(ranking, weights);
  const positives = hits.at(-1) ?? 0;
  if (positives === 0) return undefined;
  const precision = hits.map((hit, run) => hit / Math.max(hit + (alarms[run] as number), Number.MIN_VALUE));
  const x = withFirst(0, hits, positives);
  const y = withFirst(1, precision, 1);
  return curveOf({ label, area: scores(ranking, weights).averagePrecision, x, y, thresholds: ranking.scores, points });
}

function scores(ranking: Ranking, weights: Float64Array | undefined): ReturnType<typeof noScores> {
  const into = noScores();
  scoreRanking(ranking, weights, into);
  return into;
}

function withFirst(first: number, values: Float64Array, divisor: number): Float64Array {
  const result = new Float64Array(values.length + 1);
  result[0] = first;
  for (let at = 0; at < values.length; at++) result[at + 1] = (values[at] as number) / divisor;
  return result;
}

interface Points {
  readonly label: string;
  readonly area: number;
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Of all points but the first, of which nothing is positive. */
  readonly thresholds: Float64Array;
  readonly points: number;
}

function curveOf({ label, area, x, y, thresholds, points }: Points): Curve {
  const bends: number[] = [];
  for (let at = 0; at < x.length; at++) {
    // Rows without weight move nothing, and hide no corner.
    if (at > 0 && x[at] === x[at - 1] && y[at] === y[at - 1]) continue;
    const [middle, before] = [bends.at(-1), bends.at(-2)];
    // Points between others on a line from left to right, or upwards, show nothing.
    const isOnLine = (values: Float64Array): boolean =>
      values[middle as number] === values[before as number] && values[middle as number] === values[at];
    if (before !== undefined && (isOnLine(x) || isOnLine(y))) bends.pop();
    bends.push(at);
  }
  const kept = thin(
    bends.map((at) => x[at] as number),
    bends.map((at) => y[at] as number),
    points,
  );
  const places = Array.from(kept, (at) => bends[at] as number);
  return {
    label,
    area,
    x: places.map((at) => x[at] as number),
    y: places.map((at) => y[at] as number),
    thresholds: places.map((at) => (at === 0 ? null : (thresholds[at - 1] as number))),
  };
}

/** At equal steps; where a step falls among rows of one score, as much of them counts as of their positives. Undefined without positive rows. */
export function gainOf(ranking: Ranking, weights: Float64Array | undefined, steps = 50): Gain | undefined {
  const { hits, alarms } = cumulate(ranking, weights);
  const positives = hits.at(-1) ?? 0;
  if (positives === 0) return undefined;
  const total = positives + (alarms.at(-1) ?? 0);
  const share = Array.from({ length: steps + 1 }, (_, step) => step / steps);
  let run = 0;
  const found = share.map((part) => {
    const wanted = part * total;
    while (run < hits.length - 1 && (hits[run] as number) + (alarms[run] as number) < wanted) run++;
    const before = run === 0 ? 0 : (hits[run - 1] as number);
    const start = run === 0 ? 0 : before + (alarms[run - 1] as number);
    const size = (hits[run] as number) + (alarms[run] as number) - start;
    const within = size === 0 ? 1 : Math.min(1, Math.max(0, (wanted - start) / size));
    return (before + within * ((hits[run] as number) - before)) / positives;
  });
  // At the very left, lift is that of the first step.
  const lift = found.map((part, step) => (step === 0 ? (found[1] as number) * steps : part / (share[step] as number)));
  return { share, found, lift };
}
