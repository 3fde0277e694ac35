import { MODES, type Aggregate, type PostTransform, type Trees } from '#/trees/trees.ts';
import type { Random } from './random.ts';

export interface TreeShape {
  readonly trees: number;
  readonly depth: number;
  /** Else trees of different depths stand side by side, also single leaves. */
  readonly even?: boolean;
  readonly features: number;
  readonly targets: number;
  readonly modes: readonly (typeof MODES)[number][];
  /** Chance that NaN goes to the yes child. */
  readonly missing: number;
  /** How many weights a leaf has: one, for one target per tree; or one for each target; or by chance. */
  readonly weights: 'one' | 'all' | 'some' | 'first' | 'second';
  readonly positive?: boolean;
  readonly aggregate?: Aggregate;
  readonly postTransform?: PostTransform;
  readonly baseValues?: readonly number[];
  readonly classes?: readonly string[] | readonly number[];
}

/** Thresholds from a small set, so that inputs from it hit them exactly. */
const THRESHOLDS = [-2, -0.5, -0, 0, 0.1, 0.5, 1, 3, 1e30, -1e30].map(Math.fround);

export function randomTrees(random: Random, shape: TreeShape): Trees {
  const nodes: {
    feature: number;
    mode: number;
    threshold: number;
    yes: number;
    no: number;
    missing: number;
    cover: number;
    tree: number;
  }[] = [];
  const roots: number[] = [];
  for (let tree = 0; tree < shape.trees; tree++) {
    const root = nodes.length;
    roots.push(root);
    const levels = [[root]];
    const add = (): number =>
      nodes.push({ feature: -1, mode: 0, threshold: 0, yes: 0, no: 0, missing: 0, cover: 1 + random.int(100), tree }) - 1;
    add();
    const deepest = shape.even === true || random.chance(0.5) ? shape.depth : random.int(shape.depth + 1);
    for (let depth = 0; depth < deepest; depth++) {
      const next: number[] = [];
      for (const at of levels[depth] ?? []) {
        const node = nodes[at];
        if (node === undefined || (depth > 0 && random.chance(0.2))) continue;
        node.feature = random.int(shape.features);
        node.mode = MODES.indexOf(random.pick(shape.modes));
        node.threshold = random.chance(0.5) ? random.pick(THRESHOLDS) : Math.fround(random.normal());
        node.missing = Number(random.chance(shape.missing));
        node.no = add();
        node.yes = add();
        next.push(node.no, node.yes);
      }
      levels.push(next);
    }
  }
  const weightStarts = [0];
  const weightTargets: number[] = [];
  const weights: number[] = [];
  for (const { feature, tree } of nodes) {
    if (feature < 0) {
      for (const target of targetsOf(random, shape, tree)) {
        weightTargets.push(target);
        weights.push(Math.fround(shape.positive === true ? random.next() / shape.trees : random.normal()));
      }
    }
    weightStarts.push(weights.length);
  }
  return {
    precision: 'float',
    roots: Int32Array.from(roots),
    features: Int32Array.from(nodes, ({ feature }) => feature),
    modes: Uint8Array.from(nodes, ({ mode }) => mode),
    thresholds: Float64Array.from(nodes, ({ threshold }) => threshold),
    yes: Int32Array.from(nodes, ({ yes }) => yes),
    no: Int32Array.from(nodes, ({ no }) => no),
    missingYes: Uint8Array.from(nodes, ({ missing }) => missing),
    covers: Float64Array.from(nodes, ({ cover }) => cover),
    weightStarts: Int32Array.from(weightStarts),
    weightTargets: Int32Array.from(weightTargets),
    weights: Float64Array.from(weights),
    targets: shape.targets,
    baseValues: Float64Array.from(shape.baseValues ?? [], Math.fround),
    aggregate: shape.aggregate ?? 'SUM',
    postTransform: shape.postTransform ?? 'NONE',
    classes: shape.classes,
    width: nodes.reduce((widest, { feature }) => Math.max(widest, feature + 1), 0),
  };
}

function targetsOf(random: Random, { weights, targets }: TreeShape, tree: number): readonly number[] {
  const all = Array.from({ length: targets }, (_, target) => target);
  if (weights === 'all') return all;
  if (weights === 'first' || weights === 'second') return [weights === 'first' ? 0 : 1];
  if (weights === 'one') return [tree % targets];
  const some = all.filter(() => random.chance(0.6));
  return some.length > 0 ? some : [random.int(targets)];
}

const SPECIAL = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 0, 1e38, -1e38, 1.17e-38];

/** Features with all that is hard about numbers: thresholds hit exactly and just missed, NaN, infinities, both zeros. */
export const randomFeatures = (random: Random, count: number, special = 0.15): Float32Array =>
  Float32Array.from({ length: count }, () =>
    random.chance(special) ? random.pick(SPECIAL) : random.chance(0.4) ? random.pick(THRESHOLDS) : random.normal() * 1.5,
  );
