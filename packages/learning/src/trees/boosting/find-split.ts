import type { BinnedColumn, SplitSettings } from '#/trees/boosting/job.ts';
import { highestGain, leafValue, shrunk, within, type Candidate, type Sums } from '#/trees/boosting/leaf-value.ts';

/** How the integers of histograms are read. */
export interface Reading {
  /** Of the second int64 of a bin, the bit from which on it counts rows. */
  readonly countBit: number;
  /** What one unit is. */
  readonly gradientUnit: number;
  readonly hessianUnit: number;
}

/** Where the histogram of a column stands (in words of 32 bits), how it is read, and where what is found is written to. */
export interface Place {
  readonly histogram: number;
  readonly reading: Reading;
  readonly found: number;
}

export interface Split {
  readonly column: number;
  readonly bin: number;
  /** Whether the yes child has this bin alone, or all up to it. */
  readonly isEqual: boolean;
  readonly missingYes: boolean;
  readonly gain: number;
  /** Of the rows that take the yes child. */
  readonly yes: Sums;
}

export type SplitFinder = (leaf: Candidate, column: BinnedColumn, place: Place) => void;

const WORD = 4_294_967_296;
/** What rounding may make of nothing: a gain must be more than this share of what there was before. */
const NOISE = 1e-12;

/**
 * Finds the best split of a leaf by one column, and writes what it is to `found`, a gain of 0 where there is none. The gain is
 * G² / (H + lambda) of both children less that of the leaf (Chen and Guestrin, "XGBoost", 2016, equation 7). Rows with a missing value are
 * tried on both sides (algorithm 3 there); where a leaf has none, they will go where most rows go.
 */
export function splitFinder(
  { histograms, found }: { readonly histograms: Int32Array; readonly found: Float64Array },
  settings: SplitSettings,
  isConstrained: boolean,
): SplitFinder {
  const { lambdaL1: l1, lambdaL2: l2, minRows, minHessian, minGain } = settings;
  /** Gain, bin, whether it is this bin alone, whether missing values go with it; and of the yes child gradient, hessian, rows. */
  const best = new Float64Array(7);
  const keep = (gain: number, bin: number, isEqual: number, missingYes: number): void => {
    best[0] = gain;
    best[1] = bin;
    best[2] = isEqual;
    best[3] = missingYes;
  };
  const keepSums = (gradient: number, hessian: number, rows: number): void => {
    best[4] = gradient;
    best[5] = hessian;
    best[6] = rows;
  };

  return (leaf, column, place) => {
    const before = isConstrained
      ? highestGain(leaf, within(leafValue(leaf, settings), leaf), settings)
      : shrunk(leaf.gradient, l1) ** 2 / (leaf.hessian + l2);
    const least = before + minGain + NOISE * Math.abs(before);
    keep(least, 0, 0, 0);
    scan(leaf, column, place);
    if (column.mayEqual) scanEqual(leaf, column, place);
    found.set(best, place.found);
    found[place.found] = (best[0] as number) > least ? (best[0] as number) - before - minGain : 0;
  };

  /** All bins up to one against those behind it. */
  function scan(leaf: Candidate, { bins, hasMissing, monotone }: BinnedColumn, { histogram, reading }: Place): void {
    const { hessian, rows } = leaf;
    const { gradientUnit, hessianUnit } = reading;
    const shift = reading.countBit - 32;
    const mask = 2 ** shift - 1;
    const behind = histogram + 4 * bins;
    const missing = hasMissing ? (histograms[behind + 3] as number) >>> shift : 0;
    const missingGradient = missing > 0 ? wide(behind, -1) * gradientUnit : 0;
    const missingHessian = missing > 0 ? wide(behind + 2, mask) * hessianUnit : 0;
    const last = missing > 0 ? bins : bins - 1;
    let [left, leftHessian, leftRows] = [0, 0, 0];
    for (let bin = 0; bin < last; bin++) {
      const word = histogram + 4 * bin;
      const high = histograms[word + 3] as number;
      const inBin = high >>> shift;
      if (inBin === 0) continue;
      left += ((histograms[word + 1] as number) * WORD + ((histograms[word] as number) >>> 0)) * gradientUnit;
      leftHessian += ((high & mask) * WORD + ((histograms[word + 2] as number) >>> 0)) * hessianUnit;
      leftRows += inBin;
      if (leftRows >= minRows && rows - leftRows >= minRows && leftHessian >= minHessian && hessian - leftHessian >= minHessian) {
        const gain = isConstrained ? constrainedGain(leaf, left, leftHessian, monotone) : gainOf(leaf, left, leftHessian);
        if (gain > (best[0] as number)) {
          keep(gain, bin, 0, missing === 0 && leftRows * 2 >= rows ? 1 : 0);
          keepSums(left, leftHessian, leftRows);
        }
      }
      if (missing === 0) {
        if (rows - leftRows < minRows) break;
        continue;
      }
      const yes = leftRows + missing;
      const yesHessian = leftHessian + missingHessian;
      if (yes >= minRows && rows - yes >= minRows && yesHessian >= minHessian && hessian - yesHessian >= minHessian) {
        const gradient = left + missingGradient;
        const gain = isConstrained ? constrainedGain(leaf, gradient, yesHessian, monotone) : gainOf(leaf, gradient, yesHessian);
        if (gain <= (best[0] as number)) continue;
        keep(gain, bin, 0, 1);
        keepSums(gradient, yesHessian, yes);
      }
    }
  }

  /** One bin against all others and the missing values. */
  function scanEqual(leaf: Candidate, { bins, monotone }: BinnedColumn, { histogram, reading }: Place): void {
    const shift = reading.countBit - 32;
    for (let bin = 0; bin < bins; bin++) {
      const word = histogram + 4 * bin;
      const rows = (histograms[word + 3] as number) >>> shift;
      const gradient = wide(word, -1) * reading.gradientUnit;
      const hessian = wide(word + 2, 2 ** shift - 1) * reading.hessianUnit;
      if (rows < Math.max(1, minRows) || leaf.rows - rows < Math.max(1, minRows)) continue;
      if (hessian < minHessian || leaf.hessian - hessian < minHessian) continue;
      const gain = isConstrained ? constrainedGain(leaf, gradient, hessian, monotone) : gainOf(leaf, gradient, hessian);
      // A split that is none by order has to be better by more than rounding.
      if (gain <= (best[0] as number) * (1 + NOISE)) continue;
      keep(gain, bin, 1, 0);
      keepSums(gradient, hessian, rows);
    }
  }

  function wide(word: number, mask: number): number {
    return ((histograms[word + 1] as number) & mask) * WORD + ((histograms[word] as number) >>> 0);
  }

  function gainOf(leaf: Sums, gradient: number, hessian: number): number {
    const left = shrunk(gradient, l1);
    const right = shrunk(leaf.gradient - gradient, l1);
    return (left * left) / (hessian + l2) + (right * right) / (leaf.hessian - hessian + l2);
  }

  /** Of values that keep within the leaf's limits, and that rise or fall as they have to; else less than nothing. */
  function constrainedGain(leaf: Candidate, gradient: number, hessian: number, monotone: number): number {
    const yes = { gradient, hessian, rows: 0 };
    const no = { gradient: leaf.gradient - gradient, hessian: leaf.hessian - hessian, rows: 0 };
    const below = within(leafValue(yes, settings), leaf);
    const above = within(leafValue(no, settings), leaf);
    if ((monotone > 0 && below > above) || (monotone < 0 && below < above)) return Number.NEGATIVE_INFINITY;
    return highestGain(yes, below, settings) + highestGain(no, above, settings);
  }
}
