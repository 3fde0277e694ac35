import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { foldsOf, seededRandom, splitRows, type Split, type SplitRows, type SplitTarget, type Table } from '#/index.ts';
import { number, tableOf, text, time } from './tables.ts';

const ROWS = 200;
const list = <T>(make: (row: number) => T): T[] => Array.from({ length: ROWS }, (_, row) => make(row));
const table = tableOf(
  number(
    'x',
    list((row) => row),
  ),
  time(
    'when',
    list((row) => Date.UTC(2024, 0, 1 + ((row * 7) % ROWS))),
  ),
  text(
    'who',
    list((row) => (row % 50 === 0 ? undefined : `p${row % 17}`)),
  ),
  text(
    'part',
    list((row) => (row < 10 ? undefined : row < 150 ? 'train' : row < 180 ? 'Test' : 'validation')),
  ),
);
const three: SplitTarget = {
  task: { kind: 'multiclass', classes: ['a', 'b', 'c'] },
  values: list((row) => (row % 10 === 0 ? 2 : row % 2)),
};
const two: SplitTarget = { task: { kind: 'binary', classes: [0, 1] }, values: list((row) => Number(row % 10 === 0)) };
const regression: SplitTarget = { task: { kind: 'regression' }, values: list((row) => row) };

const split = (plan: Split, target = three, seed = 1, of: Table = table): SplitRows => splitRows(of, target, plan, seededRandom(seed));
const refused = (plan: Split, message: RegExp, target = three, of: Table = table): void =>
  assert.throws(() => split(plan, target, 1, of), { name: 'AppError', code: 'invalid', message });

/** That no row is in two parts; and all rows in one. */
function assertDisjoint({ train, test: tests, validation }: SplitRows, all = ROWS): void {
  const rows = [...train, ...tests, ...(validation ?? [])];
  assert.equal(new Set(rows).size, rows.length);
  assert.equal(rows.length, all);
  for (const part of [train, tests])
    assert.deepEqual(
      [...part],
      [...part].toSorted((a, b) => a - b),
    );
}

const count = (rows: Int32Array, target: SplitTarget, index: number): number => rows.filter((row) => target.values[row] === index).length;

describe('splits', () => {
  test('at random: the shares, all rows once, the same for the same seed', () => {
    const parts = split({ kind: 'random', test: 0.25, validation: 0.1 });
    assertDisjoint(parts);
    assert.deepEqual([parts.train.length, parts.test.length, parts.validation?.length], [130, 50, 20]);
    assert.deepEqual(split({ kind: 'random', test: 0.25, validation: 0.1 }), parts);
    assert.notDeepEqual(split({ kind: 'random', test: 0.25, validation: 0.1 }, three, 2), parts);
    assert.equal(split({ kind: 'random' }).test.length, 40);
    assert.equal(split({ kind: 'random', test: 0 }).train.length, ROWS);
    assert.notDeepEqual(
      [...parts.test],
      Array.from({ length: 50 }, (_, row) => row),
    );
  });

  test('stratified: each class has its share in each part', () => {
    for (let seed = 1; seed < 20; seed++) {
      const parts = split({ kind: 'stratified', test: 0.25, validation: 0.25 }, three, seed);
      assertDisjoint(parts);
      for (const index of [0, 1, 2]) {
        const all = count(Int32Array.from(list((row) => row)), three, index);
        for (const part of [parts.test, parts.validation as Int32Array]) {
          assert.ok(Math.abs(count(part, three, index) - all / 4) <= 1, `class ${index}: ${count(part, three, index)} of ${all}`);
        }
      }
    }
  });

  test('by time: the latest are the test, equal times stay together, and a gap is left out', () => {
    const parts = split({ kind: 'time', column: 'when', test: 0.2, validation: 0.1 }, regression);
    assertDisjoint(parts);
    const at = (row: number): number => (row * 7) % ROWS;
    assert.deepEqual(
      [...parts.test].map(at).toSorted((a, b) => a - b),
      Array.from({ length: 40 }, (_, day) => 160 + day),
    );
    assert.ok(Math.max(...[...parts.train].map(at)) < Math.min(...[...(parts.validation ?? [])].map(at)));
    const gap = split({ kind: 'time', column: 'when', test: 0.2, gap: 10 * 86_400_000 }, regression);
    assert.equal(Math.max(...[...gap.train].map(at)), 149);
    const ties = tableOf(number('t', [1, 2, 2, 2, 3, 3, 3, 3, 3, 3]));
    const tied = split({ kind: 'time', column: 't', test: 0.2 }, regression, 1, ties);
    assert.deepEqual(
      [[...tied.train], [...tied.test]],
      [
        [0, 1, 2, 3],
        [4, 5, 6, 7, 8, 9],
      ],
    );
  });

  test('by group: none is in two parts, nor are the rows without one', () => {
    for (let seed = 1; seed < 30; seed++) {
      const parts = split({ kind: 'group', column: 'who', test: 0.3, validation: 0.2 }, regression, seed);
      assertDisjoint(parts);
      const groups = (rows: Int32Array | undefined): Set<unknown> =>
        new Set(Array.from(rows ?? [], (row) => (row % 50 === 0 ? undefined : row % 17)));
      const [a, b, c] = [groups(parts.train), groups(parts.test), groups(parts.validation)];
      assert.ok(a.isDisjointFrom(b) && a.isDisjointFrom(c) && b.isDisjointFrom(c));
      assert.ok(Math.abs(parts.test.length - 60) <= 12 && Math.abs((parts.validation?.length ?? 0) - 40) <= 12);
    }
  });

  test('by a column that says it', () => {
    const parts = split({ kind: 'column', column: 'part' }, regression);
    assertDisjoint(parts, 190);
    assert.deepEqual([parts.train.length, parts.test.length, parts.validation?.length], [140, 30, 20]);
  });

  test('that leave nothing, or lack a class, are refused', () => {
    refused({ kind: 'random', test: 0.6, validation: 0.4 }, /leave none to learn from/);
    refused({ kind: 'random', test: 1 }, /share of test rows has to be at least 0 and less than 1, not 1/);
    refused({ kind: 'random', test: Number.NaN }, /not NaN/);
    refused({ kind: 'stratified' }, /for classes; for regression/, regression);
    refused({ kind: 'time', column: 'who' }, /"who" is text/);
    refused({ kind: 'time', column: 'absent' }, /no column "absent" to split by time/);
    refused({ kind: 'time', column: 'when', gap: -1 }, /gap before later rows has to be 0 or more/);
    refused({ kind: 'time', column: 'when', gap: 1e15 }, /no training rows/, regression);
    refused({ kind: 'time', column: 'x' }, /1 of 3 rows have no value in "x"/, regression, tableOf(number('x', [1, undefined, 3])));
    refused({ kind: 'time', column: 'x' }, /no training rows/, regression, tableOf(number('x', [1, 1, 1])));
    refused({ kind: 'group', column: 'g' }, /no training rows.*too few groups/, regression, tableOf(text('g', ['a', 'a', 'a'])));
    refused({ kind: 'column', column: 'who' }, /says "p1" in row 2; it has to say train, test or validation/);
    refused({ kind: 'column', column: 'x' }, /made of number values/);
    refused({ kind: 'random' }, /table of 1 row cannot be split/, regression, tableOf(number('x', [1])));
    const alone: SplitTarget = { task: { kind: 'binary', classes: ['no', 'yes'] }, values: list((row) => Number(row === 0)) };
    refused({ kind: 'stratified' }, /test rows would have none of the class "yes".*Each class needs a row/, alone);
    refused({ kind: 'time', column: 'x' }, /test rows would have none of the class "yes"/, alone);
    const late: SplitTarget = {
      task: { kind: 'multiclass', classes: ['no', 'yes', 'late'] },
      values: list((row) => (row > 190 ? 2 : row % 2)),
    };
    refused({ kind: 'time', column: 'x' }, /training rows would have none of the class "late"/, late);
  });
});

