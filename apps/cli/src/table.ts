import { stripVTControlCharacters } from 'node:util';

/** Columns as wide as their widest cell; the first row is the heading. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => width(row[column] ?? ''))));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - width(cell))).join('   ')}`.trimEnd() + '\n')
    .join('');
}

const width = (cell: string): number => stripVTControlCharacters(cell).length;
