import { AppError } from '@mlab/kernel/errors';
import type { Matrix } from '#/matrix.ts';

/** The number columns of a matrix that preparing has made dense. Anything else is a mistake of whoever prepared it. */
export function numberColumns({ columns }: Matrix): readonly Float32Array[] {
  return columns.map((column) => {
    if (column.kind !== 'number') throw new Error(`The column ${column.name} is made of categories; it has to be prepared first.`);
    for (let row = 0; row < column.values.length; row++) {
      const value = column.values[row] as number;
      if (value - value === 0) continue;
      if (Number.isNaN(value)) throw new Error(`The column ${column.name} has no value in row ${row}; it has to be prepared first.`);
      throw new AppError('invalid', `The column ${column.name} has a value in row ${row} that is too large for a float32.`);
    }
    return column.values;
  });
}

/** 8 GiB. */
const MOST_DOUBLES = 2 ** 30;

/** Its numbers row after row, in doubles. */
export function denseRows(matrix: Matrix): Float64Array {
  const columns = numberColumns(matrix);
  const width = columns.length;
  if (matrix.rows * width > MOST_DOUBLES) {
    throw new AppError(
      'invalid',
      `${matrix.rows} rows of ${width} columns take more memory than this trainer may have: ${MOST_DOUBLES * 8} bytes.`,
    );
  }
  const result = new Float64Array(matrix.rows * width);
  columns.forEach((values, column) => {
    for (let row = 0, at = column; row < matrix.rows; row++, at += width) result[at] = values[row] as number;
  });
  return result;
}

/** The rows `from` to `from + count` of columns, row after row, into the front of `rows`. */
export function copyRows(columns: readonly Float32Array[], from: number, count: number, rows: Float64Array): void {
  const width = columns.length;
  for (let column = 0; column < width; column++) {
    const values = columns[column] as Float32Array;
    for (let row = 0, at = column; row < count; row++, at += width) rows[at] = values[from + row] as number;
  }
}
