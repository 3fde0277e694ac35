import { Type, type Static } from '@mlab/schema';

const choice = <T extends string>(options: readonly T[], fallback: T, description: string) =>
  Type.Unsafe<T>({ type: 'string', enum: options, default: fallback, description });

export const params = Type.Object(
  {
    hidden_layer_sizes: Type.Union(
      [
        Type.Array(Type.Integer({ minimum: 1, maximum: 4096 }), { minItems: 1, maxItems: 10 }),
        Type.String({ pattern: '^[1-9][0-9]{0,3}([,-][1-9][0-9]{0,3}){0,9}$' }),
      ],
      { default: '64,32', description: 'How many units each hidden layer has: [64, 32], or as text 64,32' },
    ),
    activation: choice(['relu', 'tanh', 'logistic'], 'relu', 'What a hidden unit makes of its sum'),
    solver: choice(['adam', 'sgd'], 'adam', 'How weights are moved'),
    alpha: Type.Number({ default: 1e-4, minimum: 0, maximum: 1e6, description: 'What weights cost: alpha / (2 · rows of a batch) · Σ w²' }),
    batch_size: Type.Integer({ default: 200, minimum: 1, maximum: 100_000, description: 'Rows that weights are moved by together' }),
    learning_rate: choice(
      ['constant', 'adaptive', 'cosine'],
      'constant',
      'adaptive: a fifth after n_iter_no_change / 2 epochs without gain; cosine: down to 0 along half a cosine over max_iter epochs',
    ),
    learning_rate_init: Type.Number({
      default: 0.001,
      exclusiveMinimum: 0,
      maximum: 100,
      description: 'How far weights are moved at first',
    }),
    momentum: Type.Number({ default: 0.9, minimum: 0, exclusiveMaximum: 1, description: 'Of sgd: part of the last move that goes on' }),
    nesterovs_momentum: Type.Boolean({ default: true, description: 'Of sgd: whether it looks ahead' }),
    beta_1: Type.Number({
      default: 0.9,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Of adam: how long the mean of the gradient remembers',
    }),
    beta_2: Type.Number({
      default: 0.999,
      minimum: 0,
      exclusiveMaximum: 1,
      description: 'Of adam: how long the mean of its squares remembers',
    }),
    epsilon: Type.Number({ default: 1e-8, exclusiveMinimum: 0, maximum: 1, description: 'Of adam: keeps it from dividing by 0' }),
    dropout: Type.Number({ default: 0, minimum: 0, maximum: 0.95, description: 'Part of the hidden units that a batch does without' }),
    max_iter: Type.Integer({ default: 200, minimum: 1, maximum: 100_000, description: 'Epochs at most' }),
    early_stopping: Type.Boolean({
      default: true,
      description: 'Where there are rows for validation: ends by their loss, and keeps the weights that were best on them',
    }),
    n_iter_no_change: Type.Integer({ default: 10, minimum: 1, maximum: 100_000, description: 'Epochs without gain after which it ends' }),
    tol: Type.Number({ default: 1e-4, minimum: 0, maximum: 1e6, description: 'What counts as a gain of loss' }),
  },
  { title: 'MlpParams' },
);
export type MlpParams = Static<typeof params>;
