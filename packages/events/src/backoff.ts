export interface BackoffPolicy {
  readonly baseMs: number;
  readonly capMs: number;
}

/**
 * How long to wait after the `failures`th failure, in milliseconds: doubled each time, and drawn from its upper half, so that what
 * failed together does not come back together.
 */
export function backoffMs(failures: number, { baseMs, capMs }: BackoffPolicy, random: () => number): number {
  const full = Math.min(capMs, baseMs * 2 ** Math.min(failures - 1, 40));
  return Math.round(full / 2 + (full / 2) * random());
}
