/* What trainers learn from, by columns: trees look at one column after another. The arrays may lie in shared memory. */

export interface NumberColumn {
  readonly kind: 'number';
  readonly name: string;
  /** Float32, as what comes into a model is; NaN where there is no value. */
  readonly values: Float32Array;
}

export interface CategoryColumn {
  readonly kind: 'category';
  readonly name: string;
  /** Index in `categories`; -1 where there is no value, or one that is none of them. */
  readonly codes: Int32Array;
  readonly categories: readonly string[];
}

export type MatrixColumn = NumberColumn | CategoryColumn;

export interface Matrix {
  readonly rows: number;
  readonly columns: readonly MatrixColumn[];
}

/** Rows with what is to be learnt of them. */
export interface TrainingSet {
  readonly matrix: Matrix;
  /** The value (regression), or the index of the class (binary, multiclass); of length 0 where nothing is given (clustering, anomaly). */
  readonly target: Float64Array;
  /** Of rows, each ≥ 0; absent: all 1. */
  readonly weights?: Float64Array;
}
