/** What a tree of a forest is grown from. Arrays lie in shared memory, so that several threads grow trees at once. */
export interface ForestJob {
  readonly rows: number;
  /** Columns as bins, one column after another. */
  readonly bins: Uint8Array;
  readonly columns: readonly { readonly bins: number; readonly hasMissing: boolean }[];
  /** Columns in which anything differs. */
  readonly splittable: readonly number[];
  /** The value, less the mean of all; or the index of the class. */
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
  /** Sums that are kept: one, of values, or of the second of two classes; or one of each class. */
  readonly channels: number;
  readonly settings: ForestSettings;
  readonly seed: number;
  /** Number of the next tree: the first member grows it, the next one that behind it. */
  readonly next: Int32Array;
  /** Where each member puts its tree. */
  readonly grown: readonly GrownTree[];
}

export interface ForestSettings {
  readonly trees: number;
  /** Columns that a node looks at. */
  readonly columnsOfNode: number;
  readonly depth: number;
  readonly minSplit: number;
  readonly minLeaf: number;
  readonly bootstrap: boolean;
  /** Rows that are drawn. */
  readonly draws: number;
}

/** Nodes in the order in which they were made; the children of a node stand side by side, `yes` behind `no`. */
export interface GrownTree {
  readonly count: Int32Array;
  readonly features: Int32Array;
  readonly bins: Uint8Array;
  readonly missingYes: Uint8Array;
  readonly no: Int32Array;
  readonly covers: Float64Array;
  readonly gains: Float64Array;
  /** Means of a leaf's rows, for each channel. */
  readonly values: Float32Array;
}

export const sharedBytes = (length: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(length));
const words = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
const doubles = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));

export function sharedDoubles(values: Float64Array): Float64Array {
  const shared = doubles(values.length);
  shared.set(values);
  return shared;
}

export const roomForTree = (nodes: number, channels: number): GrownTree => ({
  count: words(1),
  features: words(nodes),
  bins: sharedBytes(nodes),
  missingYes: sharedBytes(nodes),
  no: words(nodes),
  covers: doubles(nodes),
  gains: doubles(nodes),
  values: new Float32Array(new SharedArrayBuffer(nodes * channels * 4)),
});

/** Nodes that a tree may have: each leaf has rows of its own. */
export function mostNodes(rows: number, { minLeaf, depth }: ForestSettings): number {
  const leaves = Math.max(1, Math.min(Math.floor(rows / minLeaf), 2 ** Math.min(depth, 31)));
  return 2 * leaves - 1;
}
