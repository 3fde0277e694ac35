export const TASKS = ['binary', 'multiclass', 'regression', 'clustering', 'anomaly'] as const;
export type TaskKind = (typeof TASKS)[number];

/** What a model answers. */
export type Task =
  | { readonly kind: 'binary' | 'multiclass'; readonly classes: readonly string[] | readonly number[] }
  | { readonly kind: 'regression' | 'clustering' | 'anomaly' };
