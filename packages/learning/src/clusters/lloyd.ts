import { addProduct, byRows, transposed } from '#/arrays/multiply.ts';

export interface Points {
  readonly rows: number;
  readonly width: number;
  /** Row after row. */
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

export interface Clusters {
  /** Row after row. */
  readonly centers: Float64Array;
  /** Of each point the nearest centre. */
  readonly labels: Int32Array;
  readonly inertia: number;
  readonly iterations: number;
}

interface LloydOptions {
  readonly maxIterations: number;
  /** It is done when the centres move less than this: sum of squares. */
  readonly enough: number;
  readonly onIteration: (inertia: number) => boolean;
}

const BLOCK_ROWS = 128;

/**
 * Lloyd 1982: each point to its nearest centre, each centre to the mean of its points, until nothing changes. A centre without points goes to
 * the point that is farthest from its own, as in scikit-learn.
 */
export function lloyd(points: Points, centers: Float64Array, { maxIterations, enough, onIteration }: LloydOptions): Clusters {
  const { rows, width, values, weights } = points;
  const count = centers.length / width;
  const labels = new Int32Array(rows).fill(-1);
  const distances = new Float64Array(rows);
  const next = new Float64Array(centers.length);
  const masses = new Float64Array(count);
  let iterations = 0;
  while (iterations < maxIterations) {
    iterations++;
    const isSame = !assign(points, centers, labels, distances);
    const inertia = distances.reduce((sum, distance, row) => sum + distance * (weights[row] as number), 0);
    const goesOn = onIteration(inertia);
    if (isSame) return { centers, labels, inertia, iterations };
    next.fill(0);
    masses.fill(0);
    for (let row = 0; row < rows; row++) {
      const weight = weights[row] as number;
      const label = labels[row] as number;
      masses[label] = (masses[label] as number) + weight;
      for (let column = 0, from = row * width, to = label * width; column < width; column++, from++, to++) {
        next[to] = (next[to] as number) + weight * (values[from] as number);
      }
    }
    fillEmpty(points, { next, masses, labels, distances });
    let moved = 0;
    for (let center = 0; center < count; center++) {
      const mass = masses[center] as number;
      for (let at = center * width; at < (center + 1) * width; at++) {
        const to = mass > 0 ? (next[at] as number) / mass : (centers[at] as number);
        moved += (to - (centers[at] as number)) ** 2;
        centers[at] = to;
      }
    }
    if (moved <= enough || !goesOn) break;
  }
  assign(points, centers, labels, distances);
  const inertia = distances.reduce((sum, distance, row) => sum + distance * (weights[row] as number), 0);
  return { centers, labels, inertia, iterations };
}

/** Writes of each point its nearest centre (of equals the first) and the squared distance; whether any changed. */
function assign({ rows, width, values }: Points, centers: Float64Array, labels: Int32Array, distances: Float64Array): boolean {
  const count = centers.length / width;
  const halves = halfSquares(centers, width);
  const block = new Float64Array(BLOCK_ROWS * count);
  let hasChanged = false;
  for (let from = 0; from < rows; from += BLOCK_ROWS) {
    const size = Math.min(BLOCK_ROWS, rows - from);
    // x · c − |c|² / 2 is greatest where the distance is least.
    for (let row = 0; row < size; row++) block.set(halves, row * count);
    addProduct(byRows(block, count), byRows(values, width, from * width), transposed(byRows(centers, width)), {
      rows: size,
      inner: width,
      columns: count,
    });
    for (let row = 0; row < size; row++) {
      const at = row * count;
      let best = 0;
      for (let center = 1; center < count; center++) if ((block[at + center] as number) > (block[at + best] as number)) best = center;
      if (labels[from + row] !== best) hasChanged = true;
      labels[from + row] = best;
      distances[from + row] = squaredDistance(values, (from + row) * width, centers, best * width, width);
    }
  }
  return hasChanged;
}

/** −|c|² / 2 of each centre. */
export function halfSquares(centers: Float64Array, width: number): Float64Array {
  const result = new Float64Array(centers.length / width);
  for (let center = 0; center < result.length; center++) {
    let sum = 0;
    for (let at = center * width; at < (center + 1) * width; at++) sum += (centers[at] as number) ** 2;
    result[center] = -sum / 2;
  }
  return result;
}

export function squaredDistance(a: Float64Array, from: number, b: Float64Array, to: number, width: number): number {
  let sum = 0;
  for (let column = 0; column < width; column++) sum += ((a[from + column] as number) - (b[to + column] as number)) ** 2;
  return sum;
}

interface Assigned {
  readonly next: Float64Array;
  readonly masses: Float64Array;
  readonly labels: Int32Array;
  readonly distances: Float64Array;
}

/** Takes the farthest points out of their clusters, one for each centre that has none. */
function fillEmpty({ rows, width, values, weights }: Points, { next, masses, labels, distances }: Assigned): void {
  const empty = Array.from(masses.keys()).filter((center) => masses[center] === 0);
  if (empty.length === 0) return;
  const farthest = Array.from({ length: rows }, (_, row) => row)
    .filter((row) => (weights[row] as number) > 0 && (distances[row] as number) > 0)
    .toSorted((a, b) => (distances[b] as number) - (distances[a] as number));
  for (const [index, center] of empty.entries()) {
    const row = farthest[index];
    if (row === undefined) return;
    const weight = weights[row] as number;
    const old = labels[row] as number;
    for (let column = 0; column < width; column++) {
      const part = weight * (values[row * width + column] as number);
      next[center * width + column] = part;
      next[old * width + column] = (next[old * width + column] as number) - part;
    }
    masses[center] = weight;
    masses[old] = (masses[old] as number) - weight;
  }
}
