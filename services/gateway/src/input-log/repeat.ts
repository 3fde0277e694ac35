import type { Clock } from '@mlab/kernel';

export interface RepeatOptions {
  readonly clock: Clock;
  readonly firstMs: number;
  /** From the end of one round to the beginning of the next. */
  readonly everyMs: number;
  readonly failed: (error: unknown) => void;
}

/** Does something again and again until it is disposed; then the round under way is told to end, and waited for. */
export function repeat(
  { clock, firstMs, everyMs, failed }: RepeatOptions,
  round: (isEnded: () => boolean) => Promise<void>,
): AsyncDisposable {
  let ended = false;
  let running: Promise<void> = Promise.resolve();
  let cancel = (): void => {};
  const next = (ms: number): void => {
    if (ended) return;
    cancel = clock.schedule(ms, () => {
      running = once();
    });
  };
  const once = async (): Promise<void> => {
    try {
      await round(() => ended);
    } catch (error) {
      failed(error);
    }
    next(everyMs);
  };
  next(firstMs);
  return {
    [Symbol.asyncDispose]: async () => {
      ended = true;
      cancel();
      await running;
    },
  };
}
