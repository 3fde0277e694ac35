import { leafWeights, type LeafWeights } from '#/compile/trees/add-leaves.ts';
import { quickTrees, type QuickTrees } from '#/compile/trees/quick-trees.ts';
import type { Trees } from '#/trees/trees.ts';

/** All that takes time when trees are compiled, as arrays, so that another thread can do it. */
export interface PreparedTrees {
  readonly trees: Trees;
  readonly quick: QuickTrees | undefined;
  readonly single: LeafWeights | undefined;
  /** Whether the file has thresholds as a tensor, so that trees and features have to be of one precision. */
  readonly isExact: boolean;
}

export const prepareTrees = (trees: Trees, isExact: boolean): PreparedTrees => ({
  trees,
  quick: quickTrees(trees),
  single: leafWeights(trees),
  isExact,
});
