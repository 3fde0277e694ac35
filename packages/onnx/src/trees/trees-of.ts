import { Attributes } from '#/model/attributes.ts';
import type { Model, Node } from '#/model/model.ts';
import { readEnsemble } from '#/trees/read-ensemble.ts';
import { readEnsembleV5 } from '#/trees/read-ensemble-v5.ts';
import type { Trees } from '#/trees/trees.ts';

export interface Ensemble {
  /** The value of the graph that the trees look at: a matrix of features. `compile` can give it as an output. */
  readonly input: string;
  readonly trees: Trees;
}

/** All tree ensembles of a model, in the order of its graph: for explanations such as SHAP, which need the trees themselves. */
export function treesOf({ graph }: Model): readonly Ensemble[] {
  return graph.nodes.flatMap((node) => {
    const trees = treesOfNode(node);
    return trees === undefined ? [] : [{ input: node.inputs[0] ?? '', trees }];
  });
}

export function treesOfNode(node: Node): Trees | undefined {
  if (node.prepared !== undefined) return node.prepared.trees;
  if (node.domain !== 'ai.onnx.ml') return undefined;
  const attributes = new Attributes(node);
  if (node.operator === 'TreeEnsembleClassifier') return readEnsemble(attributes, 'classifier');
  if (node.operator === 'TreeEnsembleRegressor') return readEnsemble(attributes, 'regressor');
  if (node.operator === 'TreeEnsemble') return readEnsembleV5(attributes);
  return undefined;
}
