import { readParams } from '#/params.ts';
import type { Trainer } from '#/trainer.ts';
import { rowWeights, weightedRows } from '#/trees/class-weights.ts';
import { growForest } from '#/trees/forest/grow-forest.ts';
import { forestParams, type ForestParams } from '#/trees/forest/params.ts';
import { fittedTrees } from '#/trees/tree-model.ts';

export const forest: Trainer<ForestParams> = {
  name: 'forest',
  title: 'Random forest',
  tasks: ['binary', 'multiclass', 'regression'],
  params: forestParams,
  space: {
    n_estimators: { kind: 'int', low: 50, high: 500, log: true },
    max_features: { kind: 'float', low: 0.1, high: 1 },
    max_depth: { kind: 'int', low: 4, high: 30 },
    min_samples_leaf: { kind: 'int', low: 1, high: 50, log: true },
  },
  input: 'columns',
  parallel: true,
  train(set, task, given, context) {
    const params = readParams(forest, given);
    const rows = weightedRows(set, rowWeights(set, task, params.class_weight));
    return fittedTrees(growForest(rows, task, params, context));
  },
};
