import type { Metric } from '#/domain/run.ts';
import type { RunState } from '#/store/arrivals.ts';

/** Values that came together. */
export interface News {
  readonly metrics: readonly Metric[];
}

/** What a listener is given when he asks. */
export type Taken =
  | { readonly kind: 'news'; readonly news: readonly News[] }
  /** So many values were thrown away, because he did not ask for so long. */
  | { readonly kind: 'missed'; readonly values: number }
  | { readonly kind: 'ended'; readonly state: RunState | undefined }
  | { readonly kind: 'closed' }
  | { readonly kind: 'quiet' };

export interface Listener {
  push(news: News): void;
  /** What came before was too much to be held by anybody. */
  miss(values: number): void;
  /** There will be no more; `state` is that of the run, undefined when it is gone. */
  end(state: RunState | undefined): void;
  /** Nobody will tell more, though there may be more. */
  close(): void;
  /** Forgets what was not asked for yet. */
  clear(): void;
  /** Whether something was thrown away since. */
  readonly overflowed: boolean;
  /** What has come; waits for it until `patience` resolves. */
  take(patience: Promise<void>): Promise<Taken>;
}

/**
 * Holds what its reader has not asked for yet: one lot however large, and more as long as it is at most so many values. Then they are thrown
 * away, for only the latest matter to one who is so late.
 */
export function openListener(maxValues: number): Listener {
  let held: News[] = [];
  let values = 0;
  let missed = 0;
  let last: Taken | undefined;
  let wake: (() => void) | undefined;

  const ready = (): Taken | undefined => {
    if (missed > 0) {
      const taken = { kind: 'missed', values: missed } as const;
      missed = 0;
      return taken;
    }
    if (held.length > 0) {
      const taken = { kind: 'news', news: held } as const;
      held = [];
      values = 0;
      return taken;
    }
    return last;
  };
  const tell = (): void => {
    wake?.();
    wake = undefined;
  };
  const forget = (): void => {
    held = [];
    values = 0;
  };
  return {
    push(news) {
      const { length } = news.metrics;
      if (missed > 0) missed += length;
      else if (held.length > 0 && values + length > maxValues) {
        missed = values + length;
        forget();
      } else {
        held.push(news);
        values += length;
      }
      tell();
    },
    miss(count) {
      missed += values + count;
      forget();
      tell();
    },
    end(state) {
      last ??= { kind: 'ended', state };
      tell();
    },
    close() {
      last ??= { kind: 'closed' };
      tell();
    },
    clear() {
      missed = 0;
      forget();
    },
    get overflowed() {
      return missed > 0;
    },
    async take(patience) {
      const now = ready();
      if (now !== undefined) return now;
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), patience]);
      wake = undefined;
      return ready() ?? { kind: 'quiet' };
    },
  };
}
