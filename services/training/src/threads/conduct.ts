import type { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@mlab/kernel/errors';
import { openControl, type Control } from '#/worker/control.ts';
import type { Order, Said } from '#/worker/messages.ts';

export type Heard = Exclude<Said, { kind: 'done' | 'failed' }>;

type WithoutControl<T> = T extends unknown ? Omit<T, 'control'> : never;
export type UncontrolledOrder = WithoutControl<Order>;

export interface Conducting {
  /** Asks the thread to end; it is terminated when it has not after `graceMs`. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
  readonly onSaid?: ((said: Heard, control: Control) => void) | undefined;
}

/**
 * Has a thread do one thing, and answers what comes of it. What the thread refuses comes as the error it is; when it dies, as a sentence.
 * `begin` gives it what it is controlled by.
 */
export async function conduct<R>(
  worker: Worker,
  { signal, graceMs, memoryMb, onSaid }: Conducting & { readonly memoryMb: number },
  begin: (control: Control) => void,
): Promise<R> {
  const control = openControl();
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  let terminating: NodeJS.Timeout | undefined;
  const hear = (said: Said): void => {
    if (said.kind === 'done') resolve(said.result as R);
    else if (said.kind === 'failed') reject(failure(said));
    else onSaid?.(said, control);
  };
  const die = (error: unknown): void => reject(signal.aborted ? signal.reason : died(error, memoryMb));
  const exit = (): void => die(new Error('The thread of a job has ended without a word.'));
  const stop = (): void => {
    control.cancel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage('end');
    terminating = setTimeout(() => void worker.terminate(), graceMs);
  };
  worker.on('message', hear).on('error', die).on('exit', exit);
  signal.addEventListener('abort', stop, { once: true });
  try {
    begin(control);
    if (signal.aborted) stop();
    return await promise;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    worker.off('message', hear).off('error', die).off('exit', exit);
    clearTimeout(terminating);
  }
}

function died(error: unknown, memoryMb: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new AppError(
      'exhausted',
      `Training needs more than the ${memoryMb} MiB of memory that one job may have (MLAB_TRAINING_MEMORY_MB).`,
      { cause: error },
    );
  return error;
}

/** `internal` is a defect of ours, whose text is for the log. */
function failure({ code, message }: Extract<Said, { kind: 'failed' }>): Error {
  return code === 'internal' ? new Error(message) : new AppError(code as ErrorCode, message);
}
