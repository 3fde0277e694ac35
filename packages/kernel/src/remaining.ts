/** How long a timer for a deadline runs, in milliseconds. Rounded up to tens, because timers of equal length share one list in Node and cost next to nothing. */
export function remainingMs(deadline: number, now: number): number {
  return Math.max(1, Math.ceil((deadline - now) / 10) * 10);
}
