import type { Clock } from '@mlab/kernel';
import { backoffMs, type BackoffPolicy } from '#/backoff.ts';
import { createWake } from '#/wake.ts';

export interface Loop extends AsyncDisposable {
  /** There is something to do. */
  readonly wake: () => void;
}

export interface LoopOptions {
  readonly clock: Pick<Clock, 'schedule'>;
  readonly random: () => number;
  /** Does one round, and answers how long to wait at most before the next, in milliseconds. */
  readonly step: (signal: AbortSignal) => Promise<number>;
  /** Told of a round that failed: how often in a row, and what is waited now. */
  readonly failed: (error: unknown, failures: number, waitMs: number) => void;
  readonly backoff?: BackoffPolicy;
}

/** Does something over and over until it is disposed, which waits for the round under way. A round that fails is tried again, later and later. */
export function openLoop({ clock, random, step, failed, backoff = { baseMs: 100, capMs: 5000 } }: LoopOptions): Loop {
  const ending = new AbortController();
  const { signal } = ending;
  const wake = createWake(clock);
  const retry = createWake(clock);
  const run = async (): Promise<void> => {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const waitMs = await step(signal);
        failures = 0;
        await wake.wait(waitMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        const waitMs = backoffMs(++failures, backoff, random);
        failed(error, failures, waitMs);
        // News do not shorten this wait: there are always news while somebody publishes.
        await retry.wait(waitMs, signal);
      }
    }
  };
  const running = run();
  return {
    wake: wake.wake,
    [Symbol.asyncDispose]: async () => {
      ending.abort();
      await running;
    },
  };
}
