import type { QuickTrees } from '#/compile/trees/quick-trees.ts';

/*
 * What a prediction mostly consists of. Each step of a walk waits for the memory that the one before has asked for, so that several are
 * made side by side. `Number(a <= b)` is computed; `a <= b ? 1 : 0` would be guessed.
 */

/** So many walks side by side. */
export const ABREAST = 4;

/* Of a row that begins at `at` of `x`, the leaves are written from `to` on. */

/** To the depth of the deepest leaf: a walk that has come to a leaf stays there. */
export function walkTreesAbreast(trees: QuickTrees, x: Float32Array, at: number, leaves: Int32Array, to: number): void {
  const { roots, features, thresholds, next, depths } = trees;
  const whole = roots.length - (roots.length % ABREAST);
  for (let tree = 0; tree < whole; tree += ABREAST) {
    let a = roots[tree] as number;
    let b = roots[tree + 1] as number;
    let c = roots[tree + 2] as number;
    let d = roots[tree + 3] as number;
    let depth = Math.max(depths[tree] as number, depths[tree + 1] as number, depths[tree + 2] as number, depths[tree + 3] as number);
    for (; depth > 0; depth--) {
      a = (next[a] as number) + Number((x[at + (features[a] as number)] as number) <= (thresholds[a] as number));
      b = (next[b] as number) + Number((x[at + (features[b] as number)] as number) <= (thresholds[b] as number));
      c = (next[c] as number) + Number((x[at + (features[c] as number)] as number) <= (thresholds[c] as number));
      d = (next[d] as number) + Number((x[at + (features[d] as number)] as number) <= (thresholds[d] as number));
    }
    leaves[to + tree] = a;
    leaves[to + tree + 1] = b;
    leaves[to + tree + 2] = c;
    leaves[to + tree + 3] = d;
  }
  for (let tree = whole; tree < roots.length; tree++) {
    let node = roots[tree] as number;
    for (let depth = depths[tree] as number; depth > 0; depth--) {
      node = (next[node] as number) + Number((x[at + (features[node] as number)] as number) <= (thresholds[node] as number));
    }
    leaves[to + tree] = node;
  }
}

/**
 * Rows (`ABREAST` times as many as there are groups) through one tree after another, so that a tree is in the cache for all of them. `starts`
 * has where each row begins in `x`, of rows `width` values wide.
 */
export function walkRowsAbreast(
  trees: QuickTrees,
  x: Float32Array,
  width: number,
  starts: Int32Array,
  groups: number,
  leaves: Int32Array,
): void {
  const { roots, features, thresholds, next, depths } = trees;
  const count = roots.length;
  for (let tree = 0; tree < count; tree++) {
    for (let group = 0; group < groups * ABREAST; group += ABREAST) {
      const at = starts[group] as number;
      const bt = starts[group + 1] as number;
      const ct = starts[group + 2] as number;
      const dt = starts[group + 3] as number;
      let a = roots[tree] as number;
      let b = a;
      let c = a;
      let d = a;
      for (let depth = depths[tree] as number; depth > 0; depth--) {
        a = (next[a] as number) + Number((x[at + (features[a] as number)] as number) <= (thresholds[a] as number));
        b = (next[b] as number) + Number((x[bt + (features[b] as number)] as number) <= (thresholds[b] as number));
        c = (next[c] as number) + Number((x[ct + (features[c] as number)] as number) <= (thresholds[c] as number));
        d = (next[d] as number) + Number((x[dt + (features[d] as number)] as number) <= (thresholds[d] as number));
      }
      leaves[(at / width) * count + tree] = a;
      leaves[(bt / width) * count + tree] = b;
      leaves[(ct / width) * count + tree] = c;
      leaves[(dt / width) * count + tree] = d;
    }
  }
}

/** One tree after another, each no further than to its leaf. */
export function walkOneByOne(
  { roots, features, thresholds, next }: QuickTrees,
  x: Float32Array,
  at: number,
  leaves: Int32Array,
  to: number,
): void {
  for (let tree = 0; tree < roots.length; tree++) {
    let node = -1;
    let following = roots[tree] as number;
    while (following !== node) {
      node = following;
      following = (next[node] as number) + Number((x[at + (features[node] as number)] as number) <= (thresholds[node] as number));
    }
    leaves[to + tree] = node;
  }
}

/** For rows that have NaN, where nodes say which way it goes. */
export function walkMissing(trees: QuickTrees, x: Float32Array, at: number, leaves: Int32Array, to: number): void {
  const { roots, features, thresholds, next, missingYes } = trees;
  for (let tree = 0; tree < roots.length; tree++) {
    let node = -1;
    let following = roots[tree] as number;
    while (following !== node) {
      node = following;
      const value = x[at + (features[node] as number)] as number;
      const yes = Number(value <= (thresholds[node] as number)) | (Number(Number.isNaN(value)) & (missingYes[node] as number));
      following = (next[node] as number) + yes;
    }
    leaves[to + tree] = node;
  }
}
