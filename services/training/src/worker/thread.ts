import { parentPort, workerData } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import { describeFile } from './describe.ts';
import { load } from './load.ts';
import type { Order, Said } from './messages.ts';
import { train } from './train.ts';
import { tryOut } from './trial.ts';

/* A thread that does one thing and ends. It may block itself for as long as it likes: its process goes on. */

const order = workerData as Order;
const say = (said: Said, transfer: readonly ArrayBuffer[] = []): void => parentPort?.postMessage(said, [...transfer]);

try {
  const result = await work();
  say({ kind: 'done', result });
} catch (error) {
  say({ kind: 'failed', ...told(error) });
}

function work(): Promise<unknown> {
  switch (order.kind) {
    case 'describe':
      return describeFile(order);
    case 'load':
      return load(order);
    case 'train':
      return train(order, say);
    case 'trial':
      return tryOut(order, say);
  }
}

/** What was refused is told; of what went wrong, everything, for the log. */
function told(error: unknown): { readonly code: string; readonly message: string } {
  if (AppError.is(error)) return { code: error.code, message: error.message };
  if (error instanceof RangeError && /allocation|Invalid (typed )?array length|length/i.test(error.message))
    return { code: 'exhausted', message: `There is not enough memory for the data and the model: ${error.message}.` };
  return { code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
