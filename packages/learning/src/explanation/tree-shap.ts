import { AppError } from '@mlab/kernel/errors';
import type { Trees } from '@mlab/onnx';
import { yesChild } from '#/explanation/yes-child.ts';

/** What each feature adds to what trees say of a row. For each target, `features` numbers one after another, and `base[target]`. */
export interface Contributions {
  readonly features: number;
  readonly targets: number;
  readonly values: Float64Array;
  /** What the trees say on average, by what training counted at their nodes. */
  readonly base: Float64Array;
}

/**
 * Exact Shapley values of trees, dependent on their paths: Algorithm 2 of Lundberg, Erion and Lee, Consistent individualized feature
 * attribution for tree ensembles (2018), O(leaves × depth²) for each tree. What is explained is the sum before the post transform; base plus
 * contributions is that sum. Each row that training counted at a node weighs the same, as in LightGBM's `pred_contrib` and in
 * `shap.TreeExplainer` with `feature_perturbation="tree_path_dependent"`.
 */
export function treeShap(trees: Trees, row: ArrayLike<number>, features = Math.max(trees.width, row.length)): Contributions {
  const { covers, targets, aggregate, roots, baseValues } = trees;
  if (covers === undefined) throw new AppError('invalid', 'The trees do not say how many rows training counted at their nodes.');
  if (aggregate !== 'SUM' && aggregate !== 'AVERAGE')
    throw new AppError('invalid', `Shapley values are of sums, and these trees say ${aggregate}.`);
  if (row.length < trees.width) throw new AppError('invalid', `The trees look at ${trees.width} features, and the row has ${row.length}.`);
  const values = new Float64Array(targets * features);
  const base = new Float64Array(targets);
  const walk = new Walk({ ...trees, covers }, row, { values, features });
  for (const root of roots) {
    walk.down(root);
    addAverage({ ...trees, covers }, root, base);
  }
  if (aggregate === 'AVERAGE') {
    for (let at = 0; at < values.length; at++) values[at] = (values[at] as number) / roots.length;
    for (let target = 0; target < targets; target++) base[target] = (base[target] as number) / roots.length;
  }
  baseValues.forEach((value, target) => target < targets && (base[target] = (base[target] as number) + value));
  return { features, targets, values, base };
}

type CountedTrees = Trees & { readonly covers: Float64Array };

/** The share of what came to a node that went on to a child. */
const shareOf = ({ covers }: CountedTrees, child: number, node: number): number =>
  (covers[node] as number) === 0 ? 0 : (covers[child] as number) / (covers[node] as number);

function addAverage(trees: CountedTrees, root: number, base: Float64Array): void {
  const open: { readonly node: number; readonly share: number }[] = [{ node: root, share: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, share } = next;
    if ((trees.features[node] as number) < 0) {
      for (let at = trees.weightStarts[node] as number; at < (trees.weightStarts[node + 1] as number); at++) {
        const target = trees.weightTargets[at] as number;
        base[target] = (base[target] as number) + share * (trees.weights[at] as number);
      }
    } else
      for (const child of [trees.yes[node] as number, trees.no[node] as number])
        open.push({ node: child, share: share * shareOf(trees, child, node) });
  }
}

/**
 * The features on the way to a node, each once: the share of the rows that go the way where the feature is not known (`zeros`), whether this
 * row goes it (`ones`), and of how many sets of features of each size the way is (`weights`). Each level copies those of the level above.
 */
class Walk {
  readonly #trees: CountedTrees;
  readonly #row: ArrayLike<number>;
  readonly #into: { readonly values: Float64Array; readonly features: number };
  #features = new Int32Array(64);
  #zeros = new Float64Array(64);
  #ones = new Float64Array(64);
  #weights = new Float64Array(64);

  constructor(trees: CountedTrees, row: ArrayLike<number>, into: { readonly values: Float64Array; readonly features: number }) {
    this.#trees = trees;
    this.#row = row;
    this.#into = into;
  }

  down(root: number): void {
    this.#visit({ node: root, start: 0, length: 0, zero: 1, one: 1, feature: -1 });
  }

