/**
 * The alpha-quantile of some values, which are put in order. Without weights it lies between two of them (definition 7 of Hyndman and Fan,
 * "Sample quantiles in statistical packages", 1996); with weights it is the first value up to which there is that share of the weight.
 */
export function quantileOf(values: Float64Array, weights: Float64Array | undefined, alpha: number): number {
  if (weights !== undefined) return weightedQuantile(values, weights, alpha);
  values.sort();
  const place = alpha * (values.length - 1);
  const below = Math.floor(place);
  const above = Math.min(values.length - 1, below + 1);
  const share = place - below;
  return (values[below] as number) * (1 - share) + (values[above] as number) * share;
}

function weightedQuantile(values: Float64Array, weights: Float64Array, alpha: number): number {
  const order = Array.from(values.keys()).toSorted((a, b) => (values[a] as number) - (values[b] as number));
  const wanted = alpha * weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  for (const at of order) {
    sum += weights[at] as number;
    if (sum >= wanted) return values[at] as number;
  }
  return values[order.at(-1) ?? 0] as number;
}
