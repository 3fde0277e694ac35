import type { Row, RowMapper } from '@mlab/kernel';

/*
 * What the driver gives, by type of the column:
 *   bool → boolean · int2, int4, float4, float8 → number · int8 → bigint · numeric, date, timestamp, interval → their text
 *   timestamptz → Date (milliseconds; a column that is compared with what was read should be timestamptz(3))
 *   json, jsonb → their text · bytea → Buffer · arrays → arrays of these
 */

export function text(value: unknown): string {
  return typeof value === 'string' ? value : refuse('text', value);
}

/** A whole number that a JavaScript number holds exactly, from any of PostgreSQL's integer types: count(*) is an int8. */
export function integer(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  return Number.isSafeInteger(number) ? (number as number) : refuse('a whole number within ±(2^53 − 1)', value);
}

/** An int8 in full. */
export function bigint(value: unknown): bigint {
  return typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value as number) : refuse('an integer', value);
}

/** A floating-point number, perhaps NaN or infinite; a numeric is rounded to one. */
export function number(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'string' && NUMERIC.test(value) ? Number(value) : refuse('a number', value);
}

const NUMERIC = /^-?(\d+(\.\d+)?(e[+-]?\d+)?|Infinity)$|^NaN$/i;

export function boolean(value: unknown): boolean {
  return typeof value === 'boolean' ? value : refuse('true or false', value);
}

export function timestamp(value: unknown): Date {
  return value instanceof Date ? value : refuse('a timestamptz', value);
}

/** The value of a json or jsonb column, as who wrote it has typed it. `text` gives its text as it is, for who only hands it on. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- names what the store itself has put there
export function json<T = unknown>(value: unknown): T {
  return JSON.parse(text(value)) as T;
}

export function bytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : refuse('bytes', value);
}

export function oneOf<const T extends string>(values: readonly T[], value: unknown): T {
  return values.includes(value as T) ? (value as T) : refuse(`one of ${values.join(', ')}`, value);
}

export function nullable<T>(map: (value: unknown) => T, value: unknown): T | undefined {
  return value === null ? undefined : map(value);
}

/** The elements of an array column. */
export function listOf<T>(map: (value: unknown) => T, value: unknown): readonly T[] {
  return Array.isArray(value) ? value.map((item) => map(item)) : refuse('an array', value);
}

function refuse(expected: string, value: unknown): never {
  throw new Error(value === undefined ? 'the statement gives no such column' : `expected ${expected}, got ${shown(value)}`);
}

function shown(value: unknown): string {
  if (value === null) return 'NULL';
  const form = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'bigint' ? String(value) : `a ${typeof value}`;
  return form.length > 80 ? `${form.slice(0, 80)}…` : form;
}

/** Maps a row; when that fails, maps it once more to see which column it was, and says so. */
export function mapRow<T>(map: RowMapper<T>, row: Row): T {
  try {
    return map(row);
  } catch (error) {
    throw new Error(`Column ${lastColumn(map, row)}: ${error instanceof Error ? error.message : String(error)}.`, { cause: error });
  }
}

function lastColumn(map: RowMapper<unknown>, row: Row): string {
  let last = '(none)';
  const watched = new Proxy(row, {
    get(target, name) {
      last = String(name);
      return target[last];
    },
  });
  try {
    map(watched);
  } catch {
    // The same as before; what counts is the last column it looked at.
  }
  return last;
}
