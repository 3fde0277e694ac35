import { AppError } from '@mlab/kernel/errors';
import { floats, int, ints, labels, string, strings } from '#/build/attribute.ts';
import type { Flow, GraphBuilder } from '#/build/graph-builder.ts';
import type { Classified } from '#/build/linear.ts';
import type { Attribute } from '#/model/model.ts';
import { roundTowards } from '#/model/float32.ts';
import { MODES, type Mode, type Trees } from '#/trees/trees.ts';

/** Sums (or averages …) of what the leaves of trees say. What `treesOf` reads of it again are these trees. */
export function treeRegressor(graph: GraphBuilder, x: Flow, trees: Trees): Flow {
  const attributes = {
    ...nodesOf(x, trees),
    ...weightsOf(trees, 'target'),
    n_targets: int(trees.targets),
    aggregate_function: string(trees.aggregate),
  };
  const outputs = [{ type: 'float' as const, dims: [trees.targets] }];
  return graph.node('TreeEnsembleRegressor', [x], outputs, { domain: 'ai.onnx.ml', attributes })[0] as Flow;
}

/**
 * The class of the greatest sum. With two classes, weights for the second alone make the score of a boosted model, to which LOGISTIC
 * belongs.
 */
export function treeClassifier(graph: GraphBuilder, x: Flow, trees: Trees): Classified {
  const { classes = [], targets } = trees;
  if (classes.length !== targets || targets < 2)
    throw new AppError('invalid', `There are ${classes.length} classes for ${targets} targets.`);
  if (trees.aggregate !== 'SUM') throw new AppError('invalid', `Of classes weights are summed; ${trees.aggregate} is for regression.`);
  graph.classes(classes);
  const [label, probabilities] = graph.node(
    'TreeEnsembleClassifier',
    [x],
    [
      { type: typeof classes[0] === 'string' ? 'string' : 'int64', dims: [] },
      { type: 'float', dims: [targets] },
    ],
    {
      domain: 'ai.onnx.ml',
      attributes: { ...nodesOf(x, trees), ...weightsOf(trees, 'class'), ...labels(classes, ['classlabels_strings', 'classlabels_int64s']) },
    },
  );
  return { label: label as Flow, probabilities: probabilities as Flow };
}

function nodesOf(x: Flow, trees: Trees): Readonly<Record<string, Attribute | undefined>> {
  const { features, thresholds, modes, yes, no, missingYes, covers, postTransform, baseValues } = trees;
  if (trees.width > (x.dims[0] ?? 0)) throw new AppError('invalid', `The trees look at ${trees.width} features of ${x.dims[0] ?? 0}.`);
  const isLeaf = (node: number): boolean => (features[node] ?? -1) < 0;
  const root = rootsOfNodes(trees);
  const within = (children: Int32Array): Float64Array =>
    Float64Array.from(children, (child, node) => (isLeaf(node) ? 0 : child - (trees.roots[root[node] ?? 0] ?? 0)));
  return {
    nodes_treeids: ints(root),
    nodes_nodeids: ints(root.map((tree, node) => node - (trees.roots[tree] ?? 0))),
    nodes_featureids: ints(features.map((feature) => Math.max(0, feature))),
    nodes_modes: strings(Array.from(modes, (mode, node) => (isLeaf(node) ? 'LEAF' : `BRANCH_${MODES[mode] ?? 'LEQ'}`))),
    nodes_values: floats(thresholds.map((threshold, node) => (isLeaf(node) ? 0 : toFloat32(threshold, MODES[modes[node] ?? 0])))),
    nodes_truenodeids: ints(within(yes)),
    nodes_falsenodeids: ints(within(no)),
    nodes_missing_value_tracks_true: ints(missingYes),
    nodes_hitrates: covers === undefined ? undefined : floats(covers),
    base_values: baseValues.length === 0 ? undefined : floats(baseValues),
    post_transform: string(postTransform),
  };
}

function weightsOf(trees: Trees, prefix: 'class' | 'target'): Readonly<Record<string, Attribute>> {
  const { features, weightStarts, weightTargets, weights, roots } = trees;
  const root = rootsOfNodes(trees);
  const nodes = Int32Array.from(weights);
  for (let node = 0; node < features.length; node++) nodes.fill(node, weightStarts[node], weightStarts[node + 1]);
  return {
    [`${prefix}_treeids`]: ints(nodes.map((node) => root[node] ?? 0)),
    [`${prefix}_nodeids`]: ints(nodes.map((node) => node - (roots[root[node] ?? 0] ?? 0))),
    [`${prefix}_ids`]: ints(weightTargets),
    [`${prefix}_weights`]: floats(weights),
  };
}

/** The number of each node's tree. Trees stand one after another, each with its root first. */
function rootsOfNodes({ roots, features }: Trees): Int32Array {
  const result = new Int32Array(features.length);
  roots.forEach((root, tree) => result.fill(tree, root, roots[tree + 1] ?? features.length));
  return result;
}

/** As float32, such that float32 values fall on the side of it on which they are of the threshold itself. */
function toFloat32(threshold: number, mode: Mode | undefined): number {
  if (mode === 'EQ' || mode === 'NEQ') return Math.fround(threshold);
  return roundTowards(threshold, mode === 'LT' || mode === 'GTE' ? 1 : -1);
}
