import { AppError } from '@mlab/kernel/errors';

/** As NumPy has it at most. */
const MOST_DIMENSIONS = 64;

/** How many values a shape has room for. What is no shape, or too large for any request, is refused. */
export function countOf(name: string, shape: unknown): number {
  if (!Array.isArray(shape)) throw new AppError('invalid', `The shape of ${name} has to be a list of integers, and is ${typeOf(shape)}.`);
  if (shape.length > MOST_DIMENSIONS)
    throw new AppError('invalid', `${name} has ${shape.length} dimensions, and may have ${MOST_DIMENSIONS}.`);
  let count = 1;
  for (const dimension of shape as readonly unknown[]) {
    if (typeof dimension !== 'number' || !Number.isSafeInteger(dimension) || dimension < 0)
      throw new AppError('invalid', `The shape of ${name} has to be a list of integers from 0 on, and has ${shown(dimension)} in it.`);
    count *= dimension;
  }
  if (!Number.isSafeInteger(count)) throw new AppError('invalid', `${name} cannot be as large as its shape says: ${shapeText(shape)}.`);
  return count;
}

/** `[2,4]` */
export const shapeText = (shape: readonly unknown[]): string => `[${shape.join(',')}]`;

/** A value that was refused, as short as a sentence can bear it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  return typeof value === 'object' && value !== null ? typeOf(value) : String(value);
}

export function typeOf(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
