import { Type, type Static } from '@mlab/schema';
import { ColumnName } from './training-data.ts';

const DATE_PARTS = ['year', 'month', 'day', 'weekday', 'hour', 'is_weekend', 'days'] as const;
type DatePart = (typeof DATE_PARTS)[number];
const Quantile = Type.Number({ minimum: 0, maximum: 1 });

const Bound = Type.Optional(Type.Number());
const preparing = {
  impute: Type.Optional(
    Type.Unsafe<'mean' | 'median' | 'most_frequent' | 'constant' | 'category' | 'none'>({
      type: 'string',
      enum: ['mean', 'median', 'most_frequent', 'constant', 'category', 'none'],
      description: 'What stands where there is no value. Absent: the median for trainers that take no missing numbers, else nothing',
    }),
  ),
  indicator: Type.Optional(Type.Boolean({ description: 'Whether a further feature says where there was no value' })),
  scale: Type.Optional(
    Type.Unsafe<'standard' | 'minmax' | 'robust' | 'none'>({
      type: 'string',
      enum: ['standard', 'minmax', 'robust', 'none'],
      description: 'Of numbers. Absent: standard for trainers that need it, else none',
    }),
  ),
  clip: Type.Optional(
    Type.Object(
      { low: Bound, high: Bound, quantiles: Type.Optional(Type.Unsafe<readonly [number, number]>(Type.Tuple([Quantile, Quantile]))) },
      { description: 'Numbers beyond are made the bound; quantiles: bounds at these shares of the training rows' },
    ),
  ),
  transform: Type.Optional(
    Type.Unsafe<'none' | 'log' | 'yeo_johnson'>({ type: 'string', enum: ['none', 'log', 'yeo_johnson'], description: 'Of numbers' }),
  ),
  minFrequency: Type.Optional(
    Type.Number({
      minimum: 0,
      description: 'A category of fewer rows is rare, and rare ones are taken together: a count, or a share below 1',
    }),
  ),
  maxCategories: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 100_000, description: 'All but so many most frequent categories are rare' }),
  ),
  parts: Type.Optional(
    Type.Array(Type.Unsafe<DatePart>({ type: 'string', enum: DATE_PARTS }), {
      minItems: 1,
      maxItems: DATE_PARTS.length,
      description: 'Of times. weekday counts from Monday, which is 0; days are those since 1970',
    }),
  ),
};

export const ColumnPlan = Type.Object(
  {
    name: ColumnName,
    use: Type.Optional(
      Type.Unsafe<'auto' | 'number' | 'category' | 'ordinal' | 'date' | 'drop'>({
        type: 'string',
        enum: ['auto', 'number', 'category', 'ordinal', 'date', 'drop'],
        description: 'ordinal: a word is its place in `order`; auto: by the kind of the column',
      }),
    ),
    fill: Type.Optional(Type.Union([Type.Number(), Type.String({ maxLength: 1000 })], { description: 'For impute constant' })),
    order: Type.Optional(
      Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 10_000, description: 'Words from the lowest to the highest' }),
    ),
    ...preparing,
  },
  { title: 'ColumnPlan' },
);

/** What is done with the columns before a trainer sees them. All of it becomes part of the model. */
export const PreprocessingSpec = Type.Object(
  {
    defaults: Type.Optional(Type.Object(preparing, { description: 'For all columns that say nothing else' })),
    columns: Type.Optional(Type.Array(ColumnPlan, { maxItems: 20_000, description: 'For single columns' })),
    keepAll: Type.Optional(Type.Boolean({ description: 'Whether columns that look like identifiers, and those with one value, are kept' })),
  },
  { title: 'Preprocessing', default: {} },
);
export type PreprocessingSpec = Static<typeof PreprocessingSpec>;
