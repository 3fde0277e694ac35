import { AppError } from '@mlab/kernel/errors';
import { shown, typeOf } from '#/shape.ts';

export type Parameters = Readonly<Record<string, string | number | boolean>>;

/** Parameters of a request or tensor. Those that nobody knows are let pass, as the protocol wants it. */
export function readParameters(of: string, parameters: unknown): Parameters | undefined {
  if (parameters === undefined) return undefined;
  if (typeof parameters !== 'object' || parameters === null || Array.isArray(parameters))
    throw new AppError('invalid', `The parameters of ${of} have to be an object, and are ${typeOf(parameters)}.`);
  const record = parameters as Record<string, unknown>;
  for (const key in record) {
    const value = record[key];
    if (typeof value === 'object') throw refusal(of, key, 'a string, a number or a boolean', value);
  }
  return record as Parameters;
}

export function readFlag(of: string, parameters: Parameters | undefined, key: string): boolean | undefined {
  const value = parameters?.[key];
  if (value === undefined || typeof value === 'boolean') return value;
  throw refusal(of, key, 'true or false', value);
}

/** A number of bytes, classes, … */
export function readSize(of: string, parameters: Parameters | undefined, key: string): number | undefined {
  const value = parameters?.[key];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw refusal(of, key, 'an integer from 0 on', value);
}

const refusal = (of: string, key: string, expected: string, value: unknown): AppError =>
  new AppError('invalid', `The parameter ${key.slice(0, 80)} of ${of} has to be ${expected}, and is ${shown(value)}.`);
