/* What is to be done with each column before a model sees it. All of it has defaults, which look at the training rows. */

export const DATE_PARTS = ['year', 'month', 'day', 'weekday', 'hour', 'is_weekend', 'days'] as const;
/** `weekday` counts from Monday, which is 0; `days` are those since 1970. All in UTC. */
export type DatePart = (typeof DATE_PARTS)[number];

export interface ColumnPlan {
  readonly name: string;
  /**
   * `number`: as it is (a boolean is 0 or 1). `category`: one of some words, one-hot where the form is dense. `ordinal`: a word's place in
   * `order`. `date`: parts of a time. `drop`: left out. `auto`: by the kind of the column.
   */
  readonly use?: 'auto' | 'number' | 'category' | 'ordinal' | 'date' | 'drop' | undefined;
  /**
   * What stands where there is no value. Numbers, dense: `median` unless told otherwise; `none` is for the form of columns only, where it is
   * the default. Categories: `none` (0 in all of their columns, or no category) unless told otherwise; `category`: a column of its own.
   */
  readonly impute?: 'mean' | 'median' | 'most_frequent' | 'constant' | 'category' | 'none' | undefined;
  /** For `constant`: the number, or the word. */
  readonly fill?: number | string | undefined;
  /** Whether a further feature says where there was no value. */
  readonly indicator?: boolean | undefined;
  /** Of numbers. `standard` where the form is dense, else `none`. */
  readonly scale?: 'standard' | 'minmax' | 'robust' | 'none' | undefined;
  /** Numbers beyond are made the bound, before all else. `quantiles`: bounds at these shares of the training rows. */
  readonly clip?:
    | { readonly low?: number | undefined; readonly high?: number | undefined; readonly quantiles?: readonly [number, number] | undefined }
    | undefined;
  /** `log` is sign(x) · ln(1 + |x|). Comes before imputing, clipping and scaling, which are then done in its units. */
  readonly transform?: 'none' | 'log' | 'yeo_johnson' | undefined;
  /** A category of fewer rows is rare: a count, or a share where it is less than 1. */
  readonly minFrequency?: number | undefined;
  /** All but so many most frequent categories are rare. */
  readonly maxCategories?: number | undefined;
  /** For `ordinal`: words from the lowest to the highest; absent: in the order of the alphabet. */
  readonly order?: readonly string[] | undefined;
  readonly parts?: readonly DatePart[] | undefined;
}

export interface PreparingPlan {
  /** For single columns. */
  readonly columns?: readonly ColumnPlan[] | undefined;
  /** For all that say nothing else. */
  readonly defaults?: Omit<ColumnPlan, 'name' | 'use' | 'order' | 'fill'> | undefined;
  /** Whether columns that look like identifiers, and those with a single value, are kept. */
  readonly keepAll?: boolean | undefined;
}

/** What became of a column. */
export interface PreparedColumn {
  readonly name: string;
  readonly use: 'number' | 'category' | 'ordinal' | 'date' | 'drop';
  /** Why, where it was left out. */
  readonly reason?: string | undefined;
  /** How many features of the model come from it. */
  readonly features: number;
}
