/* How the training rows are distributed: what is kept with a model, to tell later whether the world has changed. Plain JSON. */

export interface NumberProfile {
  readonly kind: 'number' | 'boolean' | 'time';
  readonly name: string;
  readonly count: number;
  readonly missing: number;
  /** Of values that are no numbers (±∞); they are in no statistic. */
  readonly infinite: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly std: number | null;
  /** At 0, 1/k, … 1. */
  readonly quantiles: readonly number[];
  /** Ascending; bin i is from edge i (in it) to edge i + 1 (not in it, except of the last bin). */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
}

export interface TextProfile {
  readonly kind: 'text';
  readonly name: string;
  readonly count: number;
  readonly missing: number;
  readonly distinct: number;
  /** The most frequent words. Long ones are cut, with … at their end. */
  readonly top: readonly { readonly word: string; readonly count: number }[];
  /** Rows of all other words. */
  readonly other: number;
}

export type ColumnProfile = NumberProfile | TextProfile;

export interface Profile {
  readonly version: 1;
  readonly rows: number;
  readonly columns: readonly ColumnProfile[];
  readonly target?: ColumnProfile;
  readonly prediction?: ColumnProfile;
}
