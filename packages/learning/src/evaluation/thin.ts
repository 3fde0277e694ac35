/**
 * At most `limit` places of a curve's points that show its form: the curve is cut into pieces of the same length (of |dx| + |dy|, each axis
 * by its range), and of each piece its end stays and its farthest point from the line between its ends. First and last stay too.
 */
export function thin(x: ArrayLike<number>, y: ArrayLike<number>, limit: number): Uint32Array {
  const count = x.length;
  if (count <= limit) return Uint32Array.from({ length: count }, (_, at) => at);
  const lengths = lengthsAlong(x, y);
  const pieces = Math.max(1, Math.floor((limit - 1) / 2));
  const total = lengths[count - 1] as number;
  const kept: number[] = [0];
  let start = 0;
  for (let piece = 1; piece <= pieces; piece++) {
    let end = start;
    const length = piece === pieces ? Number.POSITIVE_INFINITY : (total * piece) / pieces;
    while (end < count - 1 && (lengths[end] as number) < length) end++;
    if (end === start) continue;
    const corner = farthest(x, y, start, end);
    if (corner > start && corner < end) kept.push(corner);
    kept.push(end);
    start = end;
  }
  return Uint32Array.from(kept);
}

function lengthsAlong(x: ArrayLike<number>, y: ArrayLike<number>): Float64Array {
  const [width, height] = [rangeOf(x), rangeOf(y)];
  const lengths = new Float64Array(x.length);
  for (let at = 1; at < x.length; at++) {
    const across = Math.abs((x[at] as number) - (x[at - 1] as number)) / width;
    const up = Math.abs((y[at] as number) - (y[at - 1] as number)) / height;
    lengths[at] = (lengths[at - 1] as number) + across + up;
  }
  return lengths;
}

function rangeOf(values: ArrayLike<number>): number {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let at = 0; at < values.length; at++) {
    low = Math.min(low, values[at] as number);
    high = Math.max(high, values[at] as number);
  }
  return high > low ? high - low : 1;
}

function farthest(x: ArrayLike<number>, y: ArrayLike<number>, start: number, end: number): number {
  const [fromX, fromY] = [x[start] as number, y[start] as number];
  const [alongX, alongY] = [(x[end] as number) - fromX, (y[end] as number) - fromY];
  let [best, distance] = [start, 0];
  for (let at = start + 1; at < end; at++) {
    const away = Math.abs(alongX * ((y[at] as number) - fromY) - alongY * ((x[at] as number) - fromX));
    if (away > distance) [best, distance] = [at, away];
  }
  return best;
}
