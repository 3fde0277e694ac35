import type { Model } from '@mlab/onnx';

type Node = Model['graph']['nodes'][number];

/** The node of a graph whose scores can be explained, or why there is none. */
export type Explainable = { readonly node: Node; readonly method: 'tree-shap' | 'linear' } | { readonly refusal: string };

const TREES: ReadonlySet<string> = new Set(['TreeEnsembleClassifier', 'TreeEnsembleRegressor', 'TreeEnsemble']);
const LINEAR: ReadonlySet<string> = new Set(['LinearClassifier', 'LinearRegressor']);

/** Trees need the counts of training at their nodes, and linear models the means of what was learnt from. */
export function explainableOf({ graph }: Model, hasProfile: boolean): Explainable {
  const found = graph.nodes.filter(({ domain, operator }) => domain === 'ai.onnx.ml' && (TREES.has(operator) || LINEAR.has(operator)));
  const [node] = found;
  if (node === undefined) return { refusal: 'Only models of trees and linear models can be explained, and its graph has neither.' };
  if (found.length > 1) return { refusal: `Its graph has ${found.length} parts that say something, and only one can be explained.` };
  if (LINEAR.has(node.operator)) {
    return hasProfile
      ? { node, method: 'linear' }
      : { refusal: 'To explain a linear model the means of what it was learnt from are needed, and its files have no profile.json.' };
  }
  if (node.prepared === undefined) {
    const isThere = node.attributes.has('nodes_hitrates') || node.attributes.has('nodes_hitrates_as_tensor');
    return isThere ? { node, method: 'tree-shap' } : UNCOUNTED;
  }
  return isCounted(node.prepared.trees) ? { node, method: 'tree-shap' } : UNCOUNTED;
}

const UNCOUNTED = {
  refusal:
    'Its trees do not say how many rows training counted at their nodes, which SHAP values need: their nodes_hitrates are missing, or say the same of all.',
};

type Trees = NonNullable<Node['prepared']>['trees'];

/** How much of a count may be lost by rounding. */
const TOLERANCE = 1e-3;

/** Whether as many rows go on from each node as came to it. Some converters write 1 everywhere. */
export function isCounted({ covers, features, yes, no }: Trees): boolean {
  if (covers === undefined) return false;
  for (let node = 0; node < features.length; node++) {
    if ((features[node] as number) < 0) continue;
    const [came, went] = [covers[node] as number, (covers[yes[node] as number] as number) + (covers[no[node] as number] as number)];
    if (!(Math.abs(came - went) <= TOLERANCE * Math.abs(came))) return false;
  }
  return true;
}
