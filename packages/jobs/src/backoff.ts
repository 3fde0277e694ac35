import type { AnyJob } from '@mlab/kernel';

/** Attempts after the first, unless the job says otherwise. */
export const RETRY_LIMIT = 2;

const DELAY_MS = 1000;
const MAX_DELAY_MS = 300_000;

/**
 * How long to wait before the next attempt, in milliseconds: doubled with each failure, and drawn from the upper half of that, so
 * that jobs which failed together do not come back together.
 */
export function backoffMs({ retry = {} }: Pick<AnyJob, 'retry'>, failures: number, random: number): number {
  const { delayMs = DELAY_MS, maxDelayMs = MAX_DELAY_MS } = retry;
  const longest = Math.min(maxDelayMs, delayMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(longest * (0.5 + random / 2));
}
