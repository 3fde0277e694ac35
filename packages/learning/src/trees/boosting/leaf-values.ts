import type { Grown } from '#/trees/boosting/grow-tree.ts';
import type { Job, Views } from '#/trees/boosting/job.ts';
import { leafValue, within, type Limits } from '#/trees/boosting/leaf-value.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import { quantileOf } from '#/trees/objectives/quantile-of.ts';
import type { NewNode } from '#/trees/tree.ts';

/** Gives the leaves of a tree their values, as float32, such that no monotone constraint is broken. */
export function leafValues(
  { settings, columns, layout }: Job,
  { order, scores, target, weights }: Views,
  { params, quantile }: { readonly params: BoostingParams; readonly quantile: number | undefined },
) {
  const isConstrained = columns.some(({ monotone }) => monotone !== 0);

  return (grown: Grown, output: number): void => {
    if (quantile === undefined) {
      for (const leaf of grown.leaves) set(grown, leaf.node, within(leafValue(leaf, settings), leaf));
      return;
    }
    const rowsOf = rangesOf(grown);
    const limits = isConstrained ? quantileLimits(grown, (node) => quantileAt(rowsOf(node), output)) : undefined;
    for (const { node } of grown.leaves) {
      const value = quantileAt(rowsOf(node), output);
      set(grown, node, limits === undefined ? value : within(value, limits[node] as Limits));
    }
  };

  function set(grown: Grown, node: number, value: number): void {
    // Where nothing weighs anything there is nothing to say.
    (grown.nodes[node] as NewNode).value = Math.fround(value * params.learning_rate) || 0;
  }

  /** Of what is left of some rows. */
  function quantileAt([from, to]: readonly [number, number], output: number): number {
    const rows = order.subarray(from, to);
    const left = Float64Array.from(rows, (row) => (target[row] as number) - (scores[output * layout.rows + row] as number));
    return quantileOf(left, weights && Float64Array.from(rows, (row) => weights[row] as number), quantile as number);
  }

  /**
   * As the limits of a tree that is grown by gradients, but between the quantiles of both children, which are far from what gradients would
   * have the leaves say.
   */
  function quantileLimits({ nodes, splits }: Grown, valueOf: (node: number) => number): Limits[] {
    const limits: Limits[] = [{ lowest: Number.NEGATIVE_INFINITY, highest: Number.POSITIVE_INFINITY }];
    splits.forEach((split, node) => {
      if (split === undefined) return;
      const own = limits[node] as Limits;
      const { no } = nodes[node] as NewNode;
      const yes = no + 1;
      const monotone = columns[split.column]?.monotone ?? 0;
      const middle = monotone === 0 ? 0 : (within(valueOf(yes), own) + within(valueOf(no), own)) / 2;
      const [below, above] =
        monotone === 0
          ? [own, own]
          : [
              { ...own, highest: middle },
              { ...own, lowest: middle },
            ];
      limits[yes] = monotone >= 0 ? below : above;
      limits[no] = monotone >= 0 ? above : below;
    });
    return limits;
  }
}

/** Where the rows of each node stand: those of its leaves stand side by side. */
function rangesOf({ nodes, splits, leaves }: Grown): (node: number) => readonly [number, number] {
  const ranges: (readonly [number, number])[] = [];
  for (const { node, from, rows } of leaves) ranges[node] = [from, from + rows];
  // Children stand behind their parents.
  for (let node = nodes.length - 1; node >= 0; node--) {
    if (splits[node] === undefined) continue;
    const { no } = nodes[node] as NewNode;
    const yes = no + 1;
    ranges[node] = [(ranges[yes] as [number, number])[0], (ranges[no] as [number, number])[1]];
  }
  return (node) => ranges[node] as readonly [number, number];
}
