import { Type } from '@mlab/schema';
import { paramsOf } from '#/params.ts';

const share = (value: number, description: string) => Type.Number({ exclusiveMinimum: 0, maximum: 1, default: value, description });
const least = (minimum: number, value: number, description: string) => Type.Number({ minimum, default: value, description });
const count = (minimum: number, maximum: number, value: number, description: string) =>
  Type.Integer({ minimum, maximum, default: value, description });

export const classWeightParam = Type.Union(
  [Type.Literal('none'), Type.Literal('balanced'), Type.Record(Type.String(), Type.Number({ minimum: 0 }))],
  {
    default: 'none',
    description: 'What rows of each class count for: all the same, each class the same (balanced), or a weight by class.',
  },
);

/** Names are those of LightGBM, where it has them. */
export const boostingParams = paramsOf(
  Type.Object(
    {
      objective: Type.Union(
        [Type.Literal('regression'), Type.Literal('regression_l1'), Type.Literal('quantile'), Type.Literal('poisson')],
        {
          default: 'regression',
          description:
            'What a regression makes least: the squared error, the absolute error, the quantile loss, the deviance of counts. Classification makes the log loss least.',
        },
      ),
      alpha: Type.Number({ exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.9, description: 'The quantile of objective quantile.' }),
      poisson_max_delta_step: Type.Number({
        exclusiveMinimum: 0,
        maximum: 10,
        default: 0.7,
        description: 'Keeps the steps of objective poisson short.',
      }),
      num_iterations: count(1, 100_000, 100, 'Trees, or with more than two classes trees of each class.'),
      learning_rate: share(0.1, 'What share of what it would say a tree says.'),
      grow_policy: Type.Union([Type.Literal('lossguide'), Type.Literal('depthwise')], {
        default: 'lossguide',
        description: 'Which leaf is split next: the one with the most to gain, or the one that is least deep.',
      }),
      num_leaves: count(2, 10_000, 31, 'Leaves of a tree at most.'),
      max_depth: Type.Integer({
        minimum: -1,
        maximum: 1000,
        default: -1,
        description: 'How deep a tree may be; 0 or less: as deep as its leaves allow.',
      }),
      min_data_in_leaf: count(0, 1_000_000_000, 20, 'Rows of a leaf at least.'),
      min_sum_hessian_in_leaf: least(
        0,
        0.001,
        'Sum of the hessians of a leaf at least; for squared error these are the weights of its rows.',
      ),
      lambda_l1: least(0, 0, 'L1 penalty on what leaves say.'),
      lambda_l2: least(0, 0, 'L2 penalty on what leaves say.'),
      min_gain_to_split: least(0, 0, 'What a split must gain at least.'),
      feature_fraction: share(1, 'Share of the columns that each tree may look at, chosen at random.'),
      bagging_fraction: share(1, 'Share of the rows that trees are grown from, chosen at random, where bagging_freq is not 0.'),
      bagging_freq: count(0, 100_000, 0, 'After how many iterations other rows are chosen; 0: always all rows.'),
      max_bin: count(2, 255, 255, 'Bins of a column at most, with the one for missing values.'),
      min_data_in_bin: count(1, 1_000_000, 3, 'Rows of a bin at least, where there are few distinct values.'),
      max_cat_to_onehot: count(
        0,
        255,
        4,
        'Category columns of so many categories or fewer may also be split into one category and all others.',
      ),
      cat_smooth: least(0, 10, 'Draws rare categories to the middle of the order in which they are split.'),
      monotone_constraints: Type.Record(Type.String(), Type.Union([Type.Literal(-1), Type.Literal(0), Type.Literal(1)]), {
        default: {},
        description: 'By name of a number column: 1 where what is predicted must not fall when it rises, -1 where it must not rise.',
      }),
      class_weight: classWeightParam,
      early_stopping_round: count(
        0,
        100_000,
        0,
        'Ends when the loss of the validation rows has not become less for so many iterations, and keeps the best; 0: never.',
      ),
      early_stopping_min_delta: least(0, 0, 'By how much it has to become less.'),
      boost_from_average: Type.Boolean({
        default: true,
        description: 'Whether the first tree begins from what is best to say of all rows; else from 0.',
      }),
    },
    { additionalProperties: false },
  ),
);

export type BoostingParams = NonNullable<(typeof boostingParams)['~type']>;
