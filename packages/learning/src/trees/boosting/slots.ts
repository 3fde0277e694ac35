interface Owner {
  slot: number;
  readonly split?: { readonly gain: number } | undefined;
}

/** Room for the histograms of leaves. Where there is none left, the leaf with the least to gain loses its own. */
export class Slots {
  readonly #free: number[];

  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, index) => count - 1 - index);
  }

  /** A slot for a leaf; none of those named is made to give up its own. */
  take(leaves: readonly Owner[], ...kept: readonly Owner[]): number {
    if (this.#free.length === 0) {
      const owners = leaves.filter((leaf) => leaf.slot >= 0 && !kept.includes(leaf));
      const [first] = owners.toSorted((a, b) => (a.split?.gain ?? 0) - (b.split?.gain ?? 0));
      if (first !== undefined) this.free(first);
    }
    const slot = this.#free.pop();
    if (slot === undefined) throw new Error('There is no room for another histogram.');
    return slot;
  }

  /** Gives one leaf's slot to another. */
  handOn(from: Owner, to: Owner): void {
    to.slot = from.slot;
    from.slot = -1;
  }

  free(leaf: Owner): void {
    if (leaf.slot >= 0) this.#free.push(leaf.slot);
    leaf.slot = -1;
  }
}
