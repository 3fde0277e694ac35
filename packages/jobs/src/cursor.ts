import { AppError } from '@mlab/kernel';

/** Where a page of jobs ended. */
export interface Position {
  /** ISO 8601 with microseconds, as PostgreSQL keeps it. */
  readonly createdAt: string;
  readonly id: string;
}

const POSITION = /^((?!0000)\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export const writeCursor = ({ createdAt, id }: Position): string => Buffer.from(`${createdAt} ${id}`).toString('base64url');

export function readCursor(cursor: string): Position {
  const [, createdAt = '', id = ''] = POSITION.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (isTime(createdAt)) return { createdAt, id };
  const issues = [{ type: 'cursor', loc: ['query', 'after'], msg: 'must be the next of another page', input: cursor }];
  throw new AppError('invalid', 'after must be the next of another page of jobs.', { issues });
}

/** Whether there is such a day and hour, which the form alone does not say. */
function isTime(text: string): boolean {
  const time = new Date(text);
  return !Number.isNaN(time.getTime()) && time.toISOString().slice(0, 19) === text.slice(0, 19);
}
