import { AppError } from '@mlab/kernel/errors';
import { shuffle } from '#/splitting/take-shares.ts';
import type { SplitTarget } from '#/splitting/check-parts.ts';

/** Rows of each class, each list in an order by chance. */
export function classRows(rows: number, { task, values }: SplitTarget, random: () => number): number[][] {
  if (task.kind !== 'binary' && task.kind !== 'multiclass') {
    throw new AppError('invalid', `A stratified split is for classes; for ${task.kind} split at random.`);
  }
  const lists: number[][] = task.classes.map(() => []);
  for (let row = 0; row < rows; row++) lists[values[row] as number]?.push(row);
  for (const list of lists) shuffle(list, random);
  return lists;
}

/** How many of each class, such that they are `total` together and each is next to its share: the greatest remainders get what is left. */
export function apportion(sizes: readonly number[], total: number): number[] {
  const all = sizes.reduce((sum, size) => sum + size, 0);
  const exact = sizes.map((size) => (size * total) / all);
  const counts = exact.map(Math.floor);
  const order = exact
    .map((_, index) => index)
    .toSorted((a, b) => (exact[b] as number) - (counts[b] as number) - ((exact[a] as number) - (counts[a] as number)) || a - b);
  let left = total - counts.reduce((sum, count) => sum + count, 0);
  for (const index of order) {
    if (left === 0) break;
    counts[index] = (counts[index] as number) + 1;
    left--;
  }
  // A class that has rows for it is in each part, even if that makes the part greater.
  return counts.map((count, index) => (total > 0 && count === 0 && (sizes[index] as number) > 1 ? 1 : count));
}
