import { neighbour } from '#/model/float32.ts';
import { MODES, type Trees } from '#/trees/trees.ts';

/** Writes for each tree the leaf that the row of features beginning at `at` comes to. */
export type LeafFinder = (x: Float32Array | Float64Array, at: number, leaves: Int32Array) => void;

const [LEQ, LT, GTE, GT, EQ] = MODES.map((_, index) => index);
/** So many trees are walked side by side, because each step waits for the memory that the one before has asked for. */
const ABREAST = 4;
/** Walking all trees to the depth of the deepest is faster up to about this many times the steps that are needed. */
const WASTE = 2;

/**
 * The fastest way that the trees allow. Most trainers make nothing but nodes that ask for ≤, in float32, of trees whose nodes have one
 * parent each: then the next node is the no child plus one if it holds, without a branch that the processor would have to guess.
 */
export function leafFinder(trees: Trees): LeafFinder {
  const quick = quickTrees(trees);
  if (quick === undefined) return (x, at, leaves) => walkAny(trees, x, at, leaves);
  const walk = quick.isEven ? walkAbreast : walkOne;
  if (!quick.hasMissing) return (x, at, leaves) => walk(quick, x as Float32Array, at, leaves);
  const { width } = trees;
  return (x, at, leaves) => {
    let hasNaN = false;
    for (let feature = at; feature < at + width; feature++) if (Number.isNaN(x[feature])) hasNaN = true;
    (hasNaN ? walkMissing : walk)(quick, x as Float32Array, at, leaves);
  };
}

interface QuickTrees {
  readonly roots: Int32Array;
  readonly features: Int32Array;
  /** NaN in a leaf, so that nothing is ≤ it and a walk that has come to a leaf stays there. */
  readonly thresholds: Float32Array;
  /** The no child, behind which the yes child stands; of a leaf, itself. */
  readonly next: Int32Array;
  readonly missingYes: Int32Array;
  readonly hasMissing: boolean;
  /** The depth of the deepest of each `ABREAST` trees. */
  readonly depths: Int32Array;
  readonly isEven: boolean;
}

function quickTrees(trees: Trees): QuickTrees | undefined {
  const { precision, roots, features, modes, no, yes, missingYes } = trees;
  const isLeaf = (node: number): boolean => (features[node] ?? -1) < 0;
  const isQuick = (node: number): boolean =>
    isLeaf(node) || ((modes[node] === LEQ || modes[node] === LT) && yes[node] === (no[node] ?? 0) + 1);
  if (precision === 'double' || !features.every((_, node) => isQuick(node)) || hasSharedNodes(trees)) return undefined;
  const depths = new Int32Array(features.length);
  let steps = 0;
  let leaves = 0;
  const deepest = new Int32Array(Math.ceil(roots.length / ABREAST));
  roots.forEach((root, tree) => {
    const end = roots[tree + 1] ?? features.length;
    for (let node = root; node < end; node++) {
      const depth = depths[node] ?? 0;
      if (isLeaf(node)) {
        steps += depth;
        leaves++;
        const group = Math.floor(tree / ABREAST);
        deepest[group] = Math.max(deepest[group] ?? 0, depth);
      } else depths[no[node] ?? 0] = depths[yes[node] ?? 0] = depth + 1;
    }
  });
  const even = deepest.reduce((sum, depth) => sum + depth, 0) / deepest.length;
  return {
    roots,
    features: features.map((feature) => Math.max(0, feature)),
    thresholds: Float32Array.from(trees.thresholds, (threshold, node) =>
      isLeaf(node) ? Number.NaN : modes[node] === LT ? below(threshold) : threshold,
    ),
    next: no.map((child, node) => (isLeaf(node) ? node : child)),
    missingYes: Int32Array.from(missingYes, (missing, node) => (isLeaf(node) ? 0 : missing)),
    hasMissing: missingYes.some((missing, node) => missing === 1 && !isLeaf(node)),
    depths: deepest,
    isEven: even <= (WASTE * steps) / leaves,
  };
}

