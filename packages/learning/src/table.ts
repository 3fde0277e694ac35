/* A table as it was read: named columns of equally many rows. The arrays may lie in shared memory, and nothing in them is ever changed. */

export interface NumberField {
  readonly kind: 'number';
  readonly name: string;
  /** NaN where there is no value. */
  readonly values: Float64Array;
}

export interface BooleanField {
  readonly kind: 'boolean';
  readonly name: string;
  /** 0 or 1; NaN where there is no value. */
  readonly values: Float64Array;
}

export interface TimeField {
  readonly kind: 'time';
  readonly name: string;
  /** Milliseconds since 1970 in UTC; NaN where there is no value. */
  readonly values: Float64Array;
}

export interface TextField {
  readonly kind: 'text';
  readonly name: string;
  /** Index in `words`; -1 where there is no value. */
  readonly codes: Int32Array;
  /** Each once. Not all of them need to be in these rows. */
  readonly words: readonly string[];
}

export type TableColumn = NumberField | BooleanField | TimeField | TextField;

/** No two columns have the same name; any text may be one, so that names are never keys of plain objects. */
export interface Table {
  readonly rows: number;
  readonly columns: readonly TableColumn[];
}

export const columnsByName = (table: Table): ReadonlyMap<string, TableColumn> =>
  new Map(table.columns.map((column) => [column.name, column]));

/** Arrays that threads may share. */
export const sharedFloats = (length: number): Float32Array => new Float32Array(new SharedArrayBuffer(length * 4));
export const sharedDoubles = (length: number): Float64Array => new Float64Array(new SharedArrayBuffer(length * 8));
export const sharedIntegers = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));

/** The table of some rows, in their order. Words are shared. */
export function takeRows(table: Table, rows: Int32Array): Table {
  return { rows: rows.length, columns: table.columns.map((column) => takeOf(column, rows)) };
}

function takeOf(column: TableColumn, rows: Int32Array): TableColumn {
  if (column.kind === 'text') {
    const codes = sharedIntegers(rows.length);
    for (let at = 0; at < rows.length; at++) codes[at] = column.codes[rows[at] as number] as number;
    return { ...column, codes };
  }
  const values = sharedDoubles(rows.length);
  for (let at = 0; at < rows.length; at++) values[at] = column.values[rows[at] as number] as number;
  return { ...column, values };
}
