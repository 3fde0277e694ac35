import { AppError } from '@mlab/kernel/errors';
import { columnsByName, type Table, type TableColumn } from '#/table.ts';

/** The column that rows are told apart by. */
export function splitColumn(table: Table, name: string, purpose: string): TableColumn {
  const column = columnsByName(table).get(name);
  if (column === undefined) throw new AppError('invalid', `The table has no column "${name}" to split ${purpose}.`);
  return column;
}

/** Rows of each value, in the order in which values come first; those without a value are a group of their own. */
export function groupsOf(table: Table, name: string): number[][] {
  const column = splitColumn(table, name, 'by group');
  const groups = new Map<number, number[]>();
  for (let row = 0; row < table.rows; row++) {
    const key = (column.kind === 'text' ? column.codes[row] : column.values[row]) as number;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return [...groups.values()];
}

export interface Ordered {
  /** Rows from the earliest to the latest. */
  readonly rows: Int32Array;
  /** Of each of `rows`. */
  readonly times: Float64Array;
}

/** Rows by time. A row without one could be before or after any other, so it is refused. */
export function ordered(table: Table, name: string): Ordered {
  const column = splitColumn(table, name, 'by time');
  if (column.kind !== 'time' && column.kind !== 'number') {
    throw new AppError('invalid', `The column "${name}" is ${column.kind}; to split by time it has to be a time or a number.`);
  }
  const { values } = column;
  const missing = values.reduce((count, value) => count + Number(Number.isNaN(value)), 0);
  if (missing > 0) throw new AppError('invalid', `${missing} of ${table.rows} rows have no value in "${name}", which rows are split by.`);
  const rows = Int32Array.from({ length: table.rows }, (_, row) => row);
  rows.sort((a, b) => (values[a] as number) - (values[b] as number) || a - b);
  return { rows, times: Float64Array.from(rows, (row) => values[row] as number) };
}

export function checkGap(gap: number): void {
  if (!(gap >= 0) || !Number.isFinite(gap)) throw new AppError('invalid', `The gap before later rows has to be 0 or more, not ${gap}.`);
}

/** Where rows end that are more than the gap before those from `start` on. */
export function endBefore(times: Float64Array, start: number, gap: number): number {
  if (gap === 0 || start >= times.length) return start;
  const latest = (times[start] as number) - gap;
  let end = start;
  while (end > 0 && (times[end - 1] as number) >= latest) end--;
  return end;
}
