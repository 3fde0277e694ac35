import { AppError, type CallMeta, type Clock } from '@mlab/kernel';

/** Runs `task` once when the call is over before its work is: its deadline has passed, or its caller has gone. The answer calls that off. */
export function onEarlyEnd(call: CallMeta, clock: Clock, task: (reason: AppError) => void): () => void {
  const { signal, deadline } = call;
  const finish = (reason: AppError): void => {
    stop();
    task(reason);
  };
  const onAbort = (): void => finish(reasonOf(signal));
  const cancel = clock.schedule(timerMs(deadline - clock.monotonic()), () => finish(outOfTime()));
  signal.addEventListener('abort', onAbort);
  function stop(): void {
    cancel();
    signal.removeEventListener('abort', onAbort);
  }
  return stop;
}

/** In tens of milliseconds, because Node keeps timers of equal length in one list; and no longer than a timer of Node can be. */
function timerMs(remaining: number): number {
  return Math.min(2 ** 31 - 1, Math.max(1, Math.ceil(remaining / 10) * 10));
}

/** Why no work should begin for this call any more; undefined as long as it should. */
export function endedEarly({ signal, deadline }: CallMeta, clock: Clock): AppError | undefined {
  if (signal.aborted) return reasonOf(signal);
  return clock.monotonic() >= deadline ? outOfTime() : undefined;
}

function reasonOf({ reason }: AbortSignal): AppError {
  if (AppError.is(reason, 'deadline')) return outOfTime();
  return new AppError('cancelled', 'The caller went away before the database had answered.', { cause: reason });
}

function outOfTime(): AppError {
  return new AppError('deadline', 'The database did not answer in time.');
}
