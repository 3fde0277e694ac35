import type { Attributes } from '#/model/attributes.ts';
import type { Tensor } from '#/model/model.ts';
import { valuesOf } from '#/model/tensor-values.ts';
import { layOut, type FileTrees } from '#/trees/lay-out.ts';
import { sameLength } from '#/trees/same-length.ts';
import { MODES, type Aggregate, type PostTransform, type Trees } from '#/trees/trees.ts';

const AGGREGATES: readonly Aggregate[] = ['AVERAGE', 'SUM', 'MIN', 'MAX'];
const POST_TRANSFORMS: readonly PostTransform[] = ['NONE', 'SOFTMAX', 'LOGISTIC', 'SOFTMAX_ZERO', 'PROBIT'];
const EQ = MODES.indexOf('EQ');
/** Is the value one of a set? Made a chain of EQ nodes that have the yes child in common. */
const MEMBER = MODES.length;

/** The trees of a TreeEnsemble (ai.onnx.ml 5), whose leaves stand in lists of their own. */
export function readEnsembleV5(attributes: Attributes): Trees {
  const targets = attributes.int('n_targets') ?? 0;
  const file = readNodes(attributes);
  if (targets < 1 || file.weightTargets.some((target) => target < 0 || target >= targets)) {
    throw attributes.refusal(`a weight is for a target that is none of the ${targets}`);
  }
  return {
    precision: file.thresholds instanceof Float64Array ? 'double' : 'float',
    ...layOut(file, attributes),
    targets,
    baseValues: new Float64Array(0),
    aggregate: numbered(attributes, 'aggregate_function', AGGREGATES, 1),
    postTransform: numbered(attributes, 'post_transform', POST_TRANSFORMS, 0),
    classes: undefined,
  };
}

function readNodes(attributes: Attributes): FileTrees {
  const weights = attributes.numbers('leaf_weights');
  const splits = attributes.numbers('nodes_splits');
  if (weights === undefined || splits === undefined) throw attributes.refusal('it has no leaf_weights or no nodes_splits');
  const modes = sameLength(attributes, 'nodes_modes', bytesOf(attributes, attributes.tensor('nodes_modes')), splits.length);
  const sets = setsOf(attributes, modes);
  // Nodes as they are, then the links of chains after the first, then leaves.
  const firstLeaf = splits.length + sets.reduce((sum, set) => sum + Math.max(0, set.length - 1), 0);
  const nodes = emptyNodes(attributes, splits, firstLeaf + weights.length);
  const features = sameLength(attributes, 'nodes_featureids', attributes.ints('nodes_featureids'), splits.length);
  const yesOf = childFinder(attributes, 'true', splits.length, { first: firstLeaf, count: weights.length });
  const noOf = childFinder(attributes, 'false', splits.length, { first: firstLeaf, count: weights.length });
  const missing = attributes.ints('nodes_missing_value_tracks_true');
  const covers = attributes.numbers('nodes_hitrates');
  let link = splits.length;
  for (let node = 0; node < splits.length; node++) {
    const feature = features[node] ?? 0;
    if (feature < 0 || feature > 0x7fffffff) throw attributes.refusal(`a node looks at feature ${feature}`);
    const set = modes[node] === MEMBER ? (sets[node] ?? []) : [splits[node] ?? 0];
    const chain = [node, ...set.slice(1).map(() => link++)];
    chain.forEach((at, index) => {
      nodes.features[at] = feature;
      nodes.modes[at] = modes[node] === MEMBER ? EQ : (modes[node] ?? 0);
      nodes.thresholds[at] = set[index] ?? Number.NaN;
      nodes.yes[at] = yesOf(node);
      nodes.no[at] = chain[index + 1] ?? noOf(node);
      nodes.missingYes[at] = missing[node] === 1 ? 1 : 0;
      if (nodes.covers !== undefined) nodes.covers[at] = covers?.[node] ?? 0;
    });
  }
  return {
    ...nodes,
    roots: rootsOf(attributes, splits.length),
    weightNodes: Int32Array.from(weights, (_, leaf) => firstLeaf + leaf),
    weightTargets: Int32Array.from(sameLength(attributes, 'leaf_targetids', attributes.ints('leaf_targetids'), weights.length)),
    weights,
    mayHaveLooseNodes: true,
  };
}

function emptyNodes(attributes: Attributes, splits: Float32Array | Float64Array, count: number) {
  return {
    features: new Int32Array(count).fill(-1),
    modes: new Uint8Array(count),
    thresholds: splits instanceof Float64Array ? new Float64Array(count) : new Float32Array(count),
    yes: new Int32Array(count),
    no: new Int32Array(count),
    missingYes: new Uint8Array(count),
    covers: attributes.numbers('nodes_hitrates')?.length === splits.length ? new Float64Array(count) : undefined,
  };
}

/** A child is a node or, where the list of leaves says so, a leaf. */
function childFinder(
  attributes: Attributes,
  side: 'true' | 'false',
  count: number,
  leaves: { readonly first: number; readonly count: number },
): (node: number) => number {
  const ids = sameLength(attributes, `nodes_${side}nodeids`, attributes.ints(`nodes_${side}nodeids`), count);
  const isLeaf = sameLength(attributes, `nodes_${side}leafs`, attributes.ints(`nodes_${side}leafs`), count);
  return (node) => {
    const id = ids[node] ?? -1;
    if (!(id >= 0 && id < (isLeaf[node] === 0 ? count : leaves.count))) throw attributes.refusal(`node ${node} has no ${side} child ${id}`);
    return isLeaf[node] === 0 ? id : leaves.first + id;
  };
}

/** A tree that is a single leaf is written as a node whose two children are that leaf. */
const rootsOf = (attributes: Attributes, count: number): readonly number[] =>
  Array.from(attributes.ints('tree_roots'), (root) => {
    if (root < 0 || root >= count) throw attributes.refusal(`it has no node ${root} to be a root`);
    return root;
  });

/** The sets of MEMBER nodes stand one after another, with a NaN after each. */
function setsOf(attributes: Attributes, modes: Uint8Array): readonly (readonly number[])[] {
  const values = attributes.numbers('membership_values') ?? new Float32Array(0);
  let next = 0;
  return Array.from(modes, (mode) => {
    const set: number[] = [];
    if (mode !== MEMBER) return set;
    for (; next < values.length && !Number.isNaN(values[next]); next++) set.push(values[next] ?? 0);
    next++;
    return set;
  });
}

function bytesOf(attributes: Attributes, tensor: Tensor | undefined): Uint8Array {
  const bytes = tensor === undefined ? undefined : valuesOf(tensor);
  if (bytes instanceof Uint8Array && bytes.every((mode) => mode <= MEMBER)) return bytes;
  throw attributes.refusal('its nodes_modes are no list of known modes');
}

function numbered<T>(attributes: Attributes, name: string, known: readonly T[], fallback: number): T {
  const found = known[attributes.int(name) ?? fallback];
  if (found === undefined) throw attributes.refusal(`its ${name} is ${attributes.int(name)}`);
  return found;
}
