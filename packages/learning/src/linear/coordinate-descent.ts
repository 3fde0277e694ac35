/** Least squares that costs something for each coefficient: ½ uᵀGu − qᵀu + Σ l1 |u| + ½ Σ l2 u². */
export interface Penalized {
  /** Both by column. */
  readonly l1: Float64Array;
  readonly l2: Float64Array;
}

/** Moves each coefficient in turn to where it is best; those whose column says nothing stay 0. Gives the greatest move, in deviations of the column. */
export type Sweep = (u: Float64Array) => number;

/** On second moments (Friedman, Hastie and Tibshirani 2010, "covariance updates"): a sweep costs p², however many rows there are. */
export function sweepMoments(products: Float64Array, withTarget: Float64Array, { l1, l2 }: Penalized): Sweep {
  const width = withTarget.length;
  const fitted = new Float64Array(width);
  return (u) => {
    let greatest = 0;
    for (let column = 0; column < width; column++) {
      const own = products[column * width + column] as number;
      if (own === 0) continue;
      const before = u[column] as number;
      const pull = (withTarget[column] as number) - (fitted[column] as number) + own * before;
      const after = softened(pull, l1[column] as number) / (own + (l2[column] as number));
      const change = after - before;
      if (change === 0) continue;
      u[column] = after;
      greatest = Math.max(greatest, Math.abs(change));
      for (let other = 0, at = column * width; other < width; other++, at++)
        fitted[other] = (fitted[other] as number) + change * (products[at] as number);
    }
    return greatest;
  };
}

/** Towards 0 by `by`, not beyond. */
export const softened = (value: number, by: number): number => (value > by ? value - by : value < -by ? value + by : 0);
