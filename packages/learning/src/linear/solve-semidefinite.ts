/** Below this part of the greatest pivot a direction is taken for one that the rows do not tell apart from others: 1e-6 of a deviation. */
const TOLERANCE = 1e-12;

/** Solves with a symmetric matrix that may be singular. */
export interface Solver {
  /** How many directions the matrix tells apart. */
  readonly rank: number;
  /** The shortest solution, of those right sides that have one. */
  solve(right: Float64Array): Float64Array;
}

/**
 * Cholesky's decomposition with diagonal pivoting, PAPᵀ = LLᵀ, stopped where the rest is nothing but rounding (Higham, Analysis of the
 * Cholesky decomposition of a semi-definite matrix, 1990). With L of `rank` columns, x = L (LᵀL)⁻¹ v for L₁v = b is the shortest solution.
 */
export function solveSemidefinite(matrix: Float64Array, size: number): Solver {
  const { lower, order, rank } = pivotedCholesky(matrix, size);
  const inner = rank === size ? undefined : cholesky(squaresOf(lower, size, rank), rank);
  return {
    rank,
    solve(right) {
      const v = new Float64Array(rank);
      for (let row = 0; row < rank; row++) v[row] = right[order[row] as number] as number;
      forward(lower, size, v);
      if (inner === undefined) backward(lower, size, v);
      else {
        forward(inner, rank, v);
        backward(inner, rank, v);
      }
      const result = new Float64Array(size);
      for (let row = 0; row < size; row++) {
        result[order[row] as number] = inner === undefined ? (v[row] as number) : dot(lower, row * size, v, rank);
      }
      return result;
    },
  };
}

/** `lower` has rows of `size`, of which the first `rank` columns count. */
function pivotedCholesky(matrix: Float64Array, size: number): { lower: Float64Array; order: Int32Array; rank: number } {
  const lower = new Float64Array(size * size);
  const order = Int32Array.from({ length: size }, (_, index) => index);
  const rest = Float64Array.from(order, (index) => matrix[index * size + index] as number);
  const least = Math.max(...rest, 0) * TOLERANCE;
  for (let step = 0; step < size; step++) {
    let pivot = step;
    for (let row = step + 1; row < size; row++) if ((rest[row] as number) > (rest[pivot] as number)) pivot = row;
    if (!((rest[pivot] as number) > least)) return { lower, order, rank: step };
    exchange(lower, size, step, pivot);
    [order[step], order[pivot]] = [order[pivot] as number, order[step] as number];
    [rest[step], rest[pivot]] = [rest[pivot] as number, rest[step] as number];
    const root = Math.sqrt(rest[step] as number);
    const top = step * size;
    lower[top + step] = root;
    for (let row = step + 1; row < size; row++) {
      const at = row * size;
      let value = matrix[(order[row] as number) * size + (order[step] as number)] as number;
      for (let column = 0; column < step; column++) value -= (lower[at + column] as number) * (lower[top + column] as number);
      value /= root;
      lower[at + step] = value;
      rest[row] = (rest[row] as number) - value * value;
    }
  }
  return { lower, order, rank: size };
}

function exchange(matrix: Float64Array, size: number, a: number, b: number): void {
  if (a === b) return;
  const kept = matrix.slice(a * size, (a + 1) * size);
  matrix.copyWithin(a * size, b * size, (b + 1) * size);
  matrix.set(kept, b * size);
}

/** LᵀL of the first `rank` columns. */
function squaresOf(lower: Float64Array, size: number, rank: number): Float64Array {
  const result = new Float64Array(rank * rank);
  for (let row = 0; row < size; row++) {
    const at = row * size;
    for (let i = 0; i < Math.min(rank, row + 1); i++) {
      const value = lower[at + i] as number;
      for (let j = 0; j <= i; j++) result[i * rank + j] = (result[i * rank + j] as number) + value * (lower[at + j] as number);
    }
  }
  return result;
}

/** Of a positive definite matrix of which the lower half is given; in place. */
function cholesky(matrix: Float64Array, size: number): Float64Array {
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = matrix[row * size + column] as number;
      for (let k = 0; k < column; k++) value -= (matrix[row * size + k] as number) * (matrix[column * size + k] as number);
      matrix[row * size + column] =
        row === column ? Math.sqrt(Math.max(value, Number.MIN_VALUE)) : value / (matrix[column * size + column] as number);
    }
  }
  return matrix;
}

function forward(lower: Float64Array, stride: number, v: Float64Array): void {
  for (let row = 0; row < v.length; row++)
    v[row] = ((v[row] as number) - dot(lower, row * stride, v, row)) / (lower[row * stride + row] as number);
}

function backward(lower: Float64Array, stride: number, v: Float64Array): void {
  for (let row = v.length - 1; row >= 0; row--) {
    const value = (v[row] as number) / (lower[row * stride + row] as number);
    v[row] = value;
    for (let above = 0; above < row; above++) v[above] = (v[above] as number) - value * (lower[row * stride + above] as number);
  }
}

function dot(lower: Float64Array, at: number, v: Float64Array, count: number): number {
  let sum = 0;
  for (let column = 0; column < count; column++) sum += (lower[at + column] as number) * (v[column] as number);
  return sum;
}
