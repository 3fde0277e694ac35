import type { Value } from '#/compile/value.ts';
import type { Column } from '#/scorer/columns.ts';
import { AppError } from '@mlab/kernel/errors';

/** Copies `count` values from `from` on into the buffer of an input. What is not of the input's type is refused. */
export function fill(name: string, value: Value, column: Column, from: number, count: number): void {
  if (value.kind === 'string') fillStrings(name, value.data, column, from, count);
  else if (value.kind === 'int64' || value.kind === 'int32') fillIntegers(name, value, column, from, count);
  else if (value.kind === 'bool') fillBooleans(name, value.data, column, from, count);
  else if (column instanceof Float32Array && value.data instanceof Float32Array && count > LOOPED) {
    value.data.set(column.subarray(from, from + count));
  } else fillReals(name, value.data, column, from, count);
}

/** Up to so many values a loop is faster than a view and a copy of it. */
const LOOPED = 256;

function fillReals(name: string, data: { [index: number]: number }, column: ArrayLike<unknown>, from: number, count: number): void {
  for (let at = 0; at < count; at++) {
    const value = column[from + at];
    if (typeof value !== 'number') throw refusal(name, 'a number', value, from + at);
    data[at] = value;
  }
}

function fillIntegers(name: string, { kind, data }: Value, column: ArrayLike<unknown>, from: number, count: number): void {
  const isShort = kind === 'int32';
  for (let at = 0; at < count; at++) {
    const value = column[from + at];
    const number = typeof value === 'bigint' ? Number(value) : value;
    const fits = typeof number === 'number' && (isShort ? (number | 0) === number : Number.isInteger(number) && isExact(number, value));
    if (!fits) throw refusal(name, isShort ? 'an integer of 32 bits' : 'an integer that a double can hold exactly', value, from + at);
    data[at] = number;
  }
}

const isExact = (number: number, value: unknown): boolean =>
  typeof value === 'bigint' ? BigInt(number) === value : Number.isSafeInteger(number);

function fillBooleans(name: string, data: { [index: number]: number }, column: ArrayLike<unknown>, from: number, count: number): void {
  for (let at = 0; at < count; at++) {
    const value = column[from + at];
    if (typeof value !== 'boolean' && value !== 0 && value !== 1) throw refusal(name, 'a boolean', value, from + at);
    data[at] = Number(value);
  }
}

function fillStrings(name: string, data: string[], column: ArrayLike<unknown>, from: number, count: number): void {
  for (let at = 0; at < count; at++) {
    const value = column[from + at];
    if (typeof value !== 'string') throw refusal(name, 'a string', value, from + at);
    data[at] = value;
  }
}

const refusal = (name: string, expected: string, value: unknown, index: number): AppError =>
  new AppError('invalid', `${name} has to be ${expected}; value ${index} is ${shown(value)}.`);

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value.slice(0, 80))
    : typeof value === 'object' && value !== null
      ? 'an object'
      : String(value);
