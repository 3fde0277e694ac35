import type { Worker } from 'node:worker_threads';
import { AppError } from '@mlab/kernel';
import type { TrialOrder, TrialResult } from '#/worker/messages.ts';
import { conduct, type Conducting } from './conduct.ts';
import { give } from './run-thread.ts';
import { startThread } from './start-thread.ts';

export type TrialAsked = Omit<TrialOrder, 'control'>;

/** Threads that do one trial after the other: to start one takes longer than many a trial. */
export interface TrialThreads extends AsyncDisposable {
  run(order: TrialAsked, conducting: Conducting): Promise<TrialResult>;
}

export function openTrialThreads(): TrialThreads {
  const idle: Worker[] = [];
  return {
    run: async (order, conducting) => {
      conducting.signal.throwIfAborted();
      const worker = idle.pop() ?? startThread({ kind: 'serve' }, conducting.memoryMb);
      let lives = false;
      try {
        const result = await conduct<TrialResult>(worker, conducting, ({ buffer }) => give(worker, order, buffer));
        lives = true;
        return result;
      } catch (error) {
        // What it has refused in so many words, it has lived to say.
        lives = !conducting.signal.aborted && AppError.is(error) && error.code !== 'exhausted';
        throw error;
      } finally {
        if (lives) idle.push(worker);
        else await worker.terminate();
      }
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all(idle.splice(0).map((worker) => worker.terminate()))),
  };
}
