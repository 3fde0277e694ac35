import type { TableColumn } from '#/table.ts';

/** In fewer rows all values may differ by chance. */
const FEWEST_ROWS = 20;

export interface Spread {
  readonly name: string;
  readonly kind: TableColumn['kind'];
  /** Rows that have a value, and how many different ones. */
  readonly count: number;
  readonly distinct: number;
  /** Of numbers. */
  readonly min?: number;
  readonly max?: number;
  readonly areWhole?: boolean;
}

/**
 * Whether values only name rows: words that are all different, or whole numbers that are, where they count from 0 or 1 on, or are called an id. Years
 * of a series are none.
 */
export function looksLikeIdentifier({ name, kind, count, distinct, min = 0, max = 0, areWhole = false }: Spread): boolean {
  if (count < FEWEST_ROWS || distinct < count) return false;
  if (kind === 'text') return true;
  const areCounted = (min === 0 || min === 1) && max - min < 1.1 * count;
  return kind === 'number' && areWhole && (areCounted || /(^|[^a-zA-Z])[iI][dD]$|[a-z]I[dD]$/.test(name));
}

export function spreadOf(column: TableColumn): Spread {
  if (column.kind === 'text') {
    const present = column.codes.filter((code) => code >= 0);
    const seen = new Uint8Array(column.words.length);
    for (const code of present) seen[code] = 1;
    return { name: column.name, kind: 'text', count: present.length, distinct: seen.reduce((sum, one) => sum + one, 0) };
  }
  const { name, kind, values } = column;
  let [count, min, max, areWhole] = [0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, true];
  for (const value of values) {
    if (Number.isNaN(value)) continue;
    count++;
    if (value < min) min = value;
    if (value > max) max = value;
    areWhole &&= Number.isSafeInteger(value);
  }
  // In a narrower range than there are rows some have to be equal.
  const mayDiffer = count > 0 && areWhole && max - min >= count - 1;
  const distinct = mayDiffer ? new Set(values.filter((value) => !Number.isNaN(value))).size : 0;
  return { name, kind, count, distinct, min, max, areWhole };
}
