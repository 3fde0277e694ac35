import { denseRows } from '#/arrays/dense.ts';
import { weightsOf } from '#/arrays/weights.ts';
import { classesOf } from '#/linear/logistic.ts';
import { Learning } from '#/network/learning.ts';
import { params, type MlpParams } from '#/network/mlp-params.ts';
import { networkModel } from '#/network/network-model.ts';
import type { Head, Shape } from '#/network/network.ts';
import { sizesOf } from '#/network/hidden-sizes.ts';
import { paramsOf } from '#/params.ts';
import type { Task } from '#/task.ts';
import type { Trainer } from '#/trainer.ts';

/** A network of dense layers, learnt by batches; loss, penalty and start as scikit-learn's MLPClassifier and MLPRegressor. */
export const mlp: Trainer<MlpParams> = {
  name: 'mlp',
  title: 'Neural network',
  tasks: ['binary', 'multiclass', 'regression'],
  params: paramsOf(params),
  space: {
    hidden_layer_sizes: { kind: 'choice', options: ['32', '64', '128', '64,32', '128,64'] },
    activation: { kind: 'choice', options: ['relu', 'tanh'] },
    alpha: { kind: 'float', low: 1e-6, high: 1e-1, log: true },
    batch_size: { kind: 'int', low: 32, high: 512, log: true },
    learning_rate_init: { kind: 'float', low: 1e-4, high: 3e-2, log: true },
    dropout: { kind: 'float', low: 0, high: 0.5 },
  },
  input: 'dense',
  parallel: false,
  train(set, task, given, context) {
    const classes = task.kind === 'regression' ? undefined : classesOf(task);
    const width = set.matrix.columns.length;
    const shape: Shape = {
      sizes: [width, ...sizesOf(given.hidden_layer_sizes), headSizeOf(classes?.length)],
      activation: given.activation,
      head: headOf(task, classes?.length),
    };
    const rows = { x: denseRows(set.matrix), target: set.target, weights: weightsOf(set) };
    const { validation } = context;
    const learning = new Learning(shape, rows, given, {
      context,
      validation:
        validation === undefined
          ? undefined
          : { x: denseRows(validation.matrix), target: validation.target, weights: weightsOf(validation) },
    });
    const { parameters, epochs, warnings } = learning.run();
    return { iterations: epochs, warnings, ...networkModel(shape, parameters, { scale: learning.scale, classes }) };
  },
};

const headSizeOf = (classes = 2): number => (classes === 2 ? 1 : classes);

const headOf = ({ kind }: Task, classes: number | undefined): Head =>
  kind === 'regression' ? 'identity' : classes === 2 ? 'logistic' : 'softmax';
