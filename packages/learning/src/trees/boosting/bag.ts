import { seededRandom } from '#/random.ts';
import { nodeOf, type Grown } from '#/trees/boosting/grow-tree.ts';
import type { BinnedColumn } from '#/trees/boosting/job.ts';
import type { BoostingParams } from '#/trees/boosting/params.ts';
import { choose, stepSeed } from '#/trees/choose.ts';

/** Marks the steps of bags off from those of columns, which have the same seed. */
const BAGS = 0x0ba6_5eed;

/** The rows that trees are grown from: all, or some that are chosen anew now and then (Friedman, "Stochastic gradient boosting", 2002). */
export class Bag {
  readonly #order: Int32Array;
  readonly #count: number;
  readonly #every: number;
  readonly #seed: number;

  constructor(order: Int32Array, { bagging_fraction: fraction, bagging_freq: every }: BoostingParams, seed: number) {
    const isAll = every === 0 || fraction >= 1;
    this.#order = order;
    this.#count = isAll ? order.length : Math.max(1, Math.round(fraction * order.length));
    this.#every = every;
    this.#seed = seed ^ BAGS;
  }

  /** Puts the rows in order, those of the bag first; how many these are. */
  fill(iteration: number): number {
    const order = this.#order;
    if (this.#count === order.length) {
      for (let row = 0; row < order.length; row++) order[row] = row;
      return order.length;
    }
    const chosen = choose(this.#count, order.length, seededRandom(stepSeed(this.#seed, Math.floor(iteration / this.#every))));
    order.set(chosen);
    let [next, behind] = [0, this.#count];
    for (let row = 0; row < order.length; row++) {
      if (chosen[next] === row) next++;
      else order[behind++] = row;
    }
    return this.#count;
  }

  /** Adds what a tree says of each row, in the bag or not. */
  addScores(
    grown: Grown,
    {
      bins,
      columns,
      scores,
    }: { readonly bins: readonly Uint8Array[]; readonly columns: readonly BinnedColumn[]; readonly scores: Float64Array },
  ): void {
    const order = this.#order;
    for (const { node, from, rows } of grown.leaves) {
      const value = grown.nodes[node]?.value ?? 0;
      for (let at = from; at < from + rows; at++) scores[order[at] as number]! += value;
    }
    if (this.#count === order.length) return;
    const lastBins = columns.map((column) => column.bins);
    for (let at = this.#count; at < order.length; at++) {
      const row = order[at] as number;
      scores[row]! += grown.nodes[nodeOf(grown, bins, lastBins, row)]?.value ?? 0;
    }
  }
}
