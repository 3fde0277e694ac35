import type { Task } from '#/task.ts';
import type { PreparedForest } from '#/trees/forest/prepare.ts';
import type { Link, TreeModel } from '#/trees/tree-model.ts';
import type { Tree } from '#/trees/tree.ts';

/** Shares are so many parts of 1: float32 adds up that many without rounding. */
const PARTS = 2 ** 24;

/** The mean of what trees say, as a sum of what they say. */
export function forestModel(trees: readonly Tree[], { columns, job, mean }: PreparedForest, task: Task): TreeModel {
  const isShare = task.kind !== 'regression';
  const scaled = trees.map((tree, number) => {
    // Parts of all trees together are 1, so that shares of sure leaves are exactly 0 or 1, whoever adds them in whatever order.
    const parts = Math.floor((PARTS * (number + 1)) / trees.length) - Math.floor((PARTS * number) / trees.length);
    const scale = isShare ? (value: number) => Math.round(value * parts) / PARTS : (value: number) => value / trees.length;
    return { ...tree, values: tree.values.map(scale) };
  });
  const link: Link = !isShare ? 'identity' : job.channels === 1 ? 'share' : 'shares';
  return {
    columns,
    trees: scaled,
    outputs: job.channels,
    leafValues: job.channels,
    start: new Float32Array(job.channels).fill(mean),
    link,
    task,
    iterations: trees.length,
  };
}
