import { AppError, type ErrorCode } from '@mlab/kernel';

/** What another attempt may find otherwise. */
const PASSING: readonly ErrorCode[] = ['unavailable', 'deadline', 'bad_gateway', 'timed_out', 'cancelled', 'storage_full'];
/** Attempts of what has failed for a reason that nobody has foreseen. */
const UNFORESEEN = 3;
/** Attempts while a neighbour is away: with their growing waits they last for twenty minutes. */
const PATIENT = 50;

/** Whether it may be otherwise in a moment, as when a neighbour is away. */
export const isPassing = (error: unknown): boolean =>
  AppError.is(error) && (PASSING.includes(error.code) || error.retryAfter !== undefined);

/** Why a job has failed for good, as a sentence; undefined: it is tried again. */
export function finalFailure(error: unknown, attempt: number): string | undefined {
  if (!AppError.is(error) || error.code === 'internal')
    return attempt < UNFORESEEN ? undefined : 'Something went wrong inside the training service; its log says more.';
  return isPassing(error) && attempt < PATIENT ? undefined : error.message;
}
