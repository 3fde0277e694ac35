import type { SplitSettings } from '#/trees/boosting/job.ts';

/** Sums of the rows of a leaf, or of a part of it. */
export interface Sums {
  readonly gradient: number;
  readonly hessian: number;
  readonly rows: number;
}

/** Between what the value of a leaf is kept by monotone constraints above it. */
export interface Limits {
  readonly lowest: number;
  readonly highest: number;
}

/** A leaf whose best split is looked for. */
export type Candidate = Sums & Limits;

/** Soft thresholding, by lambda_l1. */
export const shrunk = (gradient: number, l1: number): number =>
  l1 === 0 ? gradient : gradient > l1 ? gradient - l1 : gradient < -l1 ? gradient + l1 : 0;

/** The value of a leaf that makes the loss least, -G / (H + lambda) (Chen and Guestrin, "XGBoost", 2016, equation 5). */
export const leafValue = ({ gradient, hessian }: Sums, { lambdaL1, lambdaL2 }: SplitSettings): number =>
  -shrunk(gradient, lambdaL1) / (hessian + lambdaL2);

export const within = (value: number, { lowest, highest }: Limits): number => (value < lowest ? lowest : value > highest ? highest : value);

/** By how much a leaf of this value, whether or not it is the best one, makes the loss less (twice, as all gains). */
export function highestGain({ gradient, hessian }: Sums, value: number, { lambdaL1, lambdaL2 }: SplitSettings): number {
  return -(2 * shrunk(gradient, lambdaL1) * value + (hessian + lambdaL2) * value * value);
}
