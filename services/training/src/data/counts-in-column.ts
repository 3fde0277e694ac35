import type { TableColumn } from '@mlab/learning';
import type { Counts } from '#/data/look-through.ts';

const EXAMPLES = 5;

/** Of a column that was read: cheaper than to ask DuckDB where there are thousands of columns. */
export function countsInColumn(column: TableColumn): Counts & { readonly examples: string[] } {
  if (column.kind === 'text') {
    const present = column.codes.reduce((count, code) => count + Number(code >= 0), 0);
    const examples = column.words.slice(0, EXAMPLES).map((word) => word.slice(0, 100));
    return { present, distinct: column.words.length, min: 0, max: 0, areWhole: false, examples };
  }
  const different = new Set<number>();
  let [present, min, max, areWhole] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const value of column.values) {
    if (Number.isNaN(value)) continue;
    present++;
    different.add(value);
    min = Math.min(min, value);
    max = Math.max(max, value);
    areWhole &&= Number.isInteger(value);
  }
  const examples = Array.from(different.values().take(EXAMPLES), (value) => shownAs(value, column.kind));
  return { present, distinct: different.size, min, max, areWhole, examples };
}

function shownAs(value: number, kind: TableColumn['kind']): string {
  if (kind === 'boolean') return String(value === 1);
  return kind === 'time' && Math.abs(value) <= 8.64e15 ? new Date(value).toISOString() : String(value);
}
