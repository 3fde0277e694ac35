import { AppError } from '@mlab/kernel';

/** The signal ended the operation: the caller's deadline, or the caller. */
export function abandoned({ reason }: AbortSignal): AppError {
  const isDeadline = AppError.is(reason, 'deadline') || (reason instanceof Error && reason.name === 'TimeoutError');
  return isDeadline
    ? new AppError('deadline', 'The time for this object ran out.', { cause: reason })
    : new AppError('cancelled', 'The caller no longer waits for this object.', { cause: reason });
}
