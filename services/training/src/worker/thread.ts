import { parentPort } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import type { Order, Said } from './messages.ts';

/*
 * A thread that does what it is told, one thing after the other. It may block itself for as long as it likes: its process goes on. What it
 * does not need it does not load: that takes longer than many a trial.
 */

// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
const say = (said: Said): void => parentPort?.postMessage(said);

parentPort?.on('message', (order: Order | 'end') => {
  // Who is told to end while he reads hears it where he reads.
  if (order !== 'end') void answer(order);
});

async function answer(order: Order): Promise<void> {
  try {
    say({ kind: 'done', result: await work(order) });
  } catch (error) {
    say({ kind: 'failed', ...told(error) });
  }
}

async function work(order: Order): Promise<unknown> {
  switch (order.kind) {
    case 'describe':
      return (await import('./describe.ts')).describeFile(order);
    case 'load':
      return (await import('./load.ts')).load(order);
    case 'train':
      return (await import('./train.ts')).train(order, say);
    case 'trial':
      return (await import('./trial.ts')).tryOut(order, say);
  }
}

/** What was refused is told; of what went wrong, everything, for the log. */
function told(error: unknown): { readonly code: string; readonly message: string } {
  if (AppError.is(error)) return { code: error.code, message: error.message };
  if (error instanceof RangeError && /allocation|length/i.test(error.message))
    return { code: 'exhausted', message: `There is not enough memory for the data and the model: ${error.message}.` };
  return { code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
