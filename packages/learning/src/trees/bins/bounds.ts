import { sortedFloats } from '#/trees/bins/sorted-floats.ts';

export interface BinSettings {
  /** At most, with the one for missing values: 2 to 255. */
  readonly maxBin: number;
  readonly minDataInBin: number;
}

/** How values of a column become numbers of bins. */
export interface Bounds {
  /** Of each bin the greatest value that belongs to it, a float32; of the last one Infinity. */
  readonly upper: Float64Array;
  /** Whether there is a bin behind them for missing values. */
  readonly hasMissing: boolean;
}

/** With more rows the bounds come from so many of them, as in LightGBM (`bin_construct_sample_cnt`). */
export const SAMPLED_ROWS = 200_000;

/**
 * Bins that hold about the same number of rows, as LightGBM cuts them (Ke et al., "LightGBM: A highly efficient gradient boosting decision
 * tree", 2017; `GreedyFindBin` of its bin.cpp): where there are few distinct values each has a bin; else a value that is more frequent than
 * the mean bin ends one, which has few others, and these share the bins that are left.
 */
export function findBounds(values: Float32Array, settings: BinSettings, sample: Int32Array | undefined): Bounds {
  const hasMissing = hasNaN(values);
  const seen = sample === undefined ? values : pick(values, sample);
  const { distinct, counts } = distinctOf(sortedFloats(seen));
  const bins = Math.max(1, settings.maxBin - Number(hasMissing));
  const cuts = distinct.length <= bins ? cutFew(distinct, counts, settings.minDataInBin) : cutMany(distinct, counts, bins, settings);
  return { upper: Float64Array.from([...cuts, Number.POSITIVE_INFINITY]), hasMissing };
}

/* Loops, because callbacks of typed arrays take ten times as long. */

function hasNaN(values: Float32Array): boolean {
  for (let row = 0; row < values.length; row++) if (Number.isNaN(values[row])) return true;
  return false;
}

function pick(values: Float32Array, rows: Int32Array): Float32Array {
  const picked = new Float32Array(rows.length);
  for (let at = 0; at < rows.length; at++) picked[at] = values[rows[at] as number] as number;
  return picked;
}

function distinctOf(sorted: Float32Array): { distinct: Float32Array; counts: Int32Array } {
  const distinct = new Float32Array(sorted.length);
  const counts = new Int32Array(sorted.length);
  let last = -1;
  for (let at = 0; at < sorted.length; at++) {
    const value = sorted[at] as number;
    if (last < 0 || value !== distinct[last]) distinct[++last] = value;
    counts[last]!++;
  }
  return { distinct: distinct.subarray(0, last + 1), counts: counts.subarray(0, last + 1) };
}

function cutFew(distinct: Float32Array, counts: Int32Array, least: number): number[] {
  const cuts: number[] = [];
  let inBin = 0;
  for (let at = 0; at + 1 < distinct.length; at++) {
    inBin += counts[at] as number;
    if (inBin < least) continue;
    cuts.push(between(distinct[at] as number, distinct[at + 1] as number));
    inBin = 0;
  }
  return cuts;
}

function cutMany(distinct: Float32Array, counts: Int32Array, bins: number, { minDataInBin }: BinSettings): number[] {
  let total = 0;
  for (let at = 0; at < counts.length; at++) total += counts[at] as number;
  const most = Math.max(1, Math.min(bins, Math.floor(total / Math.max(1, minDataInBin))));
  let mean = total / most;
  const isBig = new Uint8Array(counts.length);
  let [restBins, restRows] = [most, total];
  for (let at = 0; at < counts.length; at++) {
    if ((counts[at] as number) < mean) continue;
    isBig[at] = 1;
    restBins--;
    restRows -= counts[at] as number;
  }
  mean = restRows / restBins;
  const cuts: number[] = [];
  let inBin = 0;
  for (let at = 0; at + 1 < distinct.length && cuts.length < most - 1; at++) {
    const count = counts[at] as number;
    if (isBig[at] === 0) restRows -= count;
    inBin += count;
    const isFull = isBig[at] === 1 || inBin >= mean || (isBig[at + 1] === 1 && inBin >= Math.max(1, mean / 2));
    if (!isFull) continue;
    cuts.push(between(distinct[at] as number, distinct[at + 1] as number));
    inBin = 0;
    if (isBig[at] === 0) mean = restRows / --restBins;
  }
  return cuts;
}

/** A float32 t such that a ≤ t < b: the middle, or `a` where there is none between. */
function between(a: number, b: number): number {
  const middle = Math.fround((a + b) / 2);
  // The middle may be rounded up to b; and that of infinite numbers is none.
  return middle >= a && middle < b ? middle : a;
}

/** Writes the number of each value's bin, found by halving what is left of 256 without anything for the processor to guess. */
export function writeBins(values: Float32Array, { upper, hasMissing }: Bounds, into: Uint8Array): void {
  const last = upper.length - 1;
  const padded = new Float64Array(256).fill(Number.POSITIVE_INFINITY);
  padded.set(upper);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number;
    let bin = 0;
    for (let width = 128; width > 0; width >>= 1) bin += width * Number(value > (padded[bin + width - 1] as number));
    into[row] = hasMissing && Number.isNaN(value) ? last + 1 : bin;
  }
}
