import type { Clock } from '@mlab/kernel';

/** Lets one loop wait until somebody has news for it, a time has passed, or it is to end. News that come while it works are not lost. */
export interface Wake {
  readonly wake: () => void;
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createWake(clock: Pick<Clock, 'schedule'>): Wake {
  let news = false;
  let resume: (() => void) | undefined;
  return {
    wake: () => {
      news = true;
      resume?.();
    },
    wait: async (ms, signal) => {
      if (!news && !signal.aborted && ms > 0) {
        await new Promise<void>((resolve) => {
          const done = (): void => {
            cancel();
            signal.removeEventListener('abort', done);
            resume = undefined;
            resolve();
          };
          const cancel = clock.schedule(ms, done);
          signal.addEventListener('abort', done);
          resume = done;
        });
      }
      news = false;
    },
  };
}
