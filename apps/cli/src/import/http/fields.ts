import type { Pair } from '../source.ts';
import type { Fields } from './ask.ts';

/** Reads what another server has answered: what is not as it should be is as if it were missing, or said. */
export function textField(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

export function mustText(fields: Fields, name: string): string {
  const value = textField(fields, name);
  if (value === undefined) throw new Error(`an answer has no ${name}`);
  return value;
}

/** A whole number; also as a text, as protobuf writes an int64. */
export function integerField(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  if (value === undefined || value === null || value === '') return undefined;
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new Error(`${name} is no whole number`);
  return number;
}

/** Perhaps NaN or infinite, which JSON has no numbers for. */
export function numberField(fields: Fields, name: string): number {
  const value = fields[name];
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && (!Number.isNaN(number) || value === 'NaN')) return number;
  throw new Error(`${name} is no number`);
}

export function listField(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) ? value.filter((one): one is Fields => typeof one === 'object' && one !== null) : [];
}

export function objectField(fields: Fields, name: string): Fields {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export const pairsField = (fields: Fields, name: string): readonly Pair[] =>
  listField(fields, name).map((one) => ({ key: textField(one, 'key') ?? '', value: textField(one, 'value') ?? '' }));
