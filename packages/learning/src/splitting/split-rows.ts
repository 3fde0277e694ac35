import { AppError } from '@mlab/kernel/errors';
import { checkParts, type SplitTarget } from '#/splitting/check-parts.ts';
import { checkGap, endBefore, groupsOf, ordered, splitColumn } from '#/splitting/keys.ts';
import { apportion, classRows } from '#/splitting/stratified.ts';
import type { Split, SplitRows } from '#/splitting/split.ts';
import { allRows, countOf, sharesOf, shuffle, type Shares } from '#/splitting/take-shares.ts';
import type { Table } from '#/table.ts';

/** The parts that the rows of a table are split into. The same seed makes the same parts. */
export function splitRows(table: Table, target: SplitTarget, split: Split, random: () => number): SplitRows {
  if (table.rows < 2) throw new AppError('invalid', `A table of ${table.rows} row${table.rows === 1 ? '' : 's'} cannot be split.`);
  const shares = split.kind === 'column' ? undefined : sharesOf(split);
  const lists = listsOf(table, target, split, random);
  const sorted = (list: Int32Array | number[]): Int32Array => Int32Array.from(list).toSorted();
  const [train, test, validation] = [sorted(lists.train), sorted(lists.test), sorted(lists.validation)];
  const wantsValidation = shares === undefined ? validation.length > 0 : shares.validation > 0;
  checkParts(
    {
      training: train,
      test: shares?.test === 0 ? undefined : test,
      validation: wantsValidation ? validation : undefined,
    },
    target,
    HINTS[split.kind],
  );
  return wantsValidation ? { train, test, validation } : { train, test };
}

const HINTS: Readonly<Record<Split['kind'], string>> = {
  random: ' A stratified split would share the classes out.',
  stratified: ' Each class needs a row for each part.',
  time: ' Other shares, or a smaller gap, may do.',
  group: ' There may be too few groups, or one of nearly all rows.',
  column: '',
};

interface Lists {
  readonly train: Int32Array | number[];
  readonly test: Int32Array | number[];
  readonly validation: Int32Array | number[];
}

function listsOf(table: Table, target: SplitTarget, split: Split, random: () => number): Lists {
  if (split.kind === 'column') return byColumn(table, split.column);
  const shares = sharesOf(split);
  if (split.kind === 'stratified') return stratified(classRows(table.rows, target, random), shares);
  if (split.kind === 'time') return byTime(table, split.column, { ...shares, gap: split.gap ?? 0 });
  if (split.kind === 'group') return byGroup(groupsOf(table, split.column), { ...shares, rows: table.rows }, random);
  const rows = allRows(table.rows);
  shuffle(rows, random);
  const test = countOf(shares.test, rows.length);
  const validation = test + countOf(shares.validation, rows.length);
  return { test: rows.subarray(0, test), validation: rows.subarray(test, validation), train: rows.subarray(validation) };
}

function stratified(classes: readonly number[][], shares: Shares): Lists {
  const sizes = classes.map(({ length }) => length);
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const tests = apportion(sizes, countOf(shares.test, total));
  const validations = apportion(
    sizes.map((size, index) => size - (tests[index] as number)),
    countOf(shares.validation, total),
  );
  const lists: Record<keyof Lists, number[]> = { train: [], test: [], validation: [] };
  classes.forEach((rows, index) => {
    const test = tests[index] as number;
    const validation = test + (validations[index] as number);
    for (const row of rows.slice(0, test)) lists.test.push(row);
    for (const row of rows.slice(test, validation)) lists.validation.push(row);
    for (const row of rows.slice(validation)) lists.train.push(row);
  });
  return lists;
}

/** Rows of one time are in one part: the later one. */
function byTime(table: Table, column: string, { test, validation, gap }: Shares & { gap: number }): Lists {
  checkGap(gap);
  const { rows, times } = ordered(table, column);
  const startOf = (share: number, end: number): number => {
    let start = end - Math.min(end, countOf(share, rows.length));
    while (start > 0 && start < end && times[start - 1] === times[start]) start--;
    return start;
  };
  const testStart = startOf(test, rows.length);
  const validationEnd = endBefore(times, testStart, gap);
  const validationStart = startOf(validation, validationEnd);
  const trainEnd = validation > 0 ? endBefore(times, validationStart, gap) : validationEnd;
  return { train: rows.subarray(0, trainEnd), validation: rows.subarray(validationStart, validationEnd), test: rows.subarray(testStart) };
}

/** Groups in an order by chance go to a part as long as they bring it nearer to its share. */
function byGroup(groups: number[][], { test, validation, rows }: Shares & { rows: number }, random: () => number): Lists {
  const order = Array.from(groups, (_, index) => index);
  shuffle(order, random);
  const taken = new Set<number>();
  const take = (share: number): number[] => {
    const wanted = countOf(share, rows);
    const list: number[] = [];
    for (const index of order) {
      const group = groups[index] as number[];
      if (taken.has(index) || list.length >= wanted || list.length + group.length / 2 > wanted) continue;
      taken.add(index);
      for (const row of group) list.push(row);
    }
    if (list.length > 0 || wanted === 0) return list;
    // All are too great: the smallest one is the nearest.
    const left = order.filter((index) => !taken.has(index)).toSorted((a, b) => (groups[a]?.length ?? 0) - (groups[b]?.length ?? 0));
    if (left[0] === undefined) return list;
    taken.add(left[0]);
    return groups[left[0]] as number[];
  };
  const tests = take(test);
  const validations = take(validation);
  return { test: tests, validation: validations, train: groups.flatMap((group, index) => (taken.has(index) ? [] : group)) };
}

const WORDS: ReadonlyMap<string, keyof Lists> = new Map([
  ['train', 'train'],
  ['training', 'train'],
  ['test', 'test'],
  ['validation', 'validation'],
  ['valid', 'validation'],
  ['val', 'validation'],
]);

function byColumn(table: Table, name: string): Lists {
  const column = splitColumn(table, name, 'by');
  if (column.kind !== 'text') {
    throw new AppError('invalid', `The column "${name}" has to say train, test or validation, and it is made of ${column.kind} values.`);
  }
  const parts = column.words.map((word) => (word === '' ? undefined : WORDS.get(word.toLowerCase())));
  const lists: Record<keyof Lists, number[]> = { train: [], test: [], validation: [] };
  column.codes.forEach((code, row) => {
    const word = column.words[code];
    if (word === undefined || word === '') return;
    const part = parts[code];
    if (part === undefined) {
      throw new AppError(
        'invalid',
        `The column "${name}" says ${JSON.stringify(word.slice(0, 60))} in row ${row + 1}; it has to say train, test or validation.`,
      );
    }
    lists[part].push(row);
  });
  return lists;
}
