import { AppError } from '@mlab/kernel';
import { DatabaseError } from 'pg';

/** The error of PostgreSQL behind an error, however often it was wrapped. */
function databaseError(error: unknown): DatabaseError | undefined {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof DatabaseError) return at;
  return undefined;
}

/** PostgreSQL's five letters for what went wrong; undefined when it was not PostgreSQL that said it. */
export function sqlState(error: unknown): string | undefined {
  return databaseError(error)?.code;
}

/** Whether a row was refused because one with the same key is there; with a name: by that constraint or index. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates('23505', error, constraint);
}

/** Whether a row was refused because what it refers to is not there, or because others refer to it. */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates('23503', error, constraint);
}

/** Whether a regular expression is none to PostgreSQL: `name ~ $1`. The message behind it says why. */
export function isInvalidPattern(error: unknown): boolean {
  return sqlState(error) === '2201B';
}

function violates(code: string, error: unknown, constraint: string | undefined): boolean {
  const found = databaseError(error);
  return found?.code === code && (constraint === undefined || found.constraint === constraint);
}

/** Whether the same work may succeed when it is done again: it met other work, or a plan that is out of date. */
export function isCollision(error: unknown): boolean {
  const code = sqlState(error);
  return code === '40001' || code === '40P01' || isStalePlan(error);
}

/** A prepared statement whose table has since been changed, by a newer version of this program. It was not run; another connection prepares it anew. */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = databaseError(error) ?? {};
  return code === '0A000' && routine === 'RevalidateCachedQuery';
}

/** Cancelled, by us, by its time limit or by somebody with the right to. */
export function isCancelled(error: unknown): boolean {
  return sqlState(error) === '57014';
}

/**
 * Whether the database cannot be used for now: the connection is gone, the server is going or coming, it has no room, or it has become a
 * standby.
 */
export function isUnavailable(error: unknown): boolean {
  return AppError.is(error, 'unavailable') || /^(08|53|57P|58|25006|25P03|26000)/.test(sqlState(error) ?? '');
}

/** Whether the connection is of no more use. */
export function spoilsConnection(error: unknown): boolean {
  return isUnavailable(error) || isStalePlan(error);
}

/** What a caller gets for a statement that failed: a code where it may see why, and otherwise an error for the log. */
export function failure(error: unknown, service: string, statement: string): Error {
  if (!(error instanceof DatabaseError)) return error instanceof Error ? error : new Error(String(error));
  if (isUnavailable(error)) return unavailable(service, error);
  const said = error.message;
  if (isCancelled(error)) return new AppError('deadline', `The database stopped a statement of ${service}: ${said}.`, { cause: error });
  return new Error(`The database refused a statement of ${service}: ${said}. It was: ${excerpt(statement)}`, { cause: error });
}

function excerpt(statement: string): string {
  const line = statement.trim().replaceAll(/\s+/g, ' ');
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

export function unavailable(service: string, cause: unknown): AppError {
  return new AppError('unavailable', `The database of ${service} cannot be used at the moment.`, { cause, retryAfter: 1 });
}
