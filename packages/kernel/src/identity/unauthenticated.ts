import { AppError } from '#/errors.ts';

/** Nobody knows who calls. A 401 must say by which scheme one could prove it (RFC 9110 §11.6.1); browsers know nothing of this one. */
export function unauthenticated(message: string, cause?: unknown): AppError {
  return new AppError('unauthenticated', message, { cause, headers: { 'www-authenticate': 'MlabIdentity' } });
}
