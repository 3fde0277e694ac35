import { CliError } from '../../cli-error.ts';

/** A row as it stands where it comes from. */
export interface SourceRow {
  /** Where it stands, for people: `rows.csv, line 7`. */
  readonly place: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/** Rows as they come, some at a time. */
export interface RowSource {
  /**
   * `cells`: every value is a text, and what it stands for is told by the model. `values`: numbers, texts and truth values, as JSON has them.
   * `typed`: the same, but of columns, and a text may stand for something else, as in cells.
   */
  readonly kind: 'cells' | 'values' | 'typed';
  /** What is known beforehand of each row; undefined: each row says by itself what it has. */
  readonly columns: readonly string[] | undefined;
  readonly batches: AsyncIterable<readonly SourceRow[]>;
}

/** No row of a table is that long: whoever forgets to close a quote shall be told so, instead of filling the memory. */
export const LONGEST_ROW = 4_000_000;

export const badRow = (place: string, problem: string): CliError => new CliError(`${place}: ${problem}`);
