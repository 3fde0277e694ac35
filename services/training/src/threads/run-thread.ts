import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@mlab/kernel';
import { openControl, type Control } from '#/worker/control.ts';
import type { Order, Said } from '#/worker/messages.ts';

const THREAD = new URL('../worker/thread.ts', import.meta.url);
const STACK_MB = 8;

export type Heard = Exclude<Said, { kind: 'done' | 'failed' }>;

type WithoutControl<T> = T extends unknown ? Omit<T, 'control'> : never;

export interface ThreadOptions {
  readonly order: WithoutControl<Order>;
  /** Asks the thread to end; it is terminated when it has not after `graceMs`. */
  readonly signal: AbortSignal;
  readonly graceMs: number;
  /** Of JavaScript objects, in MiB. */
  readonly memoryMb: number;
  readonly onSaid?: (said: Heard, control: Control) => void;
}

/**
 * Does what is ordered in a thread of its own, and answers what comes of it. What the thread refuses comes as the error it is; when it
 * dies, as a sentence: nothing else dies with it.
 */
export async function runThread<R>({ order, signal, graceMs, memoryMb, onSaid }: ThreadOptions): Promise<R> {
  signal.throwIfAborted();
  const control = openControl();
  const worker = new Worker(THREAD, {
    workerData: { ...order, control: control.buffer },
    resourceLimits: { maxOldGenerationSizeMb: memoryMb, stackSizeMb: STACK_MB },
    // What it prints would be nobody's.
    stdout: true,
    stderr: true,
  });
  const { promise, resolve, reject } = Promise.withResolvers<R>();
  let terminating: NodeJS.Timeout | undefined;
  const stop = (): void => {
    control.cancel();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    worker.postMessage('end');
    terminating = setTimeout(() => void worker.terminate(), graceMs);
  };
  worker.stdout.resume();
  worker.stderr.resume();
  worker.on('message', (said: Said) => {
    if (said.kind === 'done') resolve(said.result as R);
    else if (said.kind === 'failed') reject(failure(said));
    else onSaid?.(said, control);
  });
  worker.on('error', (error) => reject(signal.aborted ? signal.reason : died(error, memoryMb)));
  worker.on('exit', () => reject(signal.aborted ? signal.reason : new Error('The thread of a job has ended without a word.')));
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await promise;
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(terminating);
    await worker.terminate();
  }
}

function died(error: unknown, memoryMb: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new AppError(
      'exhausted',
      `Training needs more than the ${memoryMb} MiB of memory that one job may have (MLAB_TRAINING_MEMORY_MB).`,
      {
        cause: error,
      },
    );
  return error;
}

/** `internal` is a defect of ours, whose text is for the log. */
function failure({ code, message }: Extract<Said, { kind: 'failed' }>): Error {
  return code === 'internal' ? new Error(message) : new AppError(code as ErrorCode, message);
}
