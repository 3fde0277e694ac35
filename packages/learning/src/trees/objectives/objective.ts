import type { Scales } from '#/trees/boosting/quantise.ts';

export type ObjectiveKind =
  | { readonly name: 'binary' | 'squared' | 'absolute' }
  | { readonly name: 'quantile'; readonly alpha: number }
  | { readonly name: 'poisson'; readonly maxDeltaStep: number }
  | { readonly name: 'multiclass'; readonly classes: number };

/** What rows are, and what the trees say of them so far. */
export interface Rows {
  readonly target: Float64Array;
  readonly weights: Float64Array | undefined;
  /** One output after another, each of all rows. */
  readonly scores: Float64Array;
}

export interface Part {
  readonly from: number;
  readonly to: number;
  readonly scales: Scales;
}

/** A loss to be made less. */
export interface Objective {
  /** What to say of all rows before the first tree, for each output. */
  start(rows: Rows): Float64Array;
  /** The greatest amounts that gradients and hessians may have now. */
  limits(rows: Rows): Scales;
  /** Writes gradient and hessian of the loss by the score, as integers, for some rows: two for each row, one output after another. */
  write(rows: Rows, part: Part, into: Int32Array): void;
  /** The mean loss. */
  loss(rows: Rows): number;
  /** Where leaves say a quantile of what is left, which: a step by gradients would not get there. */
  readonly quantile?: number;
}

/** As an integer of so many units, at least 1 for hessians: a leaf with rows has one. */
export const units = (value: number, scale: number): number => Math.floor(value * scale + 0.5);
export const positiveUnits = (value: number, scale: number): number => Math.max(1, Math.floor(value * scale + 0.5));

export const weightOf = (weights: Float64Array | undefined, row: number): number => (weights === undefined ? 1 : (weights[row] as number));

export const largest = (values: Float64Array | undefined): number =>
  values === undefined ? 1 : values.reduce((most, value) => Math.max(most, value), 0);

export function weightedMean(rows: Pick<Rows, 'target' | 'weights'>, of: (row: number) => number): number {
  let [sum, weight] = [0, 0];
  for (let row = 0; row < rows.target.length; row++) {
    const one = weightOf(rows.weights, row);
    sum += one * of(row);
    weight += one;
  }
  return sum / weight;
}
