/** Nodes by their depth; the two children of a node stand side by side, that of x > threshold first. */
export interface IsolationTree {
  /** −1 in a leaf. */
  readonly features: Int32Array;
  /** Float32 values. */
  readonly thresholds: Float64Array;
  /** The child of x > threshold; that of x ≤ threshold is behind it. */
  readonly children: Int32Array;
  /** Of a leaf: how many cuts part what falls into it from the others, as far as the tree was grown, and from there on the average. */
  readonly lengths: Float32Array;
}

interface Growth {
  readonly rows: Int32Array;
  /** The columns it may look at. */
  readonly features: Int32Array;
  readonly random: () => number;
}

/** Cuts at any place between the least and the greatest value of any column, down to ⌈log₂ rows⌉ cuts (Liu, Ting and Zhou 2008, algorithm 2). */
export function growTree(columns: readonly Float32Array[], { rows: given, features: allowed, random }: Growth): IsolationTree {
  const rows = given.slice();
  const limit = Math.ceil(Math.log2(Math.max(2, rows.length)));
  const features: number[] = [];
  const thresholds: number[] = [];
  const children: number[] = [];
  const lengths: number[] = [];
  const nodes: { readonly from: number; readonly to: number; readonly depth: number }[] = [{ from: 0, to: rows.length, depth: 0 }];
  for (let node = 0; node < nodes.length; node++) {
    const { from, to, depth } = nodes[node] as (typeof nodes)[number];
    const cut = depth < limit && to - from > 1 ? drawCut(columns, rows.subarray(from, to), allowed, random) : undefined;
    features.push(cut?.feature ?? -1);
    thresholds.push(cut?.threshold ?? 0);
    children.push(cut === undefined ? 0 : nodes.length);
    lengths.push(cut === undefined ? depth + averagePathLength(to - from) : 0);
    if (cut === undefined) continue;
    const middle = from + partition(columns[cut.feature] as Float32Array, rows.subarray(from, to), cut.threshold);
    nodes.push({ from: middle, to, depth: depth + 1 }, { from, to: middle, depth: depth + 1 });
  }
  return {
    features: Int32Array.from(features),
    thresholds: Float64Array.from(thresholds),
    children: Int32Array.from(children),
    lengths: Float32Array.from(lengths),
  };
}

/** Of a column drawn by chance, those that are the same in all rows being left out; undefined where all are. Changes the order of the columns. */
function drawCut(
  columns: readonly Float32Array[],
  rows: Int32Array,
  allowed: Int32Array,
  random: () => number,
): { feature: number; threshold: number } | undefined {
  for (let left = allowed.length; left > 0; left--) {
    const drawn = Math.floor(random() * left);
    const feature = allowed[drawn] as number;
    allowed[drawn] = allowed[left - 1] as number;
    allowed[left - 1] = feature;
    const values = columns[feature] as Float32Array;
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    for (let at = 0; at < rows.length; at++) {
      const value = values[rows[at] as number] as number;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
    if (least === greatest) continue;
    const threshold = Math.fround(least + random() * (greatest - least));
    return { feature, threshold: threshold < greatest ? threshold : least };
  }
  return undefined;
}

/** Puts the rows with values up to the threshold before the others; how many they are. */
function partition(values: Float32Array, rows: Int32Array, threshold: number): number {
  let middle = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at] as number;
    if (!((values[row] as number) <= threshold)) continue;
    rows[at] = rows[middle] as number;
    rows[middle++] = row;
  }
  return middle;
}

const EULER = 0.577_215_664_901_532_9;

/** c(n): how many cuts it takes on average to part one of n rows from the others, which is the length of a failed search in a binary search tree. */
export function averagePathLength(rows: number): number {
  if (rows <= 1) return 0;
  return rows === 2 ? 1 : 2 * (Math.log(rows - 1) + EULER) - (2 * (rows - 1)) / rows;
}
