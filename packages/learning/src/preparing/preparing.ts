import type { Flow, GraphBuilder } from '@mlab/onnx';
import type { Matrix } from '#/matrix.ts';
import type { PreparedColumn } from '#/preparing/plan.ts';
import type { Table } from '#/table.ts';

/** An input that a model asks its callers for. */
export interface PreparingInput {
  readonly name: string;
  /**
   * `float` of numbers and booleans (NaN: no value), `string` of words (the empty one: no value), `double` of times, which are milliseconds
   * since 1970 (NaN: no value).
   */
  readonly type: 'float' | 'double' | 'string';
  readonly kind: 'number' | 'boolean' | 'text' | 'time';
}

/** What makes features of columns, as it was learnt from training rows. */
export interface Preparing {
  readonly form: 'dense' | 'columns';
  /** What became of each column of the table. */
  readonly columns: readonly PreparedColumn[];
  /** Columns of the table that the model asks for, in their order. */
  readonly inputs: readonly PreparingInput[];
  /** Names of the matrix' columns. */
  readonly features: readonly string[];
  /** Of each feature, the place in `inputs` of what it is made of: importances of features are those of columns thereby. */
  readonly origins: Int32Array;
  /** What the written nodes compute. The table has to have the inputs' columns; others are not looked at. */
  apply(table: Table): Matrix;
  /** Adds inputs and nodes. The flows hold the features in their order: a float flow of k columns, a string flow for one category column. */
  write(graph: GraphBuilder): Flow[];
  /** All of it as JSON, for `preparingFrom`. */
  state(): object;
}
