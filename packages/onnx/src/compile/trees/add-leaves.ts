import type { Trees } from '#/trees/trees.ts';

/** What the trees say of one row: the sum (or minimum, or maximum) for each target, and whether any leaf said anything of it. */
export interface Scores {
  readonly values: Float32Array | Float64Array;
  readonly has: Uint8Array;
}

/** Of the leaves of one of several rows. */
export type LeafAdder = (leaves: Int32Array, row: number, scores: Scores) => void;

/** Adds in the order of the trees, rounded after each as ONNX Runtime does on one thread. */
export function leafAdder(trees: Trees, prepared?: LeafWeights): LeafAdder {
  const { aggregate, targets } = trees;
  const count = trees.roots.length;
  if (aggregate === 'MIN' || aggregate === 'MAX') return (leaves, row, scores) => extreme(trees, leaves, row * count, scores);
  const single = prepared ?? leafWeights(trees);
  if (single === undefined) return (leaves, row, scores) => addAll(trees, leaves, row * count, scores);
  const add = targets === 1 ? addOne : addSingle;
  return (leaves, row, scores) => add(single, leaves, row * count, (row + 1) * count, scores);
}

/** Where every leaf has exactly one weight: these by node. */
export interface LeafWeights {
  readonly values: Float32Array | Float64Array;
  readonly targets: Int32Array;
}

export function leafWeights({ precision, features, weightStarts, weightTargets, weights }: Trees): LeafWeights | undefined {
  const values = precision === 'double' ? new Float64Array(features.length) : new Float32Array(features.length);
  const targets = new Int32Array(features.length);
  for (let node = 0; node < features.length; node++) {
    const start = weightStarts[node] ?? 0;
    if ((features[node] ?? 0) >= 0) continue;
    if (weightStarts[node + 1] !== start + 1) return undefined;
    values[node] = weights[start] ?? 0;
    targets[node] = weightTargets[start] ?? 0;
  }
  return { values, targets };
}

function addOne({ values }: LeafWeights, leaves: Int32Array, from: number, to: number, scores: Scores): void {
  const sums = scores.values;
  sums.fill(0);
  for (let at = from; at < to; at++) sums[0] = (sums[0] as number) + (values[leaves[at] as number] as number);
  scores.has[0] = 1;
}

function addSingle({ values, targets }: LeafWeights, leaves: Int32Array, from: number, to: number, { values: sums, has }: Scores): void {
  sums.fill(0);
  has.fill(0);
  for (let at = from; at < to; at++) {
    const leaf = leaves[at] as number;
    const target = targets[leaf] as number;
    sums[target] = (sums[target] as number) + (values[leaf] as number);
    has[target] = 1;
  }
}

function addAll(
  { roots, weightStarts, weightTargets, weights }: Trees,
  leaves: Int32Array,
  from: number,
  { values: sums, has }: Scores,
): void {
  sums.fill(0);
  has.fill(0);
  for (let at = from; at < from + roots.length; at++) {
    const leaf = leaves[at] as number;
    const end = weightStarts[leaf + 1] as number;
    for (let weight = weightStarts[leaf] as number; weight < end; weight++) {
      const target = weightTargets[weight] as number;
      sums[target] = (sums[target] as number) + (weights[weight] as number);
      has[target] = 1;
    }
  }
}

function extreme(trees: Trees, leaves: Int32Array, from: number, { values, has }: Scores): void {
  const { roots, aggregate, weightStarts, weightTargets, weights } = trees;
  values.fill(0);
  has.fill(0);
  for (let at = from; at < from + roots.length; at++) {
    const leaf = leaves[at] as number;
    for (let weight = weightStarts[leaf] ?? 0; weight < (weightStarts[leaf + 1] ?? 0); weight++) {
      const target = weightTargets[weight] ?? 0;
      const value = weights[weight] ?? 0;
      const kept = values[target] ?? 0;
      if (has[target] === 0 || (aggregate === 'MIN' ? value < kept : value > kept)) values[target] = value;
      has[target] = 1;
    }
  }
}
