import { neighbour } from '#/model/float32.ts';
import { MODES, type Trees } from '#/trees/trees.ts';

const LEQ = MODES.indexOf('LEQ');
const LT = MODES.indexOf('LT');
/** Walking all trees to the depth of the deepest leaf is faster up to about this many times the steps that are needed. */
const WASTE = 2;

export interface QuickTrees {
  readonly roots: Int32Array;
  readonly features: Int32Array;
  /** NaN in a leaf, so that nothing is ≤ it and a walk that has come to a leaf stays there. */
  readonly thresholds: Float32Array;
  /** The no child, behind which the yes child stands; of a leaf, itself. */
  readonly next: Int32Array;
  readonly missingYes: Int32Array;
  readonly hasMissing: boolean;
  /** Of each tree, that of its deepest leaf. */
  readonly depths: Int32Array;
  /** Whether most leaves are about as deep as the deepest, so that trees may be walked that deep whatever leaf they come to. */
  readonly isEven: boolean;
}

/**
 * The form in which trees are walked fastest, where they allow it. Most trainers make nothing but nodes that ask for ≤, in float32, of trees
 * whose nodes have one parent each: then the next node is the no child plus one if it holds, without a branch that the processor would have
 * to guess.
 */
export function quickTrees(trees: Trees): QuickTrees | undefined {
  if (trees.precision === 'double' || !areQuick(trees) || hasSharedNodes(trees)) return undefined;
  const { roots, features, modes, no, missingYes } = trees;
  const count = features.length;
  const quick = {
    features: new Int32Array(count),
    thresholds: new Float32Array(count),
    next: new Int32Array(count),
    missingYes: new Int32Array(count),
  };
  let hasMissing = false;
  for (let node = 0; node < count; node++) {
    const threshold = trees.thresholds[node] ?? 0;
    const isLeaf = (features[node] ?? -1) < 0;
    quick.features[node] = isLeaf ? 0 : (features[node] ?? 0);
    quick.thresholds[node] = isLeaf ? Number.NaN : modes[node] === LT ? below(threshold) : threshold;
    quick.next[node] = isLeaf ? node : (no[node] ?? 0);
    quick.missingYes[node] = isLeaf ? 0 : (missingYes[node] ?? 0);
    hasMissing ||= quick.missingYes[node] === 1;
  }
  return { roots, ...quick, hasMissing, ...depthsOf(trees) };
}

function areQuick({ features, modes, yes, no }: Trees): boolean {
  for (let node = 0; node < features.length; node++) {
    if ((features[node] ?? -1) < 0) continue;
    if ((modes[node] !== LEQ && modes[node] !== LT) || yes[node] !== (no[node] ?? 0) + 1) return false;
  }
  return true;
}

/** Nodes stand in the order of their depth, so that those above have been seen before. */
function depthsOf({ roots, features, yes, no }: Trees): Pick<QuickTrees, 'depths' | 'isEven'> {
  const depths = new Int32Array(features.length);
  const deepest = new Int32Array(roots.length);
  let steps = 0;
  let leaves = 0;
  for (let tree = 0; tree < roots.length; tree++) {
    const end = roots[tree + 1] ?? features.length;
    for (let node = roots[tree] ?? 0; node < end; node++) {
      const depth = depths[node] ?? 0;
      if ((features[node] ?? -1) >= 0) {
        depths[no[node] ?? 0] = depth + 1;
        depths[yes[node] ?? 0] = depth + 1;
        continue;
      }
      steps += depth;
      leaves++;
      deepest[tree] = Math.max(deepest[tree] ?? 0, depth);
    }
  }
  const whole = deepest.reduce((sum, depth) => sum + depth, 0) / deepest.length;
  return { depths: deepest, isEven: whole <= (WASTE * steps) / leaves };
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
