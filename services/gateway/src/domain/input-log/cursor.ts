import { AppError } from '@mlab/kernel';
import { INPUT_ID } from '#/domain/input-log/input-id.ts';

/** Where a page ended, as a text that says nothing to who gets it. */
export const encodeCursor = (lastId: string): string => Buffer.from(lastId.replaceAll('-', ''), 'hex').toString('base64url');

export function decodeCursor(cursor: string): string {
  const digits = Buffer.from(cursor, 'base64url').toString('hex');
  const id = digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  if (INPUT_ID.test(id) && encodeCursor(id) === cursor) return id;
  const issue = { type: 'value_error', loc: ['query', 'cursor'], msg: 'Input should be the `next` of an earlier answer', input: cursor };
  throw new AppError('invalid', 'The cursor is not one that this service has given: take the `next` of an earlier answer.', {
    issues: [issue],
  });
}
