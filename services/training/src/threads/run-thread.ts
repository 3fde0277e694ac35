import type { Worker } from 'node:worker_threads';
import { conduct, type Conducting, type UncontrolledOrder } from './conduct.ts';
import { startThread } from './start-thread.ts';

export interface ThreadOptions extends Conducting {
  readonly order: UncontrolledOrder;
}

/** Does what is ordered in a thread of its own. Whatever happens to it, nothing else dies with it. */
export async function runThread<R>({ order, ...conducting }: ThreadOptions): Promise<R> {
  conducting.signal.throwIfAborted();
  const worker = startThread({ kind: 'serve' }, conducting.memoryMb);
  try {
    return await conduct<R>(worker, conducting, ({ buffer }) => give(worker, order, buffer));
  } finally {
    await worker.terminate();
  }
}

export function give(worker: Worker, order: UncontrolledOrder, control: SharedArrayBuffer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage({ ...order, control });
}
