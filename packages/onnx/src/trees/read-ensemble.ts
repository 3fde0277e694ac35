import type { Attributes } from '#/model/attributes.ts';
import { layOut, type FileTrees } from '#/trees/lay-out.ts';
import { classesOf } from '#/trees/classes-of.ts';
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
  const features = attributes.ints('nodes_featureids');
  const modes = attributes.strings('nodes_modes');
  const thresholds = floatsOf(attributes, 'nodes_values');
  const weights = floatsOf(attributes, `${prefix}_weights`);
  const lists = { nodes_modes: modes, nodes_values: thresholds } as const;
  for (const [name, list] of Object.entries(lists)) sameLength(attributes, name, list.length, features.length);
  const children = readChildren(attributes, modes);
  const missing = attributes.ints('nodes_missing_value_tracks_true');
  const covers = floatsOf(attributes, 'nodes_hitrates');
  for (const name of ['nodeids', 'treeids', 'ids'])
    sameLength(attributes, `${prefix}_${name}`, attributes.ints(`${prefix}_${name}`).length, weights.length);
  const weightTrees = attributes.ints(`${prefix}_treeids`);
  return {
    roots: children.roots,
    features: Int32Array.from(features, (feature, node) => featureOf(attributes, feature, modes[node] === 'LEAF')),
    modes: Uint8Array.from(modes, (mode) => modeOf(attributes, mode)),
    thresholds,
    yes: children.yes,
    no: children.no,
    missingYes: Uint8Array.from(modes, (_, node) => (missing[node] === 1 ? 1 : 0)),
    covers: covers.length === features.length ? covers : undefined,
    weightNodes: Int32Array.from(attributes.ints(`${prefix}_nodeids`), (id, weight) => children.find(weightTrees[weight] ?? -1, id)),
    weightTargets: Int32Array.from(attributes.ints(`${prefix}_ids`)),
    weights,
  };
}

interface Children {
  readonly roots: readonly number[];
  readonly yes: Int32Array;
  readonly no: Int32Array;
  readonly find: (tree: number, id: number) => number;
}

/** Nodes are known by the number of their tree and a number in it; those of a tree stand together, its root first. */
function readChildren(attributes: Attributes, modes: readonly string[]): Children {
  const trees = attributes.ints('nodes_treeids');
  const ids = attributes.ints('nodes_nodeids');
  const yes = attributes.ints('nodes_truenodeids');
  const no = attributes.ints('nodes_falsenodeids');
  for (const [name, list] of Object.entries({ nodes_treeids: trees, nodes_nodeids: ids, nodes_truenodeids: yes, nodes_falsenodeids: no }))
    sameLength(attributes, name, list.length, modes.length);
  const places = new Map<number, Map<number, number>>();
  const roots: number[] = [];
  for (let node = 0; node < modes.length; node++) {
    const tree = trees[node] ?? 0;
    const id = ids[node] ?? 0;
    if (node === 0 || tree !== trees[node - 1]) {
      if (places.has(tree)) throw attributes.refusal(`the nodes of tree ${tree} do not stand together`);
      places.set(tree, new Map());
      roots.push(node);
    }
    const inTree = places.get(tree);
    if (inTree?.has(id) === true) throw attributes.refusal(`node ${id} of tree ${tree} is there twice`);
    inTree?.set(id, node);
  }
  const find = (tree: number, id: number): number => {
    const node = places.get(tree)?.get(id);
    if (node === undefined) throw attributes.refusal(`it has no node ${id} in tree ${tree}`);
    return node;
  };
  const children = (list: Float64Array): Int32Array =>
    Int32Array.from(list, (id, node) => (modes[node] === 'LEAF' ? 0 : find(trees[node] ?? 0, id)));
  return { roots, yes: children(yes), no: children(no), find };
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

function featureOf(attributes: Attributes, feature: number, isLeaf: boolean): number {
  if (isLeaf) return -1;
  if (feature < 0 || feature > 0x7fffffff) throw attributes.refusal(`a node looks at feature ${feature}`);
  return feature;
}

function modeOf(attributes: Attributes, mode: string): number {
  const index = MODES.findIndex((known) => `BRANCH_${known}` === mode);
  if (index < 0 && mode !== 'LEAF') throw attributes.refusal(`a node has the mode ${mode}`);
  return Math.max(0, index);
}

function oneOf<T extends string>(attributes: Attributes, name: string, known: readonly T[], fallback: T): T {
  const value = attributes.string(name) ?? fallback;
  const found = known.find((one) => one === value);
  if (found === undefined) throw attributes.refusal(`its ${name} is ${value}, and has to be one of ${known.join(', ')}`);
  return found;
}

function sameLength(attributes: Attributes, name: string, length: number, expected: number): void {
  if (length !== expected) throw attributes.refusal(`its ${name} has ${length} entries, and has to have ${expected}`);
}
