import { squaredDistance, type Points } from '#/clusters/points.ts';

export interface Clusters {
  /** Row after row. */
  readonly centers: Float64Array;
  /** Of each point the nearest centre; of equals the first. */
  readonly labels: Int32Array;
  /** Σ weight · squared distance to the nearest centre. */
  readonly inertia: number;
  readonly iterations: number;
  /** Whether whoever was told said that it should. */
  readonly isStopped: boolean;
}

interface LloydOptions {
  readonly maxIterations: number;
  /** It is done when the centres move less than this: sum of squares. */
  readonly enough: number;
  /** Told the inertia of each iteration's clusters; false ends it. */
  readonly onIteration: (inertia: number) => boolean;
}

/**
 * Lloyd 1982: each point to its nearest centre, each centre to the mean of its points, until nothing changes. A centre without points goes to
 * the point that is farthest from its own, as in scikit-learn. Most distances need not be computed, because bounds say that they cannot matter
 * (Hamerly 2010, "Making k-means even faster"): the result is the same.
 */
export function lloyd(points: Points, first: Float64Array, { maxIterations, enough, onIteration }: LloydOptions): Clusters {
  const state = new Assignment(points, first);
  let iterations = 0;
  let isStopped = false;
  while (iterations < maxIterations) {
    iterations++;
    const moved = state.moveCenters();
    isStopped = !onIteration(state.inertia());
    if (isStopped || moved <= enough || !state.assign()) break;
  }
  return { ...state.finish(), iterations, isStopped };
}

class Assignment {
  readonly #points: Points;
  readonly #centers: Float64Array;
  readonly #count: number;
  readonly #labels: Int32Array;
  /** Of each point: no less than the distance to its centre, and no more than that to any other. */
  readonly #upper: Float64Array;
  readonly #lower: Float64Array;
  /** Of each centre: the sum of its points, and their weight. */
  readonly #sums: Float64Array;
  readonly #masses: Float64Array;
  readonly #moves: Float64Array;
  /** Σ weight · |x|². */
  readonly #squares: number;

  constructor(points: Points, first: Float64Array) {
    const { rows, width, values, weights } = points;
    this.#points = points;
    this.#centers = first.slice();
    this.#count = first.length / width;
    this.#labels = new Int32Array(rows);
    this.#upper = new Float64Array(rows);
    this.#lower = new Float64Array(rows);
    this.#sums = new Float64Array(first.length);
    this.#masses = new Float64Array(this.#count);
    this.#moves = new Float64Array(this.#count);
    let squares = 0;
    for (let row = 0; row < rows; row++) {
      this.#assignOne(row);
      this.#add(row, this.#labels[row] as number, 1);
      for (let at = row * width; at < (row + 1) * width; at++) squares += (weights[row] as number) * (values[at] as number) ** 2;
    }
    this.#squares = squares;
  }