  #visit({ node, start, length, zero, one, feature }: Step): void {
    this.#makeRoom(start + 2 * length + 4);
    this.#extend(start, length, { zero, one, feature });
    const { features, yes, no } = this.#trees;
    const split = features[node] as number;
    if (split < 0) {
      this.#addLeaf(node, start, length + 1);
      return;
    }
    const hot = yesChild(this.#trees, node, this.#row[split] as number) ? (yes[node] as number) : (no[node] as number);
    let [count, hotZero, hotOne] = [length + 1, 1, 1];
    for (let at = 1; at < count; at++) {
      if (this.#features[start + at] !== split) continue;
      // A feature that is met again counts once, with both conditions.
      [hotZero, hotOne] = [this.#zeros[start + at] as number, this.#ones[start + at] as number];
      this.#unwind(start, count, at);
      count--;
      break;
    }
    for (const child of [yes[node] as number, no[node] as number]) {
      const [shareOfRows, isTaken] = [hotZero * shareOf(this.#trees, child, node), child === hot ? hotOne : 0];
      // Nobody comes here, with or without the feature.
      if (shareOfRows === 0 && isTaken === 0) continue;
      const to = start + count;
      for (const part of [this.#features, this.#zeros, this.#ones, this.#weights]) part.copyWithin(to, start, to);
      this.#visit({
        node: child,
        start: to,
        length: count,
        zero: shareOfRows,
        one: isTaken,
        feature: split,
      });
    }
  }

  /** Lets the sets of features grow by one that is on the way. */
  #extend(start: number, length: number, { zero, one, feature }: Omit<Step, 'node' | 'start' | 'length'>): void {
    const weights = this.#weights;
    this.#features[start + length] = feature;
    this.#zeros[start + length] = zero;
    this.#ones[start + length] = one;
    weights[start + length] = length === 0 ? 1 : 0;
    for (let at = length - 1; at >= 0; at--) {
      const weight = weights[start + at] as number;
      weights[start + at + 1] = (weights[start + at + 1] as number) + (one * weight * (at + 1)) / (length + 1);
      weights[start + at] = (zero * weight * (length - at)) / (length + 1);
    }
  }

  /** Takes the feature at a place away again. */
  #unwind(start: number, count: number, place: number): void {
    const [zero, one] = [this.#zeros[start + place] as number, this.#ones[start + place] as number];
    const weights = this.#weights;
    let next = weights[start + count - 1] as number;
    for (let at = count - 2; at >= 0; at--) {
      const weight = weights[start + at] as number;
      if (one === 0) weights[start + at] = (weight * count) / (zero * (count - 1 - at));
      else {
        weights[start + at] = (next * count) / ((at + 1) * one);
        next = weight - ((weights[start + at] as number) * zero * (count - 1 - at)) / count;
      }
    }
    for (let at = start + place; at < start + count - 1; at++) {
      this.#features[at] = this.#features[at + 1] as number;
      this.#zeros[at] = this.#zeros[at + 1] as number;
      this.#ones[at] = this.#ones[at + 1] as number;
    }
  }

  /** The sum of weights that there were without the feature at a place. */
  #sumWithout(start: number, count: number, place: number): number {
    const [zero, one] = [this.#zeros[start + place] as number, this.#ones[start + place] as number];
    const weights = this.#weights;
    let next = weights[start + count - 1] as number;
    let sum = 0;
    for (let at = count - 2; at >= 0; at--) {
      if (one === 0) sum += ((weights[start + at] as number) * count) / (zero * (count - 1 - at));
      else {
        const part = (next * count) / ((at + 1) * one);
        sum += part;
        next = (weights[start + at] as number) - (part * zero * (count - 1 - at)) / count;
      }
    }
    return sum;
  }

  #addLeaf(node: number, start: number, count: number): void {
    const { weightStarts, weightTargets, weights } = this.#trees;
    const { values, features } = this.#into;
    for (let place = 1; place < count; place++) {
      const share =
        this.#sumWithout(start, count, place) * ((this.#ones[start + place] as number) - (this.#zeros[start + place] as number));
      for (let at = weightStarts[node] as number; at < (weightStarts[node + 1] as number); at++) {
        const to = (weightTargets[at] as number) * features + (this.#features[start + place] as number);
        values[to] = (values[to] as number) + share * (weights[at] as number);
      }
    }
  }

  #makeRoom(length: number): void {
    if (length <= this.#weights.length) return;
    const grown = <T extends Int32Array | Float64Array>(from: T, to: T): T => (to.set(from), to);
    const size = 2 * length;
    this.#features = grown(this.#features, new Int32Array(size));
    this.#zeros = grown(this.#zeros, new Float64Array(size));
    this.#ones = grown(this.#ones, new Float64Array(size));
    this.#weights = grown(this.#weights, new Float64Array(size));
  }
}

interface Step {
  readonly node: number;
  /** Where the features on the way to the node stand, and how many there are above it. */
  readonly start: number;
  readonly length: number;
  readonly zero: number;
  readonly one: number;
  readonly feature: number;
}
