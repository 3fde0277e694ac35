import type { Attributes } from '#/model/attributes.ts';

/**
 * Where nodes stand in the lists of an ensemble. Nodes are known by the number of their tree and a number in it; those of a tree stand
 * together, its root first.
 */
export class NodePlaces {
  /** The first node of each tree. */
  readonly roots: readonly number[];
  readonly #attributes: Attributes;
  readonly #ids: Float64Array;
  readonly #trees = new Map<number, { readonly start: number; readonly byId: ReadonlyMap<number, number> | undefined }>();

  constructor(attributes: Attributes, trees: Float64Array, ids: Float64Array) {
    this.#attributes = attributes;
    this.#ids = ids;
    const roots: number[] = [];
    for (let start = 0, end = 0; start < trees.length; start = end) {
      const tree = trees[start] ?? 0;
      for (end = start; end < trees.length && trees[end] === tree; end++);
      if (this.#trees.has(tree)) throw attributes.refusal(`the nodes of tree ${tree} do not stand together`);
      this.#trees.set(tree, { start, byId: this.#isCounted(start, end) ? undefined : this.#byId(tree, start, end) });
      roots.push(start);
    }
    this.roots = roots;
  }

  find(tree: number, id: number): number {
    const place = this.#trees.get(tree);
    const counted = (place?.start ?? 0) + id;
    const node = place?.byId === undefined ? (this.#ids[counted] === id ? counted : undefined) : place.byId.get(id);
    if (node === undefined || place === undefined) throw this.#attributes.refusal(`it has no node ${id} in tree ${tree}`);
    return node;
  }

  /** Nearly always the numbers of a tree's nodes are 0, 1, 2 … */
  #isCounted(start: number, end: number): boolean {
    for (let node = start; node < end; node++) if (this.#ids[node] !== node - start) return false;
    return true;
  }

  #byId(tree: number, start: number, end: number): ReadonlyMap<number, number> {
    const byId = new Map<number, number>();
    for (let node = start; node < end; node++) {
      const id = this.#ids[node] ?? 0;
      if (byId.has(id)) throw this.#attributes.refusal(`node ${id} of tree ${tree} is there twice`);
      byId.set(id, node);
    }
    return byId;
  }
}
