const FIRST_MS = 200;
const LONGEST_MS = 10_000;

/** Twice as long after each failure, and never the same for two processes: what fell together must not rise together. */
export function backoff(failures: number, random: () => number): number {
  const ceiling = Math.min(LONGEST_MS, FIRST_MS * 2 ** (failures - 1));
  return Math.round(ceiling * (0.75 + random() / 4));
}
