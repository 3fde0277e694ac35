import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readTarget, type TableColumn, type TargetOptions } from '#/index.ts';
import { boolean, number, tableOf, text, time } from './tables.ts';

const read = (column: TableColumn, options: Omit<TargetOptions, 'column'> = {}) =>
  readTarget(tableOf(column), { column: column.name, ...options });
const list = <T>(rows: number, make: (row: number) => T): T[] => Array.from({ length: rows }, (_, row) => make(row));

describe('the task is inferred', () => {
  for (const [what, column, task, values] of [
    ['two words', text('y', ['no', 'yes', 'no']), { kind: 'binary', classes: ['no', 'yes'] }, [0, 1, 0]],
    ['several words, in their order', text('y', ['b', 'c', 'a', 'b']), { kind: 'multiclass', classes: ['a', 'b', 'c'] }, [1, 2, 0, 1]],
    ['true and false', boolean('y', [true, false]), { kind: 'binary', classes: ['false', 'true'] }, [1, 0]],
    ['two whole numbers', number('y', [7, -1, 7]), { kind: 'binary', classes: [-1, 7] }, [1, 0, 1]],
    [
      'few whole numbers',
      number(
        'y',
        list(30, (row) => row % 3),
      ),
      { kind: 'multiclass', classes: [0, 1, 2] },
      list(30, (row) => row % 3),
    ],
    [
      'many whole numbers',
      number(
        'y',
        list(30, (row) => row),
      ),
      { kind: 'regression' },
      list(30, (row) => row),
    ],
    ['numbers that are not whole', number('y', [0.5, 1, 0.5]), { kind: 'regression' }, [0.5, 1, 0.5]],
    ['both zeros are one', number('y', [0, -0, 1]), { kind: 'binary', classes: [0, 1] }, [0, 0, 1]],
  ] as const) {
    test(what, () => {
      const target = read(column);
      assert.deepEqual(target.task, task);
      assert.deepEqual([...target.values], values);
      assert.ok(target.reason.length > 10);
    });
  }
});

test('rows without a target are left out and counted; the empty word is none', () => {
  const target = read(text('y', ['a', undefined, 'b', '', 'a']));
  assert.deepEqual([[...target.rows], [...target.values], target.dropped], [[0, 2, 4], [0, 1, 0], 2]);
  assert.deepEqual([...read(number('y', [undefined, 2.5, 1])).rows], [1, 2]);
});

test('the task can be said', () => {
  assert.deepEqual(read(number('y', [0, 1, 0]), { task: 'regression' }).task, { kind: 'regression' });
  assert.deepEqual(read(boolean('y', [true, false]), { task: 'regression' }).values, Float64Array.of(1, 0));
  assert.deepEqual(read(number('y', [0.5, 1.5, 0.5]), { task: 'binary' }).task, { kind: 'binary', classes: ['0.5', '1.5'] });
  assert.equal(read(text('y', ['a', 'b']), { task: 'multiclass' }).task.kind, 'binary');
  assert.equal(
    read(
      number(
        'y',
        list(60, (row) => row),
      ),
      { task: 'multiclass' },
    ).task.kind,
    'multiclass',
  );
});

describe('targets of which nothing can be learnt are refused', () => {
  const refused = (column: TableColumn, message: RegExp, options: Omit<TargetOptions, 'column'> = {}): void =>
    assert.throws(() => read(column, options), { name: 'AppError', code: 'invalid', message });

  test('with what they have', () => {
    refused(text('y', ['a', 'a']), /is a in all 2 rows; there is nothing to learn/);
    refused(number('y', [3, 3, undefined]), /is 3 in all 2 rows/);
    refused(number('y', [undefined, undefined]), /has no value in any of the 2 rows/);
    refused(text('y', [undefined, '']), /has no value in any of the 2 rows/);
    refused(
      text(
        'y',
        list(101, (row) => `w${row}`),
      ),
      /has 101 classes, and at most 100 are learnt: it looks like an identifier/,
    );
    refused(
      number(
        'y',
        list(101, (row) => row),
      ),
      /looks like a number, for which the task is regression/,
      { task: 'multiclass' },
    );
    refused(number('y', [1, 2, Number.POSITIVE_INFINITY]), /is Infinity in row 3/);
    refused(time('y', [1, 2]), /is a time/);
    refused(text('y', ['a', 'b']), /Regression needs a number, and the target "y" is text such as "a"/, { task: 'regression' });
    refused(text('y', ['a', 'b', 'c']), /needs two classes, and the target "y" has 3/, { task: 'binary' });
    assert.throws(() => readTarget(tableOf(number('x', [1])), { column: 'y' }), {
      message: 'The table has no column "y" to learn; it has "x".',
    });
  });
});
