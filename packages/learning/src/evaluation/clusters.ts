import { named, type MetricValues } from '#/evaluation/measure.ts';
import { shuffledRows } from '#/evaluation/shuffled-rows.ts';
import type { Matrix } from '#/matrix.ts';

export interface ClusterOptions {
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Rows that the silhouette looks at, chosen by chance; its time grows with their square. Default 2000. */
  readonly rows?: number;
  /** Of clusters, one after another, a number for each column; absent: the means of their rows. */
  readonly centres?: Float64Array;
}

const NAMES = ['inertia', 'silhouette', 'davies_bouldin', 'calinski_harabasz'] as const;

/** How compact and how far apart clusters are. Only inertia is weighted. The numbers of the clusters are whole, and at least 0. */
export function clusterMetrics(
  matrix: Matrix,
  clusters: ArrayLike<number>,
  weights: Float64Array | undefined,
  options: ClusterOptions,
): MetricValues {
  const points = pointsOf(matrix);
  if (points === undefined)
    return named(
      NAMES,
      NAMES.map(() => Number.NaN),
    );
  const used = groupsOf(points, clusters);
  const { centres = means(points, used) } = options;
  const isDefined = used.labels.length > 1 && used.labels.length < matrix.rows;
  return named(NAMES, [
    inertia(points, centres === options.centres ? clusters : used.codes, centres, weights),
    isDefined ? silhouette(points, used.codes, options) : Number.NaN,
    isDefined ? daviesBouldin(points, used) : Number.NaN,
    isDefined ? calinskiHarabasz(points, used) : Number.NaN,
  ]);
}

interface Points {
  readonly rows: number;
  readonly width: number;
  /** Row after row. */
  readonly values: Float64Array;
}

function pointsOf({ rows, columns }: Matrix): Points | undefined {
  const values = new Float64Array(rows * columns.length);
  for (const [at, column] of columns.entries()) {
    if (column.kind !== 'number') return undefined;
    for (let row = 0; row < rows; row++) {
      const value = column.values[row] as number;
      if (!Number.isFinite(value)) return undefined;
      values[row * columns.length + at] = value;
    }
  }
  return columns.length === 0 ? undefined : { rows, width: columns.length, values };
}

/** The clusters that have rows, counted from 0. */
interface Groups {
  readonly codes: Int32Array;
  readonly labels: readonly number[];
  readonly sizes: Float64Array;
}

function distinct(clusters: ArrayLike<number>): Set<number> {
  const labels = new Set<number>();
  for (let row = 0; row < clusters.length; row++) labels.add(clusters[row] as number);
  return labels;
}

function groupsOf({ rows }: Points, clusters: ArrayLike<number>): Groups {
  const labels = [...distinct(clusters)].toSorted((a, b) => a - b);
  const places = new Map(labels.map((label, place) => [label, place]));
  const codes = new Int32Array(rows);
  const sizes = new Float64Array(labels.length);
  for (let row = 0; row < rows; row++) {
    const code = places.get(clusters[row] as number) as number;
    codes[row] = code;
    sizes[code] = (sizes[code] as number) + 1;
  }
  return { codes, labels, sizes };
}

function means({ rows, width, values }: Points, { codes, sizes }: Groups): Float64Array {
  const sums = new Float64Array(sizes.length * width);
  for (let row = 0; row < rows; row++) {
    const to = (codes[row] as number) * width;
    for (let at = 0; at < width; at++) sums[to + at] = (sums[to + at] as number) + (values[row * width + at] as number);
  }
  return sums.map((sum, at) => sum / (sizes[Math.floor(at / width)] as number));
}

function squaredDistance(a: Float64Array, from: number, b: Float64Array, to: number, width: number): number {
  let sum = 0;
  for (let at = 0; at < width; at++) {
    const difference = (a[from + at] as number) - (b[to + at] as number);
    sum += difference * difference;
  }
  return sum;
}

/** The sum of squared distances of rows from the centres of their clusters. */
function inertia({ rows, width, values }: Points, codes: ArrayLike<number>, centres: Float64Array, weights?: Float64Array): number {
  let sum = 0;
  for (let row = 0; row < rows; row++) {
    const weight = weights === undefined ? 1 : (weights[row] as number);
    sum += weight * squaredDistance(values, row * width, centres, (codes[row] as number) * width, width);
  }
  return sum;
}

