import { AppError } from '@mlab/kernel';

export function behindEnd(key: string, start: number, size?: number): AppError {
  const length = size === undefined ? 'has not so many' : `has ${size}`;
  const msg = `The range begins at byte ${start}, counted from 0, and "${key}" ${length}.`;
  return new AppError('invalid', msg, { issues: [{ type: 'value_error', loc: ['range'], msg, input: start }] });
}