/** Whether there is more than one way to a node. */
function hasSharedNodes({ roots, features, no, yes }: Trees): boolean {
  const reached = new Uint8Array(features.length);
  for (const root of roots) {
    if (reached[root] === 1) return true;
    reached[root] = 1;
  }
  for (let node = 0; node < features.length; node++) {
    if ((features[node] ?? -1) < 0) continue;
    for (const child of [no[node] ?? 0, yes[node] ?? 0]) {
      if (reached[child] === 1) return true;
      reached[child] = 1;
    }
  }
  return false;
}

/** x < t is x ≤ below(t) among float32 values. */
const below = (threshold: number): number =>
  // Nothing is less than these, and nothing is ≤ NaN.
  Number.isNaN(threshold) || threshold === Number.NEGATIVE_INFINITY ? Number.NaN : neighbour(threshold, -1);

/* The walks below are what a prediction mostly consists of. `Number(a <= b)` is computed, `a <= b ? 1 : 0` would be guessed. */

function walkAbreast({ roots, features, thresholds, next, depths }: QuickTrees, x: Float32Array, at: number, leaves: Int32Array): void {
  const whole = roots.length - (roots.length % ABREAST);
  for (let tree = 0, group = 0; tree < whole; tree += ABREAST, group++) {
    let a = roots[tree] as number;
    let b = roots[tree + 1] as number;
    let c = roots[tree + 2] as number;
    let d = roots[tree + 3] as number;
    for (let depth = depths[group] as number; depth > 0; depth--) {
      a = (next[a] as number) + Number((x[at + (features[a] as number)] as number) <= (thresholds[a] as number));
      b = (next[b] as number) + Number((x[at + (features[b] as number)] as number) <= (thresholds[b] as number));
      c = (next[c] as number) + Number((x[at + (features[c] as number)] as number) <= (thresholds[c] as number));
      d = (next[d] as number) + Number((x[at + (features[d] as number)] as number) <= (thresholds[d] as number));
    }
    leaves[tree] = a;
    leaves[tree + 1] = b;
    leaves[tree + 2] = c;
    leaves[tree + 3] = d;
  }
  for (let tree = whole; tree < roots.length; tree++) {
    let node = roots[tree] as number;
    for (let depth = depths[depths.length - 1] as number; depth > 0; depth--) {
      node = (next[node] as number) + Number((x[at + (features[node] as number)] as number) <= (thresholds[node] as number));
    }
    leaves[tree] = node;
  }
}

function walkOne({ roots, features, thresholds, next }: QuickTrees, x: Float32Array, at: number, leaves: Int32Array): void {
  for (let tree = 0; tree < roots.length; tree++) {
    let node = -1;
    let following = roots[tree] as number;
    while (following !== node) {
      node = following;
      following = (next[node] as number) + Number((x[at + (features[node] as number)] as number) <= (thresholds[node] as number));
    }
    leaves[tree] = node;
  }
}

function walkMissing({ roots, features, thresholds, next, missingYes }: QuickTrees, x: Float32Array, at: number, leaves: Int32Array): void {
  for (let tree = 0; tree < roots.length; tree++) {
    let node = -1;
    let following = roots[tree] as number;
    while (following !== node) {
      node = following;
      const value = x[at + (features[node] as number)] as number;
      const yes = Number(value <= (thresholds[node] as number)) | (Number(Number.isNaN(value)) & (missingYes[node] as number));
      following = (next[node] as number) + yes;
    }
    leaves[tree] = node;
  }
}

function walkAny(trees: Trees, x: Float32Array | Float64Array, at: number, leaves: Int32Array): void {
  const { roots, features, modes, thresholds, yes, no, missingYes } = trees;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = roots[tree] as number;
    for (let feature = features[node] as number; feature >= 0; feature = features[node] as number) {
      const value = x[at + feature] as number;
      const holds = compare(modes[node] as number, value, thresholds[node] as number) || (missingYes[node] === 1 && Number.isNaN(value));
      node = (holds ? yes[node] : no[node]) as number;
    }
    leaves[tree] = node;
  }
}

function compare(mode: number, value: number, threshold: number): boolean {
  if (mode === LEQ) return value <= threshold;
  if (mode === EQ) return value === threshold;
  if (mode === LT) return value < threshold;
  if (mode === GTE) return value >= threshold;
  return mode === GT ? value > threshold : value !== threshold;
}
