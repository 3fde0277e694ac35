import { AppError } from '@mlab/kernel/errors';

export interface Shares {
  readonly test: number;
  readonly validation: number;
}

const DEFAULT_TEST = 0.2;

export function sharesOf({ test = DEFAULT_TEST, validation = 0 }: { test?: number | undefined; validation?: number | undefined }): Shares {
  for (const [name, share] of [
    ['test', test],
    ['validation', validation],
  ] as const) {
    if (!(share >= 0 && share < 1))
      throw new AppError('invalid', `The share of ${name} rows has to be at least 0 and less than 1, not ${share}.`);
  }
  if (test + validation >= 1) {
    throw new AppError('invalid', `The shares of test (${test}) and validation rows (${validation}) leave none to learn from.`);
  }
  return { test, validation };
}

/** How many of `count` a share is: at least one where it is not 0. */
export const countOf = (share: number, count: number): number => (share === 0 ? 0 : Math.max(1, Math.round(share * count)));

/** In place, each order equally likely: Fisher and Yates. */
export function shuffle(items: Int32Array | number[], random: () => number): void {
  for (let at = items.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    const item = items[at] as number;
    items[at] = items[other] as number;
    items[other] = item;
  }
}

export const allRows = (count: number): Int32Array => Int32Array.from({ length: count }, (_, row) => row);
