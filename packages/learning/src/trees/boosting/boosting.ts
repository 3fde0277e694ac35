import type { Trainer } from '#/trainer.ts';
import { boost } from '#/trees/boosting/boost.ts';
import { boostingParams, type BoostingParams } from '#/trees/boosting/params.ts';
import { rowWeights, weightedRows } from '#/trees/class-weights.ts';
import { fittedTrees } from '#/trees/tree-model.ts';
import { readParams } from '#/params.ts';

export const boosting: Trainer<BoostingParams> = {
  name: 'boosting',
  title: 'Gradient boosting',
  tasks: ['binary', 'multiclass', 'regression'],
  params: boostingParams,
  space: {
    learning_rate: { kind: 'float', low: 0.01, high: 0.3, log: true },
    num_iterations: { kind: 'int', low: 50, high: 500, log: true },
    num_leaves: { kind: 'int', low: 7, high: 127, log: true },
    min_data_in_leaf: { kind: 'int', low: 5, high: 100, log: true },
    feature_fraction: { kind: 'float', low: 0.4, high: 1 },
    lambda_l2: { kind: 'float', low: 0.001, high: 10, log: true },
  },
  input: 'columns',
  parallel: true,
  train(set, task, given, context) {
    const params = readParams(boosting, given);
    const rows = weightedRows(set, rowWeights(set, task, params.class_weight));
    return fittedTrees(boost(rows, task, params, context));
  },
};
