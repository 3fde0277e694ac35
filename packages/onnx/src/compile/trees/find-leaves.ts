import { quickTrees, type QuickTrees } from '#/compile/trees/quick-trees.ts';
import { ABREAST, walkMissing, walkOneByOne, walkRowsAbreast, walkTreesAbreast } from '#/compile/trees/walks.ts';
import { MODES, type Trees } from '#/trees/trees.ts';

/** Writes for each row of features, and in it for each tree, the leaf that the row comes to. */
export type LeafFinder = (x: Float32Array | Float64Array, rows: number, leaves: Int32Array) => void;

/** The fastest that the trees allow, for rows of `width` features. */
export function leafFinder(trees: Trees, width: number, capacity: number, prepared?: QuickTrees): LeafFinder {
  const quick = prepared ?? quickTrees(trees);
  if (quick === undefined) {
    return (x, rows, leaves) => {
      for (let row = 0; row < rows; row++) walkAny(trees, x, row * width, leaves, row * trees.roots.length);
    };
  }
  const starts = new Int32Array(capacity);
  return (x, rows, leaves) => findQuickly(quick, x as Float32Array, { width, rows, starts }, leaves);
}

interface Rows {
  readonly width: number;
  readonly rows: number;
  /** Room for where rows begin. */
  readonly starts: Int32Array;
}

function findQuickly(trees: QuickTrees, x: Float32Array, { width, rows, starts }: Rows, leaves: Int32Array): void {
  const count = trees.roots.length;
  const walk = trees.isEven ? walkTreesAbreast : walkOneByOne;
  let plain = 0;
  for (let row = 0; row < rows; row++) {
    const start = row * width;
    if (trees.hasMissing && hasNaN(x, start, start + width)) walkMissing(trees, x, start, leaves, row * count);
    else starts[plain++] = start;
  }
  const groups = trees.isEven ? Math.floor(plain / ABREAST) : 0;
  if (groups > 0) walkRowsAbreast(trees, x, width, starts, groups, leaves);
  for (let next = groups * ABREAST; next < plain; next++) {
    const start = starts[next] as number;
    walk(trees, x, start, leaves, (start / width) * count);
  }
}

function hasNaN(x: Float32Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (Number.isNaN(x[at])) return true;
  return false;
}

const [LEQ, LT, GTE, GT, EQ] = MODES.map((_, index) => index);

function walkAny(trees: Trees, x: Float32Array | Float64Array, at: number, leaves: Int32Array, to: number): void {
  const { roots, features, modes, thresholds, yes, no, missingYes } = trees;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = roots[tree] as number;
    for (let feature = features[node] as number; feature >= 0; feature = features[node] as number) {
      const value = x[at + feature] as number;
      const holds = compare(modes[node] as number, value, thresholds[node] as number) || (missingYes[node] === 1 && Number.isNaN(value));
      node = (holds ? yes[node] : no[node]) as number;
    }
    leaves[to + tree] = node;
  }
}

function compare(mode: number, value: number, threshold: number): boolean {
  if (mode === LEQ) return value <= threshold;
  if (mode === EQ) return value === threshold;
  if (mode === LT) return value < threshold;
  if (mode === GTE) return value >= threshold;
  return mode === GT ? value > threshold : value !== threshold;
}
