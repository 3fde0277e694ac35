import { AppError } from '#/errors.ts';

/** Why a caller has no answer although none failed: the same words for every transport. */
export function timedOut(): AppError {
  return new AppError('deadline', 'It did not answer in time.', { failure: { kind: 'timeout', notSent: false } });
}

/** The caller's own signal ended the call; `notSent` when that was before anything left. */
export function abandoned(signal: AbortSignal, notSent: boolean): AppError {
  const reason: unknown = signal.reason;
  const code = AppError.is(reason, 'deadline') ? 'deadline' : 'cancelled';
  return new AppError(code, 'The caller no longer waits for the answer.', { cause: reason, failure: { kind: 'cancelled', notSent } });
}
