import type { Attributes } from '#/model/attributes.ts';
import type { Tensor } from '#/model/model.ts';
import { valuesOf } from '#/model/tensor-values.ts';
import { layOut, type FileTrees } from '#/trees/lay-out.ts';
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
  const leafWeights = attributes.numbers('leaf_weights');
  const splits = attributes.numbers('nodes_splits');
  if (leafWeights === undefined || splits === undefined) throw attributes.refusal('it has no leaf_weights or no nodes_splits');
  const modes = bytesOf(attributes, attributes.tensor('nodes_modes'));
  const members = setsOf(attributes, modes);
  // Nodes as they are, then the links of chains after the first, then leaves.
  const firstLink = splits.length;
  const firstLeaf = firstLink + members.reduce((sum, set) => sum + Math.max(0, set.length - 1), 0);
  const count = firstLeaf + leafWeights.length;
  const features = attributes.ints('nodes_featureids');
  const missing = attributes.ints('nodes_missing_value_tracks_true');
  const covers = attributes.numbers('nodes_hitrates');
  const child = (side: 'true' | 'false'): ((node: number) => number) => {
    const ids = attributes.ints(`nodes_${side}nodeids`);
    const leaves = attributes.ints(`nodes_${side}leafs`);
    for (const list of [ids, leaves, features, modes]) {
      if (list.length !== splits.length) throw attributes.refusal('its lists of nodes differ in length');
    }
    return (node) => {
      const id = ids[node] ?? -1;
      const inRange = id >= 0 && id < (leaves[node] === 0 ? splits.length : leafWeights.length);
      if (!inRange) throw attributes.refusal(`node ${node} has no ${side} child ${id}`);
      return leaves[node] === 0 ? id : firstLeaf + id;
    };
  };
  const [yesOf, noOf] = [child('true'), child('false')];
  const file = {
    features: new Int32Array(count).fill(-1),
    modes: new Uint8Array(count),
    thresholds: splits instanceof Float64Array ? new Float64Array(count) : new Float32Array(count),
    yes: new Int32Array(count),
    no: new Int32Array(count),
    missingYes: new Uint8Array(count),
    covers: covers?.length === splits.length ? new Float64Array(count) : undefined,
  };
  let link = firstLink;
  for (let node = 0; node < splits.length; node++) {
    const feature = features[node] ?? 0;
    if (feature < 0 || feature > 0x7fffffff) throw attributes.refusal(`a node looks at feature ${feature}`);
    const set = members[node] ?? [];
    const chain = [node, ...set.slice(1).map(() => link++)];
    chain.forEach((at, index) => {
      file.features[at] = feature;
      file.modes[at] = modes[node] === MEMBER ? EQ : (modes[node] ?? 0);
      file.thresholds[at] = modes[node] === MEMBER ? (set[index] ?? Number.NaN) : (splits[node] ?? 0);
      file.yes[at] = yesOf(node);
      file.no[at] = chain[index + 1] ?? noOf(node);
      file.missingYes[at] = missing[node] === 1 ? 1 : 0;
      if (file.covers !== undefined) file.covers[at] = covers?.[node] ?? 0;
    });
  }
  const targets = attributes.ints('leaf_targetids');
  if (targets.length !== leafWeights.length) throw attributes.refusal('its lists of leaves differ in length');
  return {
    ...file,
    roots: Array.from(attributes.ints('tree_roots'), (root) => {
      if (root < 0 || root >= splits.length) throw attributes.refusal(`it has no node ${root} to be a root`);
      // A tree that is a single leaf is written as a node whose two children are that leaf.
      return root;
    }),
    weightNodes: Int32Array.from(leafWeights, (_, leaf) => firstLeaf + leaf),
    weightTargets: Int32Array.from(targets),
    weights: leafWeights,
    mayHaveLooseNodes: true,
  };
}

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