/** The mean of (b - a) / max(a, b), where a is the mean distance from the others of a row's cluster, and b from those of the nearest other one (Rousseeuw, 1987). */
function silhouette({ rows, width, values }: Points, codes: Int32Array, { random, rows: limit = 2000 }: ClusterOptions): number {
  const sample = rows <= limit ? Uint32Array.from({ length: rows }, (_, row) => row) : shuffledRows(rows, random).subarray(0, limit);
  const groups = codes.reduce((most, code) => Math.max(most, code + 1), 0);
  const sizes = new Float64Array(groups);
  for (const row of sample) sizes[codes[row] as number] = (sizes[codes[row] as number] as number) + 1;
  const occurring = sizes.filter((size) => size > 0).length;
  if (occurring < 2 || occurring >= sample.length) return Number.NaN;
  const sums = new Float64Array(sample.length * groups);
  for (let i = 0; i < sample.length; i++) {
    const [row, code] = [sample[i] as number, codes[sample[i] as number] as number];
    for (let j = 0; j < i; j++) {
      const other = sample[j] as number;
      const distance = Math.sqrt(squaredDistance(values, row * width, values, other * width, width));
      const [mine, its] = [i * groups + (codes[other] as number), j * groups + code];
      sums[mine] = (sums[mine] as number) + distance;
      sums[its] = (sums[its] as number) + distance;
    }
  }
  let total = 0;
  sample.forEach((row, i) => (total += silhouetteOf(sums.subarray(i * groups, (i + 1) * groups), sizes, codes[row] as number)));
  return total / sample.length;
}

/** 0 for the only row of a cluster. */
function silhouetteOf(sums: Float64Array, sizes: Float64Array, own: number): number {
  if ((sizes[own] as number) < 2) return 0;
  const within = (sums[own] as number) / ((sizes[own] as number) - 1);
  let nearest = Number.POSITIVE_INFINITY;
  sums.forEach((sum, group) => {
    if (group !== own && (sizes[group] as number) > 0) nearest = Math.min(nearest, sum / (sizes[group] as number));
  });
  const greater = Math.max(within, nearest);
  return greater === 0 ? 0 : (nearest - within) / greater;
}

/** The mean, over clusters, of the worst (s_i + s_j) / d_ij, where s is the mean distance from the centre (Davies and Bouldin, 1979). */
function daviesBouldin(points: Points, groups: Groups): number {
  const { rows, width, values } = points;
  const centres = means(points, groups);
  const count = groups.labels.length;
  const radii = new Float64Array(count);
  for (let row = 0; row < rows; row++) {
    const code = groups.codes[row] as number;
    radii[code] = (radii[code] as number) + Math.sqrt(squaredDistance(values, row * width, centres, code * width, width));
  }
  for (let code = 0; code < count; code++) radii[code] = (radii[code] as number) / (groups.sizes[code] as number);
  // As scikit-learn has it, which takes 1e-8 for nothing.
  if (radii.every((radius) => radius <= 1e-8)) return 0;
  let [total, farthest] = [0, 0];
  for (let i = 0; i < count; i++) {
    let worst = 0;
    for (let j = 0; j < count; j++) {
      const distance = Math.sqrt(squaredDistance(centres, i * width, centres, j * width, width));
      farthest = Math.max(farthest, distance);
      if (distance > 0) worst = Math.max(worst, ((radii[i] as number) + (radii[j] as number)) / distance);
    }
    total += worst;
  }
  return farthest <= 1e-8 ? 0 : total / count;
}

/** How much clusters are spread about the mean of all, to how much rows are about their cluster's (Caliński and Harabasz, 1974). */
function calinskiHarabasz(points: Points, groups: Groups): number {
  const centres = means(points, groups);
  const all = { codes: new Int32Array(points.rows), labels: [0], sizes: Float64Array.of(points.rows) };
  const middle = means(points, all);
  let between = 0;
  groups.sizes.forEach((size, code) => (between += size * squaredDistance(centres, code * points.width, middle, 0, points.width)));
  const within = inertia(points, groups.codes, centres);
  const count = groups.labels.length;
  return within === 0 ? 1 : (between * (points.rows - count)) / (within * (count - 1));
}
