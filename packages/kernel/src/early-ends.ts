import { AppError } from '#/errors.ts';

/** Why a caller has no answer although none failed: the same words for every transport. */
export function timedOut(): AppError {
  return new AppError('deadline', 'It did not answer in time.', { failure: { kind: 'timeout', notSent: false } });
}

/** No answer came about; `notSent` when there was not even a connection. */
export function unreached(cause: Error, notSent: boolean): AppError {
  const message = notSent ? 'It refused the connection.' : 'It closed the connection before it answered.';
  return new AppError('unavailable', message, { cause, failure: { kind: notSent ? 'refused' : 'reset', notSent } });
}

/** A part of the answer came, and no more. */
export function brokenOff(cause: unknown): AppError {
  return new AppError('unavailable', 'It broke off in the middle of its answer.', { cause, failure: { kind: 'reset', notSent: false } });
}

/** The caller's own signal ended the call; `notSent` when that was before anything left. */
export function abandoned(signal: AbortSignal, notSent: boolean): AppError {
  const reason: unknown = signal.reason;
  const code = AppError.is(reason, 'deadline') ? 'deadline' : 'cancelled';
  return new AppError(code, 'The caller no longer waits for the answer.', { cause: reason, failure: { kind: 'cancelled', notSent } });
}