describe('folds', () => {
  const folds = (plan: Parameters<typeof foldsOf>[2], target = three, of = table) => foldsOf(of, target, plan, seededRandom(5));

  test('each row is the test of one fold in each repeat', () => {
    for (const kind of ['random', 'stratified'] as const) {
      const made = folds({ kind, folds: 7, repeats: 3 }, two);
      assert.equal(made.length, 21);
      for (const repeat of [0, 1, 2]) {
        const tests = made.filter((fold) => fold.repeat === repeat).flatMap((fold) => [...fold.test]);
        assert.deepEqual(
          tests.toSorted((a, b) => a - b),
          list((row) => row),
        );
      }
      for (const fold of made) assertDisjoint(fold);
      assert.ok(made.every((fold) => fold.test.length >= 28 && fold.test.length <= 29));
      assert.notDeepEqual(made[0]?.test, made[7]?.test);
      if (kind === 'stratified') assert.ok(made.every((fold) => [2, 3].includes(count(fold.test, two, 1))));
    }
  });

  test('no group is in two folds', () => {
    const made = folds({ kind: 'group', column: 'who', folds: 4 }, regression);
    const seen = new Map<unknown, number>();
    for (const { fold, test: rows } of made) {
      for (const row of rows) {
        const group = row % 50 === 0 ? undefined : row % 17;
        assert.equal(seen.get(group) ?? fold, fold);
        seen.set(group, fold);
      }
    }
    assert.ok(made.every((fold) => fold.test.length > 35 && fold.test.length < 65));
  });

  test('by time, what is learnt from is earlier than the test', () => {
    const made = folds({ kind: 'time', column: 'x', folds: 4, gap: 5 }, regression);
    assert.deepEqual(
      made.map(({ train, test: rows }) => [train.length, rows[0], rows.length]),
      [
        [35, 40, 40],
        [75, 80, 40],
        [115, 120, 40],
        [155, 160, 40],
      ],
    );
  });

  test('that cannot be made are refused', () => {
    const no = (plan: Parameters<typeof foldsOf>[2], message: RegExp, target = three, of = table): void =>
      assert.throws(() => folds(plan, target, of), { code: 'invalid', message });
    no({ kind: 'random', folds: 1 }, /2 folds or more, not 1/);
    no({ kind: 'random', folds: 5, repeats: 0 }, /once or more, not 0/);
    no({ kind: 'random', folds: 500, repeats: 3 }, /are more than 1000/);
    no({ kind: 'random', folds: 300 }, /200 rows cannot be 300 folds/);
    no({ kind: 'stratified', folds: 30 }, /class "c" has 20 rows, which are too few for 30 folds/);
    no({ kind: 'group', column: 'who', folds: 50 }, /18 groups, which are too few for 50 folds/);
    no({ kind: 'time', column: 'x', folds: 3, repeats: 2 }, /nothing to repeat/);
    no({ kind: 'time', column: 'x', folds: 2 }, /no test rows|no training rows/, regression, tableOf(number('x', [1, 1, 1, 1])));
  });
});
