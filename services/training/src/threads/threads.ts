import type { Worker } from 'node:worker_threads';
import type { Clock } from '@mlab/kernel';
import { AppError } from '@mlab/kernel/errors';
import { conduct, type Conducting, type UncontrolledOrder } from './conduct.ts';
import { startThread } from './start-thread.ts';

export interface ThreadOptions extends Conducting {
  readonly order: UncontrolledOrder;
}

export interface Threads extends AsyncDisposable {
  /** Does what is ordered in a thread that does nothing else meanwhile. Whatever happens to it, nothing else dies with it. */
  run<R>(options: ThreadOptions): Promise<R>;
}

export interface ThreadsOptions {
  readonly clock: Clock;
  /** Of JavaScript objects, in MiB, for each. */
  readonly memoryMb: number;
  /** How long one that has nothing to do is kept: until then it may hold the memory of what it did last. */
  readonly idleMs: number;
}

/** Threads that do one thing after the other: to start one takes longer than many a job. */
export function openThreads({ clock, memoryMb, idleMs }: ThreadsOptions): Threads {
  const idle = new Map<Worker, () => void>();

  const take = (): Worker => {
    for (const [worker, keepOn] of [...idle].toReversed()) {
      idle.delete(worker);
      keepOn();
      // One may have died while it was idle.
      if (worker.threadId !== -1) return worker;
    }
    return startThread({ kind: 'serve' }, memoryMb);
  };
  const leave = (worker: Worker): void => {
    const end = (): void => {
      idle.delete(worker);
      void worker.terminate();
    };
    idle.set(worker, clock.schedule(idleMs, end));
  };

  return {
    run: async <R>({ order, ...conducting }: ThreadOptions): Promise<R> => {
      conducting.signal.throwIfAborted();
      const worker = take();
      let lives = false;
      try {
        const result = await conduct<R>(worker, { ...conducting, memoryMb }, ({ buffer }) => give(worker, order, buffer));
        lives = true;
        return result;
      } catch (error) {
        // What it has refused in so many words, it has lived to say.
        lives = !conducting.signal.aborted && AppError.is(error) && error.code !== 'exhausted';
        throw error;
      } finally {
        if (lives) leave(worker);
        else await worker.terminate();
      }
    },
    [Symbol.asyncDispose]: async () => {
      const left = [...idle];
      idle.clear();
      for (const [, keepOn] of left) keepOn();
      await Promise.all(left.map(([worker]) => worker.terminate()));
    },
  };
}

function give(worker: Worker, order: UncontrolledOrder, control: SharedArrayBuffer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  worker.postMessage({ ...order, control });
}
