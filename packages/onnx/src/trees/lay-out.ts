import type { Attributes } from '#/model/attributes.ts';
import type { Trees } from '#/trees/trees.ts';

/** Trees with their nodes in the order of the file. */
export interface FileTrees {
  readonly roots: readonly number[];
  /** -1 in a leaf. */
  readonly features: Int32Array;
  readonly modes: Uint8Array;
  readonly thresholds: Float32Array | Float64Array;
  readonly yes: Int32Array;
  readonly no: Int32Array;
  readonly missingYes: Uint8Array;
  readonly covers: Float32Array | Float64Array | undefined;
  /** Each weight's leaf, target and value. */
  readonly weightNodes: Int32Array;
  readonly weightTargets: Int32Array;
  readonly weights: Float32Array | Float64Array;
  /** Whether nodes that no root leads to are no mistake. */
  readonly mayHaveLooseNodes: boolean;
}

type Nodes = Pick<
  Trees,
  | 'roots'
  | 'features'
  | 'modes'
  | 'thresholds'
  | 'yes'
  | 'no'
  | 'missingYes'
  | 'covers'
  | 'weightStarts'
  | 'weightTargets'
  | 'weights'
  | 'width'
>;

/** Brings the nodes of each tree into the order of their depth. A cycle, which would be walked for ever, is refused. */
export function layOut(file: FileTrees, attributes: Attributes): Nodes {
  const { order, roots } = byDepth(file, attributes);
  const places = new Int32Array(file.features.length).fill(-1);
  order.forEach((node, place) => (places[node] = place));
  const pick = <T extends Int32Array | Uint8Array | Float64Array>(into: T, from: ArrayLike<number>): T => {
    for (let place = 0; place < order.length; place++) into[place] = from[order[place] ?? 0] ?? 0;
    return into;
  };
  const child = (children: Int32Array): Int32Array => pick(new Int32Array(order.length), children).map((node) => places[node] ?? 0);
  const features = pick(new Int32Array(order.length), file.features);
  return {
    roots: Int32Array.from(roots, (root) => places[root] ?? 0),
    features,
    modes: pick(new Uint8Array(order.length), file.modes),
    thresholds: pick(new Float64Array(order.length), file.thresholds),
    yes: child(file.yes),
    no: child(file.no),
    missingYes: pick(new Uint8Array(order.length), file.missingYes),
    covers: file.covers === undefined ? undefined : pick(new Float64Array(order.length), file.covers),
    ...weightsByLeaf(file, places, features),
    width: features.reduce((widest, feature) => Math.max(widest, feature + 1), 0),
  };
}

function byDepth(file: FileTrees, attributes: Attributes): { order: Int32Array; roots: readonly number[] } {
  refuseCycles(file, attributes);
  const order = new Int32Array(file.features.length);
  const seen = new Uint8Array(order.length);
  let length = 0;
  const add = (node: number): void => {
    if (seen[node] === 1) return;
    seen[node] = 1;
    order[length++] = node;
  };
  for (const root of file.roots) {
    let next = length;
    add(root);
    for (; next < length; next++) {
      const node = order[next] ?? 0;
      if ((file.features[node] ?? -1) < 0) continue;
      add(file.no[node] ?? 0);
      add(file.yes[node] ?? 0);
    }
  }
  if (length < order.length && !file.mayHaveLooseNodes) throw attributes.refusal(`${order.length - length} of its nodes are in no tree`);
  return { order: order.subarray(0, length), roots: file.roots };
}

function refuseCycles({ roots, features, yes, no }: FileTrees, attributes: Attributes): void {
  /** 1 while the way from the root leads through a node, 2 when all below it has been seen. */
  const state = new Uint8Array(features.length);
  const path: number[] = [];
  for (const root of roots) {
    path.push(root);
    for (let node = path.at(-1); node !== undefined; node = path.at(-1)) {
      if (state[node] !== 0) {
        state[node] = 2;
        path.pop();
        continue;
      }
      state[node] = 1;
      if ((features[node] ?? -1) < 0) continue;
      for (const child of [no[node] ?? 0, yes[node] ?? 0]) {
        if (state[child] === 1) throw attributes.refusal('a node of it is its own descendant');
        if (state[child] === 0) path.push(child);
      }
    }
  }
}

/** Weights of leaves, in the order of the leaves; what the file has for other nodes counts for nothing. */
function weightsByLeaf(
  file: FileTrees,
  places: Int32Array,
  features: Int32Array,
): Pick<Trees, 'weightStarts' | 'weightTargets' | 'weights'> {
  const weightStarts = new Int32Array(features.length + 1);
  const leafOf = (weight: number): number => {
    const place = places[file.weightNodes[weight] ?? 0] ?? 0;
    return (features[place] ?? 0) < 0 ? place : -1;
  };
  for (let weight = 0; weight < file.weights.length; weight++) {
    const leaf = leafOf(weight);
    if (leaf >= 0) weightStarts[leaf + 1] = (weightStarts[leaf + 1] ?? 0) + 1;
  }
  for (let place = 0; place < features.length; place++)
    weightStarts[place + 1] = (weightStarts[place + 1] ?? 0) + (weightStarts[place] ?? 0);
  const next = weightStarts.slice();
  const count = weightStarts[features.length] ?? 0;
  const weightTargets = new Int32Array(count);
  const weights = new Float64Array(count);
  for (let weight = 0; weight < file.weights.length; weight++) {
    const leaf = leafOf(weight);
    if (leaf < 0) continue;
    const at = next[leaf] ?? 0;
    next[leaf] = at + 1;
    weightTargets[at] = file.weightTargets[weight] ?? 0;
    weights[at] = file.weights[weight] ?? 0;
  }
  return { weightStarts, weightTargets, weights };
}
