import { Type } from '@mlab/schema';
import { paramsOf } from '#/params.ts';
import { classWeightParam } from '#/trees/boosting/params.ts';

/** Names are those of scikit-learn. */
export const forestParams = paramsOf(
  Type.Object(
    {
      n_estimators: Type.Integer({ minimum: 1, maximum: 10_000, default: 100, description: 'Trees.' }),
      max_features: Type.Union(
        [Type.Literal('auto'), Type.Literal('sqrt'), Type.Literal('log2'), Type.Number({ exclusiveMinimum: 0, maximum: 1 })],
        {
          default: 'auto',
          description:
            'Columns that each node looks at, chosen at random: the square root of all, their logarithm, or a share. auto: sqrt, of regression all.',
        },
      ),
      max_depth: Type.Integer({ minimum: -1, maximum: 1000, default: -1, description: 'How deep a tree may be; 0 or less: no limit.' }),
      min_samples_split: Type.Integer({
        minimum: 2,
        maximum: 1_000_000_000,
        default: 2,
        description: 'Rows of a node that may be split, at least.',
      }),
      min_samples_leaf: Type.Integer({ minimum: 1, maximum: 1_000_000_000, default: 1, description: 'Rows of a leaf at least.' }),
      bootstrap: Type.Boolean({
        default: true,
        description: 'Whether each tree is grown from rows that are drawn with replacement; else from all.',
      }),
      max_samples: Type.Number({ exclusiveMinimum: 0, maximum: 1, default: 1, description: 'How many rows are drawn, as a share of all.' }),
      max_bin: Type.Integer({
        minimum: 2,
        maximum: 255,
        default: 255,
        description: 'Bins of a column at most, with the one for missing values.',
      }),
      class_weight: classWeightParam,
      oob_score: Type.Boolean({
        default: false,
        description: 'Whether each row is judged by the trees that have not seen it (oob_score: accuracy, of regression R²).',
      }),
    },
    { additionalProperties: false },
  ),
);

export type ForestParams = NonNullable<(typeof forestParams)['~type']>;