  /** Each to the mean of its points; the sum of squares of how far. */
  moveCenters(): number {
    const { width } = this.#points;
    this.#fillEmpty();
    let moved = 0;
    for (let center = 0; center < this.#count; center++) {
      const mass = this.#masses[center] as number;
      let squares = 0;
      for (let at = center * width; at < (center + 1) * width; at++) {
        const to = mass > 0 ? (this.#sums[at] as number) / mass : (this.#centers[at] as number);
        squares += (to - (this.#centers[at] as number)) ** 2;
        this.#centers[at] = to;
      }
      this.#moves[center] = Math.sqrt(squares);
      moved += squares;
    }
    return moved;
  }

  /** With the centres where the means are: Σ w|x|² − Σ |sum|² / mass. */
  inertia(): number {
    const { width } = this.#points;
    let between = 0;
    for (let at = 0; at < this.#sums.length; at++) {
      const mass = this.#masses[Math.floor(at / width)] as number;
      if (mass > 0) between += (this.#sums[at] as number) ** 2 / mass;
    }
    return Math.max(0, this.#squares - between);
  }

  /** Each point to its nearest centre; whether any has changed. */
  assign(): boolean {
    const { rows, width, values } = this.#points;
    const halves = this.#halfGaps();
    const [farthest, ofOthers] = this.#greatestMoves();
    let hasChanged = false;
    for (let row = 0; row < rows; row++) {
      const label = this.#labels[row] as number;
      const upper = (this.#upper[row] as number) + (this.#moves[label] as number);
      const lower = (this.#lower[row] as number) - (label === farthest ? ofOthers : (this.#moves[farthest] as number));
      const bound = Math.max(halves[label] as number, lower);
      this.#upper[row] = upper;
      this.#lower[row] = lower;
      if (upper <= bound) continue;
      const exact = Math.sqrt(squaredDistance(values, row * width, this.#centers, label * width, width));
      this.#upper[row] = exact;
      if (exact <= bound || !this.#assignOne(row)) continue;
      hasChanged = true;
      this.#add(row, label, -1);
      this.#add(row, this.#labels[row] as number, 1);
    }
    return hasChanged;
  }

  /** With every distance computed anew. */
  finish(): Omit<Clusters, 'iterations' | 'isStopped'> {
    const { rows, weights } = this.#points;
    let inertia = 0;
    for (let row = 0; row < rows; row++) {
      this.#assignOne(row);
      inertia += (weights[row] as number) * (this.#upper[row] as number) ** 2;
    }
    return { centers: this.#centers, labels: this.#labels, inertia };
  }

  /** Computes its distances to all centres; whether its label has changed. */
  #assignOne(row: number): boolean {
    const { width, values } = this.#points;
    let best = 0;
    let nearest = Number.POSITIVE_INFINITY;
    let second = Number.POSITIVE_INFINITY;
    for (let center = 0; center < this.#count; center++) {
      const distance = squaredDistance(values, row * width, this.#centers, center * width, width);
      if (distance < nearest) {
        second = nearest;
        nearest = distance;
        best = center;
      } else if (distance < second) second = distance;
    }
    const hasChanged = this.#labels[row] !== best;
    this.#labels[row] = best;
    this.#upper[row] = Math.sqrt(nearest);
    this.#lower[row] = Math.sqrt(second);
    return hasChanged;
  }

  #add(row: number, center: number, sign: number): void {
    const { width, values, weights } = this.#points;
    const weight = sign * (weights[row] as number);
    this.#masses[center] = (this.#masses[center] as number) + weight;
    for (let column = 0, from = row * width, to = center * width; column < width; column++, from++, to++) {
      this.#sums[to] = (this.#sums[to] as number) + weight * (values[from] as number);
    }
  }

  /** Of each centre half the distance to the next one: a point that is nearer has no other nearest. */
  #halfGaps(): Float64Array {
    const { width } = this.#points;
    const gaps = new Float64Array(this.#count).fill(Number.POSITIVE_INFINITY);
    for (let a = 0; a < this.#count; a++) {
      for (let b = 0; b < a; b++) {
        const half = Math.sqrt(squaredDistance(this.#centers, a * width, this.#centers, b * width, width)) / 2;
        gaps[a] = Math.min(gaps[a] as number, half);
        gaps[b] = Math.min(gaps[b] as number, half);
      }
    }
    return gaps;
  }

  /** Which centre has moved farthest, and how far the next one. */
  #greatestMoves(): [farthest: number, ofOthers: number] {
    let farthest = 0;
    let ofOthers = 0;
    for (let center = 1; center < this.#count; center++) {
      const move = this.#moves[center] as number;
      if (move > (this.#moves[farthest] as number)) {
        ofOthers = this.#moves[farthest] as number;
        farthest = center;
      } else ofOthers = Math.max(ofOthers, move);
    }
    return [farthest, ofOthers];
  }

  /** Takes the farthest points out of their clusters, one for each centre that has none. */
  #fillEmpty(): void {
    const { rows, weights } = this.#points;
    // What is left of a weight by rounding is none.
    const empty = Array.from(this.#masses.keys()).filter(
      (center) => !this.#labels.includes(center) || !((this.#masses[center] as number) > 0),
    );
    if (empty.length === 0) return;
    const { width, values } = this.#points;
    const distances = Float64Array.from(this.#labels, (label, row) =>
      (weights[row] as number) > 0 ? squaredDistance(values, row * width, this.#centers, label * width, width) : 0,
    );
    const farthest = Array.from({ length: rows }, (_, row) => row)
      .filter((row) => (distances[row] as number) > 0)
      .toSorted((a, b) => (distances[b] as number) - (distances[a] as number));
    for (const [index, center] of empty.entries()) {
      const row = farthest[index];
      if (row === undefined) return;
      this.#add(row, this.#labels[row] as number, -1);
      this.#add(row, center, 1);
      this.#labels[row] = center;
      // Nothing is known of it yet.
      this.#upper[row] = Number.POSITIVE_INFINITY;
      this.#lower[row] = 0;
    }
  }
}
