import { squaredDistance, type Points } from '#/clusters/points.ts';

/**
 * The first centres by k-means++ (Arthur and Vassilvitskii 2007), greedy as scikit-learn: of 2 + ⌊ln k⌋ candidates, each drawn in proportion to
 * its squared distance, the one that leaves the least inertia.
 */
export function plusPlus(points: Points, count: number, random: () => number): Float64Array {
  const { rows, width, values, weights } = points;
  const centers = new Float64Array(count * width);
  const candidates = 2 + Math.floor(Math.log(count));
  const nearest = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
  let distances = new Float64Array(rows);
  let best = new Float64Array(rows);
  for (let center = 0; center < count; center++) {
    let least = Number.POSITIVE_INFINITY;
    let chosen = 0;
    for (let trial = 0; trial < (center === 0 ? 1 : candidates); trial++) {
      const candidate = draw(rows, (row) => (weights[row] as number) * (center === 0 ? 1 : (nearest[row] as number)), random);
      let inertia = 0;
      for (let row = 0; row < rows; row++) {
        const distance = Math.min(nearest[row] as number, squaredDistance(values, row * width, values, candidate * width, width));
        distances[row] = distance;
        inertia += distance * (weights[row] as number);
      }
      if (!(inertia < least) && trial > 0) continue;
      least = inertia;
      chosen = candidate;
      [distances, best] = [best, distances];
    }
    nearest.set(best);
    centers.set(values.subarray(chosen * width, (chosen + 1) * width), center * width);
  }
  return centers;
}

/** A row in proportion to its share; any with a share of 0 too, where there are no others. */
function draw(rows: number, shareOf: (row: number) => number, random: () => number): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) sum += shareOf(row);
  const place = random();
  if (!(sum > 0)) return Math.floor(place * rows);
  let rest = place * sum;
  let last = 0;
  for (let row = 0; row < rows; row++) {
    const share = shareOf(row);
    if (share > 0) last = row;
    rest -= share;
    if (rest < 0) return row;
  }
  return last;
}

/** Different rows, any of them. */
export function someRows({ rows, width, values }: Points, count: number, random: () => number): Float64Array {
  const order = Int32Array.from({ length: rows }, (_, row) => row);
  const centers = new Float64Array(count * width);
  for (let center = 0; center < count; center++) {
    const other = center + Math.floor(random() * (rows - center));
    const row = order[other] as number;
    order[other] = order[center] as number;
    order[center] = row;
    centers.set(values.subarray(row * width, (row + 1) * width), center * width);
  }
  return centers;
}
