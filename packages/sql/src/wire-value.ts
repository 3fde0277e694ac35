import { AppError } from '@mlab/kernel';

/** What can be bound to a statement. Objects go through `jsonb`, absent values as `null`. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | Date
  | Uint8Array
  | Float64Array
  | Float32Array
  | Int32Array
  | BigInt64Array
  | readonly SqlValue[];

/** A value as the driver sends it: in PostgreSQL's text form, bytes as they are. Refuses what the database would change or cannot hold. */
export function wireValue(value: SqlValue): string | Buffer | null {
  if (value === null || typeof value !== 'object') return scalar(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (value instanceof Date) return time(value);
  if (isList(value)) return list(value);
  throw new Error('An object stands among the values of a statement: pass it as jsonb(object).');
}

function isList(value: object): value is readonly SqlValue[] {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}

function scalar(value: string | number | bigint | boolean | null): string | null {
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    default:
      if (value === null) return null;
      throw new Error(
        `${value === undefined ? 'undefined' : `A ${typeof value}`} stands among the values of a statement: pass null for an absent value.`,
      );
  }
}

/** The driver would put U+FFFD in the place of half a surrogate pair, so what is read would not be what was written. */
function wellFormed(value: string): string {
  if (value.includes('\0')) throw new AppError('invalid', 'A text holds the character NUL (U+0000), which the database cannot keep.');
  if (!value.isWellFormed()) throw new AppError('invalid', 'A text holds half of a surrogate pair, which is not a character.');
  return value;
}

function time(value: Date): string {
  const year = value.getUTCFullYear();
  if (year >= 1 && year <= 9999) return value.toISOString();
  throw new AppError(
    'invalid',
    `A time is ${Number.isNaN(year) ? 'not a date' : `in the year ${year}`}: expected one in the years 1 to 9999.`,
  );
}

/** PostgreSQL's text form of an array. Numbers need no quotes, and lists of numbers are where length counts. */
function list(values: readonly SqlValue[]): string {
  let text = '{';
  for (let index = 0; index < values.length; index++) {
    if (index > 0) text += ',';
    text += element(values[index] as SqlValue);
  }
  return `${text}}`;
}

function element(value: SqlValue): string {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return scalar(value) as string;
  if (value === null) return 'NULL';
  const wire = wireValue(value);
  if (typeof value === 'object' && isList(value) && !(value instanceof Uint8Array)) return wire as string;
  if (wire instanceof Buffer) return `"\\\\x${wire.toString('hex')}"`;
  return `"${(wire as string).replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}
