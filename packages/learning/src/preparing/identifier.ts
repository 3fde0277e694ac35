import type { TableColumn } from '#/table.ts';

/** In fewer rows all values may differ by chance. */
const FEWEST_ROWS = 20;

export interface Spread {
  readonly kind: TableColumn['kind'];
  /** Rows that have a value, and how many different ones. */
  readonly count: number;
  readonly distinct: number;
  /** Of numbers. */
  readonly min?: number;
  readonly max?: number;
  readonly areWhole?: boolean;
}

/** Whether values only name rows: words that are all different, or whole numbers that are and fill more than half of their range. */
export function looksLikeIdentifier({ kind, count, distinct, min = 0, max = 0, areWhole = false }: Spread): boolean {
  if (count < FEWEST_ROWS || distinct < count) return false;
  return kind === 'text' || (kind === 'number' && areWhole && max - min < 2 * count);
}

export function spreadOf(column: TableColumn): Spread {
  if (column.kind === 'text') {
    const present = column.codes.filter((code) => code >= 0);
    const seen = new Uint8Array(column.words.length);
    for (const code of present) seen[code] = 1;
    return { kind: 'text', count: present.length, distinct: seen.reduce((sum, one) => sum + one, 0) };
  }
  const { kind, values } = column;
  let [count, min, max, areWhole] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
    areWhole &&= Number.isSafeInteger(value);
  }
  return {
    kind,
    count,
    distinct: count > 0 && areWhole && max - min < 2 * count ? distinctWhole(values, min, max) : 0,
    min,
    max,
    areWhole,
  };
}

function distinctWhole(values: Float64Array, min: number, max: number): number {
  const seen = new Uint8Array(max - min + 1);
  for (const value of values) if (!Number.isNaN(value)) seen[value - min] = 1;
  return seen.reduce((sum, one) => sum + one, 0);
}
