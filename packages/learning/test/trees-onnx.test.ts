import { describe, test } from 'node:test';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import { boosting } from '#/trees/boosting/boosting.ts';
import { forest } from '#/trees/forest/forest.ts';
import { assertSameAsGraph, classesTask, train } from './estimators.ts';
import { binary, category, made, matrix, number, regression } from './tree-data.ts';

const quick = { num_iterations: 12, num_leaves: 12, min_data_in_leaf: 5 };

/** Rows with values such as a model never saw, and such as lie on its thresholds. */
function strange({ columns }: Matrix): Matrix {
  const random = seededRandom(3);
  const values = [Number.NaN, Infinity, -Infinity, 0, -0, 3.4e38, -3.4e38, 1e-45];
  const rows = 60;
  return {
    rows,
    columns: columns.map((column) =>
      column.kind === 'number'
        ? {
            ...column,
            values: Float32Array.from(
              { length: rows },
              (_, row) => values[row] ?? column.values[Math.floor(random() * column.values.length)] ?? 0,
            ),
          }
        : { ...column, codes: Int32Array.from({ length: rows }, () => Math.floor(random() * (column.categories.length + 1)) - 1) },
    ),
  };
}

async function hold(set: TrainingSet, task: Task, params: object = {}): Promise<void> {
  const fitted = train(boosting, set, task, { ...quick, ...params });
  await assertSameAsGraph(fitted, set.matrix, task);
  await assertSameAsGraph(fitted, strange(set.matrix), task);
}

const tasks: readonly (readonly [string, Task])[] = [
  ['regression', regression],
  ['two classes', binary],
  ['two classes of numbers', { kind: 'binary', classes: [3, 7] }],
  ['four classes', classesTask(4)],
];

describe('boosting says what its graph says', () => {
  for (const [name, task] of tasks) {
    test(name, () => hold(made({ rows: 400, numbers: 5 }, task), task));
    test(`${name}, with missing values and categories`, () =>
      hold(made({ rows: 400, numbers: 4, categories: 2, missing: 0.2 }, task), task));
    test(`${name}, categories alone`, () => hold(made({ rows: 300, numbers: 0, categories: 2, missing: 0.1 }, task), task));
  }
  for (const objective of ['regression_l1', 'quantile']) {
    test(objective, () => hold(made({ rows: 300, numbers: 4, missing: 0.1 }, regression), regression, { objective }));
  }
  test('counts', () => {
    const set = made({ rows: 300, numbers: 4 }, regression);
    return hold({ ...set, target: set.target.map((value) => Math.max(0, Math.round(3 * value))) }, regression, { objective: 'poisson' });
  });
  test('one tree, whose leaves are all above 0: the label is still that of the greater probability', () => {
    const rows = Array.from({ length: 100 }, (_, row) => row);
    const set = { matrix: matrix(number('a', rows)), target: Float64Array.from(rows, (row) => Number(row % 10 > 0)) };
    return hold(set, binary, { num_iterations: 1, min_data_in_leaf: 20, boost_from_average: false });
  });
  test('one row', () => hold({ matrix: matrix(number('a', [1])), target: Float64Array.of(2) }, regression));
  test('a class of which there is no row', () => hold({ ...made({ rows: 200, numbers: 3 }, classesTask(3)) }, classesTask(4)));
  test('one class', () => hold({ matrix: matrix(number('a', [1, 2, 3])), target: new Float64Array(3) }, binary));
  test('nothing but constant columns', () =>
    hold({ matrix: matrix(number('a', [1, 1, 1]), number('b', [NaN, NaN, NaN])), target: Float64Array.of(1, 2, 3) }, regression));
  test('a category column without a value', () =>
    hold({ matrix: matrix(category('a', ['', '', ''])), target: Float64Array.of(1, 2, 3) }, regression));
  test('infinite and huge values, and many ties', () => {
    const values = [Infinity, -Infinity, 3.4e38, -3.4e38, 0, -0, 1e-45, 1, 1.0000001];
    const rows = Array.from({ length: 900 }, (_, row) => values[row % values.length] as number);
    const target = Float64Array.from(rows, (_, row) => (row % values.length) * 1e30);
    return hold(
      {
        matrix: matrix(
          number('a', rows),
          number(
            'b',
            rows.map((value) => (value > 0 ? 1 : 0)),
          ),
        ),
        target,
      },
      regression,
      {
        min_data_in_leaf: 1,
      },
    );
  });
  test('missing values alone tell the target', () => {
    const values = Array.from({ length: 200 }, (_, row) => (row % 2 === 0 ? Number.NaN : row));
    return hold(
      { matrix: matrix(number('a', values)), target: Float64Array.from(values, (value) => (Number.isNaN(value) ? 5 : 1)) },
      regression,
    );
  });
});

describe('a forest says what its graph says', () => {
  for (const [name, task] of tasks) {
    for (const [rows, params] of [
      [300, { n_estimators: 7, max_depth: 6 }],
      [1, { n_estimators: 3 }],
      [60, { n_estimators: 3, min_samples_leaf: 60 }],
    ] as const) {
      test(`${name}, ${rows} rows, ${JSON.stringify(params)}`, async () => {
        const set = made({ rows, numbers: 3, categories: 2, missing: 0.1 }, task);
        const fitted = train(forest, set, task, params);
        await assertSameAsGraph(fitted, set.matrix, task);
        await assertSameAsGraph(fitted, strange(set.matrix), task);
      });
    }
  }
});
