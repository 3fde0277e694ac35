import { AppError } from '@mlab/kernel/errors';
import { checkParts, type SplitTarget } from '#/splitting/check-parts.ts';
import { checkGap, endBefore, groupsOf, ordered } from '#/splitting/keys.ts';
import { classRows } from '#/splitting/stratified.ts';
import type { Fold, FoldsPlan } from '#/splitting/split.ts';
import { allRows, shuffle } from '#/splitting/take-shares.ts';
import type { Table } from '#/table.ts';

const MAX_FOLDS = 1000;

/** Parts for cross-validation. Except by time, each row is the test of one fold in each repeat. */
export function foldsOf(table: Table, target: SplitTarget, plan: FoldsPlan, random: () => number): Fold[] {
  const { folds, repeats = 1 } = plan;
  if (!Number.isInteger(folds) || folds < 2) throw new AppError('invalid', `There have to be 2 folds or more, not ${folds}.`);
  if (!Number.isInteger(repeats) || repeats < 1) throw new AppError('invalid', `Folds are repeated once or more, not ${repeats} times.`);
  if (folds * repeats > MAX_FOLDS) throw new AppError('invalid', `${folds} folds, ${repeats} times, are more than ${MAX_FOLDS}.`);
  if (table.rows < folds) throw new AppError('invalid', `${table.rows} rows cannot be ${folds} folds.`);
  if (plan.kind === 'time') {
    if (repeats > 1) throw new AppError('invalid', 'Folds by time are always the same, so that there is nothing to repeat.');
    return checked(byTime(table, plan), target);
  }
  return Array.from({ length: repeats }, (_, repeat) =>
    checked(drawn(table, target, plan, random).map(toFold(table.rows, repeat)), target),
  ).flat();
}

function checked(folds: Fold[], target: SplitTarget): Fold[] {
  for (const { fold, train, test } of folds) checkParts({ training: train, test }, target, ` (Fold ${fold + 1} of ${folds.length}.)`);
  return folds;
}

const toFold =
  (rows: number, repeat: number) =>
  (test: number[], fold: number): Fold => {
    const isTest = new Uint8Array(rows);
    for (const row of test) isTest[row] = 1;
    return { repeat, fold, train: allRows(rows).filter((row) => isTest[row] === 0), test: Int32Array.from(test).toSorted() };
  };

/** Test rows of each fold. */
function drawn(table: Table, target: SplitTarget, plan: FoldsPlan, random: () => number): number[][] {
  const tests: number[][] = Array.from({ length: plan.folds }, () => []);
  if (plan.kind === 'group') return byGroup(groupsOf(table, plan.column), tests, random);
  if (plan.kind === 'stratified') {
    // One class after another is dealt out, each going on where the last one ended, so that folds differ by a row at most.
    let next = 0;
    for (const rows of classRows(table.rows, target, random)) {
      if (rows.length < plan.folds) {
        const label = 'classes' in target.task ? target.task.classes[target.values[rows[0] ?? 0] as number] : '';
        throw new AppError(
          'invalid',
          `The class ${JSON.stringify(label)} has ${rows.length} rows, which are too few for ${plan.folds} folds.`,
        );
      }
      for (const row of rows) tests[next++ % plan.folds]?.push(row);
    }
    return tests;
  }
  const rows = allRows(table.rows);
  shuffle(rows, random);
  rows.forEach((row, at) => tests[at % plan.folds]?.push(row));
  return tests;
}

/** The greatest groups first, each to the fold that has the fewest rows by then. */
function byGroup(groups: number[][], tests: number[][], random: () => number): number[][] {
  if (groups.length < tests.length)
    throw new AppError('invalid', `There are ${groups.length} groups, which are too few for ${tests.length} folds.`);
  const order = Array.from(groups, (_, index) => index);
  shuffle(order, random);
  for (const index of order.toSorted((a, b) => (groups[b]?.length ?? 0) - (groups[a]?.length ?? 0))) {
    const smallest = tests.reduce((least, test) => (test.length < least.length ? test : least));
    for (const row of groups[index] ?? []) smallest.push(row);
  }
  return tests;
}

/** Rows in order are one block more than there are folds; fold i learns from the first i + 1 blocks, and the next one is its test. */
function byTime(table: Table, { folds, column, gap = 0 }: FoldsPlan & { kind: 'time' }): Fold[] {
  checkGap(gap);
  const { rows, times } = ordered(table, column);
  const starts = Array.from({ length: folds + 1 }, (_, block) => {
    let start = Math.round(((block + 1) * rows.length) / (folds + 1));
    // Rows of one time are in one block.
    while (start > 0 && start < rows.length && times[start - 1] === times[start]) start--;
    return start;
  });
  return Array.from({ length: folds }, (_, fold) => {
    const start = starts[fold] as number;
    const train = rows.slice(0, endBefore(times, start, gap)).toSorted();
    return { repeat: 0, fold, train, test: rows.slice(start, starts[fold + 1]).toSorted() };
  });
}
