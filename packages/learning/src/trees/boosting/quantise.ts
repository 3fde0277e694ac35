/*
 * Gradients and hessians as integers of at most 31 bits, as in quantised training (Shi et al., "Quantized training of gradient boosting
 * decision trees", 2022), only with so many bits that no split is found otherwise: LightGBM's own float32 have 24. A hessian's sum stands in
 * the low bits of an int64, the number of rows above it.
 */

const LARGEST = 2 ** 31 - 1;

/** The bit from which on an int64 counts rows. */
export const countBitOf = (rows: number): number => 64 - bitsOf(rows);

const bitsOf = (count: number): number => 32 - Math.clz32(count);

export interface Scales {
  /** How many units of the integers are 1. Powers of two, so that nothing is rounded by them. */
  readonly gradient: number;
  readonly hessian: number;
}

/** For gradients and hessians of no more than these amounts. */
export function scalesFor({ gradient, hessian }: Scales, rows: number): Scales {
  const room = Math.min(LARGEST, 2 ** (64 - 2 * bitsOf(rows)) - 1);
  return { gradient: scale(gradient, LARGEST), hessian: scale(hessian, room) };
}

const scale = (most: number, room: number): number =>
  most > 0 ? 2 ** Math.max(-1000, Math.min(1000, Math.floor(Math.log2(room / most)))) : 1;
