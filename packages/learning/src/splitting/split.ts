/* How rows are told apart: those that a model learns from, those that it stops by, and those that tell how good it is. */

interface Parts {
  /** Shares of the rows, each between 0 and 1, together less than 1. 0 test rows are allowed: then there are none. */
  readonly test?: number | undefined;
  readonly validation?: number | undefined;
}

export type Split =
  | ({ readonly kind: 'random' } & Parts)
  /** Each class has the same share in each part. For classes only. */
  | ({ readonly kind: 'stratified' } & Parts)
  /** The latest rows are the test. `gap`: so much time before it is left out, in milliseconds (of a column of numbers: in its units). */
  | ({ readonly kind: 'time'; readonly column: string; readonly gap?: number | undefined } & Parts)
  /** Rows with the same value are in one part. */
  | ({ readonly kind: 'group'; readonly column: string } & Parts)
  /** The column says `train`, `validation` or `test`; rows without a word are left out. */
  | { readonly kind: 'column'; readonly column: string };

/** Numbers of rows, ascending. */
export interface SplitRows {
  readonly train: Int32Array;
  readonly test: Int32Array;
  readonly validation?: Int32Array;
}

export type FoldsPlan = {
  /** How many folds, from 2. */
  readonly folds: number;
  /** How often, each time drawn anew. Not by time. */
  readonly repeats?: number | undefined;
} & (
  | { readonly kind: 'random' | 'stratified' }
  | { readonly kind: 'group'; readonly column: string }
  /** Each fold's test is later than what it learns from. */
  | { readonly kind: 'time'; readonly column: string; readonly gap?: number | undefined }
);

export interface Fold {
  readonly repeat: number;
  readonly fold: number;
  readonly train: Int32Array;
  readonly test: Int32Array;
}
