import type { Attributes } from '#/model/attributes.ts';
import { layOut, type FileTrees } from '#/trees/lay-out.ts';
import { NodePlaces } from '#/trees/node-places.ts';
import { classesOf } from '#/trees/classes-of.ts';
import { sameLength } from '#/trees/same-length.ts';
import { MODES, type Aggregate, type PostTransform, type Trees } from '#/trees/trees.ts';

const AGGREGATES: readonly Aggregate[] = ['SUM', 'AVERAGE', 'MIN', 'MAX'];
const POST_TRANSFORMS: readonly PostTransform[] = ['NONE', 'LOGISTIC', 'SOFTMAX', 'SOFTMAX_ZERO', 'PROBIT'];

/** The trees of a TreeEnsembleClassifier or a TreeEnsembleRegressor (ai.onnx.ml 1 to 3). */
export function readEnsemble(attributes: Attributes, kind: 'classifier' | 'regressor'): Trees {
  const prefix = kind === 'classifier' ? 'class' : 'target';
  const classes = kind === 'classifier' ? classesOf(attributes, 'classlabels_int64s') : undefined;
  const targets = classes?.length ?? attributes.int('n_targets') ?? 0;
  const file = readNodes(attributes, prefix);
  const { weightTargets } = file;
  if (targets < 1) throw attributes.refusal(`it has ${targets} ${classes === undefined ? 'targets' : 'classes'}`);
  if (targets > 1 && weightTargets.some((target) => target < 0 || target >= targets)) {
    throw attributes.refusal(`a weight is for a ${prefix} that is none of the ${targets}`);
  }
  const baseValues = Float64Array.from(floatsOf(attributes, 'base_values'));
  return {
    precision: file.thresholds instanceof Float64Array ? 'double' : 'float',
    ...layOut(targets === 1 ? withUniqueWeights(file) : file, attributes),
    targets,
    baseValues,
    aggregate: oneOf(attributes, 'aggregate_function', AGGREGATES, 'SUM'),
    postTransform: oneOf(attributes, 'post_transform', POST_TRANSFORMS, 'NONE'),
    classes,
  };
}

function readNodes(attributes: Attributes, prefix: string): FileTrees {
  const modes = attributes.strings('nodes_modes');
  const count = modes.length;
  const ints = (name: string): Float64Array => sameLength(attributes, name, attributes.ints(name), count);
  const trees = ints('nodes_treeids');
  const thresholds = sameLength(attributes, 'nodes_values', floatsOf(attributes, 'nodes_values'), count);
  const weights = floatsOf(attributes, `${prefix}_weights`);
  const ofWeights = (name: string): Float64Array => sameLength(attributes, name, attributes.ints(name), weights.length);
  const places = new NodePlaces(attributes, trees, ints('nodes_nodeids'));
  const isLeaf = Uint8Array.from(modes, (mode) => (mode === 'LEAF' ? 1 : 0));
  const missing = attributes.ints('nodes_missing_value_tracks_true');
  const covers = floatsOf(attributes, 'nodes_hitrates');
  const weightTrees = ofWeights(`${prefix}_treeids`);
  const weightNodes = new Int32Array(weights.length);
  ofWeights(`${prefix}_nodeids`).forEach((id, weight) => (weightNodes[weight] = places.find(weightTrees[weight] ?? 0, id)));
  return {
    roots: places.roots,
    features: featuresOf(attributes, ints('nodes_featureids'), isLeaf),
    modes: modesOf(attributes, modes),
    thresholds,
    yes: childrenOf(places, trees, ints('nodes_truenodeids'), isLeaf),
    no: childrenOf(places, trees, ints('nodes_falsenodeids'), isLeaf),
    missingYes: new Uint8Array(count).map((_, node) => (missing[node] === 1 ? 1 : 0)),
    covers: covers.length === count ? covers : undefined,
    weightNodes,
    weightTargets: Int32Array.from(ofWeights(`${prefix}_ids`)),
    weights,
    mayHaveLooseNodes: false,
  };
}

/** Of each node, where its child stands; 0 of a leaf. */
function childrenOf(places: NodePlaces, trees: Float64Array, ids: Float64Array, isLeaf: Uint8Array): Int32Array {
  const children = new Int32Array(ids.length);
  for (let node = 0; node < ids.length; node++) if (isLeaf[node] === 0) children[node] = places.find(trees[node] ?? 0, ids[node] ?? 0);
  return children;
}

/** ONNX Runtime gives a single target the first weight of a leaf only, and one without a weight the leaf's own value. */
function withUniqueWeights(file: FileTrees): FileTrees {
  const { features, thresholds, weights } = file;
  const weightNodes: number[] = [];
  const own = thresholds.slice();
  const weighed = new Uint8Array(features.length);
  file.weightNodes.forEach((node, weight) => {
    if (weighed[node] === 0) own[node] = weights[weight] ?? 0;
    weighed[node] = 1;
  });
  features.forEach((feature, node) => feature < 0 && weightNodes.push(node));
  const values = weightNodes.map((node) => own[node] ?? 0);
  return {
    ...file,
    weightNodes: Int32Array.from(weightNodes),
    weightTargets: new Int32Array(weightNodes.length),
    weights: thresholds instanceof Float64Array ? Float64Array.from(values) : Float32Array.from(values),
  };
}

/** Some lists may be given as a tensor instead, which may have doubles. */
const floatsOf = (attributes: Attributes, name: string): Float32Array | Float64Array => {
  const floats = attributes.floats(name);
  return floats.length > 0 ? floats : (attributes.numbers(`${name}_as_tensor`) ?? floats);
};

function featuresOf(attributes: Attributes, ids: Float64Array, isLeaf: Uint8Array): Int32Array {
  const features = new Int32Array(ids.length);
  for (let node = 0; node < ids.length; node++) {
    const id = isLeaf[node] === 1 ? -1 : (ids[node] ?? 0);
    if (isLeaf[node] === 0 && (id < 0 || id > 0x7fffffff)) throw attributes.refusal(`a node looks at feature ${id}`);
    features[node] = id;
  }
  return features;
}

function modesOf(attributes: Attributes, names: readonly string[]): Uint8Array {
  const modes = new Map([['LEAF', 0], ...MODES.map((mode, index) => [`BRANCH_${mode}`, index] as const)]);
  const result = new Uint8Array(names.length);
  names.forEach((name, node) => {
    const mode = modes.get(name);
    if (mode === undefined) throw attributes.refusal(`a node has the mode ${name}`);
    result[node] = mode;
  });
  return result;
}

function oneOf<T extends string>(attributes: Attributes, name: string, known: readonly T[], fallback: T): T {
  const value = attributes.string(name) ?? fallback;
  const found = known.find((one) => one === value);
  if (found === undefined) throw attributes.refusal(`its ${name} is ${value}, and has to be one of ${known.join(', ')}`);
  return found;
}
