import type { ForestJob } from '#/trees/forest/job.ts';

/** The best split of a node so far. */
export interface BestSplit {
  gain: number;
  column: number;
  bin: number;
  missingYes: number;
}

export interface Node {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  /** Of each channel. */
  readonly sums: Float64Array;
}

export interface ColumnScanner {
  readonly best: BestSplit;
  begin(node: Node): void;
  /** Whether the node's rows differ in the column. */
  scan(column: number): boolean;
}

/** Up to so many rows the bins that they are in are put in order, instead of looking at all bins. */
const FEW = 48;
/** What rounding may make of nothing. */
const NOISE = 1e-10;

/**
 * Finds the split with the greatest Σ (sum of a channel)² / weight of both children, less that of the node: of values this is by how much the
 * squared error becomes less, of classes the Gini impurity (Breiman et al., "Classification and regression trees", 1984), times the weight.
 */
export function columnScanner(
  { rows, bins, columns, target, channels, settings }: ForestJob,
  { order, rowWeights }: { readonly order: Int32Array; readonly rowWeights: Float64Array },
): ColumnScanner {
  const { minLeaf } = settings;
  /** Of a bin: rows, weight, channels. */
  const stride = 2 + channels;
  const histogram = new Float64Array(256 * stride);
  const touched = new Int32Array(256);
  const left = new Float64Array(stride);
  const best: BestSplit = { gain: 0, column: -1, bin: 0, missingYes: 0 };
  let node: Node = { from: 0, to: 0, weight: 0, sums: new Float64Array(channels) };
  let before = 0;

  return {
    best,
    begin(next) {
      node = next;
      before = 0;
      for (let channel = 0; channel < channels; channel++) before += (next.sums[channel] as number) ** 2 / next.weight;
      best.gain = 0;
      best.column = -1;
    },
    scan(column) {
      const count = fill(column);
      if (count > 1) tryCuts(column, count);
      for (let at = 0; at < count; at++) histogram.fill(0, (touched[at] as number) * stride, ((touched[at] as number) + 1) * stride);
      return count > 1;
    },
  };

  /** Sums the node's rows by bin; how many bins have any, which are listed in order. */
  function fill(column: number): number {
    const first = column * rows;
    const isFew = node.to - node.from <= FEW;
    let count = 0;
    for (let at = node.from; at < node.to; at++) {
      const row = order[at] as number;
      const bin = bins[first + row] as number;
      const place = bin * stride;
      const weight = rowWeights[row] as number;
      if (isFew && histogram[place] === 0) insert(bin, count++);
      histogram[place]! += 1;
      histogram[place + 1]! += weight;
      if (channels === 1) histogram[place + 2]! += weight * (target[row] as number);
      else histogram[place + 2 + (target[row] as number)]! += weight;
    }
    if (isFew) return count;
    const { bins: values, hasMissing } = columns[column] as ForestJob['columns'][number];
    for (let bin = 0; bin < values + Number(hasMissing); bin++) if ((histogram[bin * stride] as number) > 0) touched[count++] = bin;
    return count;
  }

  function insert(bin: number, count: number): void {
    let at = count;
    for (; at > 0 && (touched[at - 1] as number) > bin; at--) touched[at] = touched[at - 1] as number;
    touched[at] = bin;
  }

  /** Missing values are tried on both sides; where there are none, they will go where most rows go. */
  function tryCuts(column: number, count: number): void {
    const { bins: values } = columns[column] as ForestJob['columns'][number];
    const hasMissing = touched[count - 1] === values;
    const cuts = hasMissing ? count - 1 : count;
    const missing = values * stride;
    left.fill(0);
    for (let cut = 0; cut < cuts - Number(!hasMissing); cut++) {
      const bin = touched[cut] as number;
      for (let word = 0; word < stride; word++) left[word]! += histogram[bin * stride + word] as number;
      const gain = gainOf(undefined);
      if (gain > best.gain) keep(gain, column, bin, Number(!hasMissing && 2 * (left[0] as number) >= node.to - node.from));
      if (!hasMissing || cut === cuts - 1) continue;
      const withMissing = gainOf(missing);
      if (withMissing > best.gain) keep(withMissing, column, bin, 1);
    }
  }

  /** Of what is on the left, and of the bin at `more` with it. */
  function gainOf(more: number | undefined): number {
    const count = (left[0] as number) + (more === undefined ? 0 : (histogram[more] as number));
    if (count < minLeaf || node.to - node.from - count < minLeaf) return 0;
    const weight = (left[1] as number) + (more === undefined ? 0 : (histogram[more + 1] as number));
    const other = node.weight - weight;
    if (!(weight > 0 && other > 0)) return 0;
    let after = 0;
    for (let channel = 0; channel < channels; channel++) {
      const sum = (left[2 + channel] as number) + (more === undefined ? 0 : (histogram[more + 2 + channel] as number));
      after += (sum * sum) / weight + ((node.sums[channel] as number) - sum) ** 2 / other;
    }
    const gain = after - before;
    return gain > NOISE * before ? gain : 0;
  }

  function keep(gain: number, column: number, bin: number, missingYes: number): void {
    best.gain = gain;
    best.column = column;
    best.bin = bin;
    best.missingYes = missingYes;
  }
}
