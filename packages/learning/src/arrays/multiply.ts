import { multiplierOf } from '#/arrays/arena.ts';

/** A matrix in an array: element (r, c) stands at `start + r · row + c · column`. */
export interface View {
  readonly data: Float64Array;
  readonly row: number;
  readonly column: number;
  readonly start: number;
}

export interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** Row after row. */
export const byRows = (data: Float64Array, columns: number, start = 0): View => ({ data, row: columns, column: 1, start });

/** The same matrix with rows and columns exchanged. */
export const transposed = ({ data, row, column, start }: View): View => ({ data, row: column, column: row, start });

/**
 * c += a · b. Within an arena blocks of 4 × 4 are made by vector instructions; elsewhere blocks of 2 × 4 sums stay in registers, so that eight
 * products need six loads instead of sixteen. Each sum is made in the order of `inner` and then added, so that the bits are the same both ways.
 */
export function addProduct(c: View, a: View, b: View, sizes: Sizes): void {
  const { rows, inner, columns } = sizes;
  const multiply = b.column === 1 && c.column === 1 ? multiplierOf(c.data.buffer) : undefined;
  if (multiply === undefined || a.data.buffer !== c.data.buffer || b.data.buffer !== c.data.buffer) {
    addInPieces(c, a, b, sizes);
    return;
  }
  const wholeRows = rows - (rows % 4);
  const wholeColumns = columns - (columns % 4);
  const address = ({ data, start }: View): number => data.byteOffset + start * 8;
  const from = address(a);
  const end = from + wholeRows * a.row * 8;
  if (wholeRows > 0 && wholeColumns > 0) {
    multiply(address(c), c.row * 8, from, a.row * 8, a.column * 8, address(b), b.row * 8, end, inner * b.row * 8, wholeColumns * 8);
  }
  if (wholeColumns < columns) {
    const right = { ...b, start: b.start + wholeColumns };
    addInPieces({ ...c, start: c.start + wholeColumns }, a, right, { rows: wholeRows, inner, columns: columns - wholeColumns });
  }
  if (wholeRows === rows) return;
  const below = { ...a, start: a.start + wholeRows * a.row };
  addInPieces({ ...c, start: c.start + wholeRows * c.row }, below, b, { rows: rows - wholeRows, inner, columns });
}

function addInPieces(c: View, a: View, b: View, { rows, inner, columns }: Sizes): void {
  if (columns < 4 && rows >= 4) {
    addInPieces(transposed(c), transposed(b), transposed(a), { rows: columns, inner, columns: rows });
    return;
  }
  const evenRows = rows - (rows % 2);
  const whole = columns - (columns % 4);
  for (let row = 0; row < evenRows; row += 2) {
    for (let column = 0; column < whole; column += 4) addBlock(c, a, b, row, column, inner);
    for (let column = whole; column < columns; column++) {
      addOne(c, a, b, row, column, inner);
      addOne(c, a, b, row + 1, column, inner);
    }
  }
  if (evenRows === rows) return;
  for (let column = 0; column < whole; column += 4) addStrip(c, a, b, evenRows, column, inner);
  for (let column = whole; column < columns; column++) addOne(c, a, b, evenRows, column, inner);
}

/* Of a block: numbers are handed over one by one, because an object for each would cost as much as a small block. */

function addBlock(c: View, a: View, b: View, row: number, column: number, inner: number): void {
  const left = a.data;
  const right = b.data;
  const { column: step, row: toSecond } = a;
  const { row: stride, column: toNext } = b;
  let at = a.start + row * toSecond;
  let from = b.start + column * toNext;
  let p0 = 0;
  let p1 = 0;
  let p2 = 0;
  let p3 = 0;
  let q0 = 0;
  let q1 = 0;
  let q2 = 0;
  let q3 = 0;
  for (let index = 0; index < inner; index++, at += step, from += stride) {
    const p = left[at] as number;
    const q = left[at + toSecond] as number;
    const b0 = right[from] as number;
    const b1 = right[from + toNext] as number;
    const b2 = right[from + 2 * toNext] as number;
    const b3 = right[from + 3 * toNext] as number;
    p0 += p * b0;
    p1 += p * b1;
    p2 += p * b2;
    p3 += p * b3;
    q0 += q * b0;
    q1 += q * b1;
    q2 += q * b2;
    q3 += q * b3;
  }
  const to = c.start + row * c.row + column * c.column;
  addFour(c, to, p0, p1, p2, p3);
  addFour(c, to + c.row, q0, q1, q2, q3);
}

function addStrip(c: View, a: View, b: View, row: number, column: number, inner: number): void {
  const left = a.data;
  const right = b.data;
  const step = a.column;
  const { row: stride, column: toNext } = b;
  let at = a.start + row * a.row;
  let from = b.start + column * toNext;
  let p0 = 0;
  let p1 = 0;
  let p2 = 0;
  let p3 = 0;
  for (let index = 0; index < inner; index++, at += step, from += stride) {
    const p = left[at] as number;
    p0 += p * (right[from] as number);
    p1 += p * (right[from + toNext] as number);
    p2 += p * (right[from + 2 * toNext] as number);
    p3 += p * (right[from + 3 * toNext] as number);
  }
  addFour(c, c.start + row * c.row + column * c.column, p0, p1, p2, p3);
}

function addFour({ data, column }: View, to: number, s0: number, s1: number, s2: number, s3: number): void {
  data[to] = (data[to] as number) + s0;
  data[to + column] = (data[to + column] as number) + s1;
  data[to + 2 * column] = (data[to + 2 * column] as number) + s2;
  data[to + 3 * column] = (data[to + 3 * column] as number) + s3;
}

function addOne(c: View, a: View, b: View, row: number, column: number, inner: number): void {
  const { data: left, column: step } = a;
  const { data: right, row: stride } = b;
  let at = a.start + row * a.row;
  let from = b.start + column * b.column;
  let sum = 0;
  for (let index = 0; index < inner; index++, at += step, from += stride) sum += (left[at] as number) * (right[from] as number);
  const to = c.start + row * c.row + column * c.column;
  c.data[to] = (c.data[to] as number) + sum;
}
