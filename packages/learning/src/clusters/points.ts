export interface Points {
  readonly rows: number;
  readonly width: number;
  /** Row after row. */
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/** Between the `width` values of `a` from `from` on, and those of `b` from `to` on. Four sums, because each addition waits for the one before it. */
export function squaredDistance(a: Float64Array, from: number, b: Float64Array, to: number, width: number): number {
  const whole = width - (width % 4);
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  for (let column = 0; column < whole; column += 4) {
    const d0 = (a[from + column] as number) - (b[to + column] as number);
    const d1 = (a[from + column + 1] as number) - (b[to + column + 1] as number);
    const d2 = (a[from + column + 2] as number) - (b[to + column + 2] as number);
    const d3 = (a[from + column + 3] as number) - (b[to + column + 3] as number);
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (let column = whole; column < width; column++) s0 += ((a[from + column] as number) - (b[to + column] as number)) ** 2;
  return s0 + s1 + (s2 + s3);
}

/** −|c|² / 2 of each centre: x · c − |c|² / 2 is greatest where the distance is least. */
export function halfSquares(centers: Float64Array, width: number): Float64Array {
  const result = new Float64Array(centers.length / width);
  for (let center = 0; center < result.length; center++) {
    let sum = 0;
    for (let at = center * width; at < (center + 1) * width; at++) sum += (centers[at] as number) ** 2;
    result[center] = -sum / 2;
  }
  return result;
}
