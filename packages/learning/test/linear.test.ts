import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { numberColumns } from '#/arrays/dense.ts';
import { linear } from '#/linear/linear.ts';
import type { TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import { assertNear, assertSameAsGraph, coefficientsOf, dataOf, matrixOf, recorded, train } from './estimators.ts';

const task = { kind: 'regression' } as const;

describe('linear regression has the coefficients of scikit-learn', () => {
  for (const { data, params, weighted, coefficients, intercepts } of recorded.linear) {
    test(`${data} ${JSON.stringify(params)}${weighted ? ' weighted' : ''}`, async () => {
      const set = dataOf(data, weighted);
      const fitted = train(linear, set, task, params);
      const own = coefficientsOf(fitted, set.matrix);
      assertNear(own.coefficients, coefficients as number[], 1e-4);
      assertNear(own.intercepts, intercepts, 1e-6);
      assert.deepEqual(fitted.warnings, []);
      await assertSameAsGraph(fitted, set.matrix, task);
    });
  }
});

/** y = 3 x0 − 2 x1 + 1, and columns that say nothing new: one-hot of a category, twice the first column, a constant one. */
function dependent(): TrainingSet {
  const random = seededRandom(3);
  const rows = Array.from({ length: 60 }, () => [random(), random(), Math.floor(random() * 3)] as const);
  const columns = [
    rows.map(([a]) => a),
    rows.map(([, b]) => b),
    rows.map(([a]) => 2 * Math.fround(a)),
    ...[0, 1, 2].map((category) => rows.map(([, , c]) => Number(c === category))),
    rows.map(() => 0.1),
  ];
  const matrix = matrixOf(columns);
  const [a, b] = numberColumns(matrix) as [Float32Array, Float32Array];
  return {
    matrix,
    target: Float64Array.from(rows, (_, row) => 3 * (a[row] as number) - 2 * (b[row] as number) + 1),
    weights: Float64Array.from(rows, () => random()),
  };
}

test('columns that depend on each other are told apart as little as they can be', () => {
  const set = dependent();
  const fitted = train(linear, set, task);
  assertNear(fitted.predict(set.matrix), set.target, 1e-6);
  const { coefficients } = coefficientsOf(fitted, set.matrix);
  // The shortest solution, columns being measured in their deviations, gives as much to a column as to its double.
  assertNear([coefficients[0] as number, coefficients[2] as number, coefficients[6] as number], [1.5, 0.75, 0], 1e-5);
});

test('columns that differ by nothing but the rounding of a float32 are taken for dependent', () => {
  const random = seededRandom(4);
  const [a, b] = [0, 1].map(() => Array.from({ length: 100 }, () => Math.fround(random()))) as [number[], number[]];
  const matrix = matrixOf([a, b, a.map((value, row) => value + (b[row] as number))]);
  const fitted = train(linear, { matrix, target: Float64Array.from(a, (value) => value + 0.1 * random()) }, task);
  const { coefficients } = coefficientsOf(fitted, matrix);
  assert.ok(
    coefficients.every((coefficient) => Math.abs(coefficient) < 2),
    coefficients.join(' '),
  );
});

test('more columns than are multiplied with each other give the same', () => {
  const random = seededRandom(5);
  const rows = 40;
  const columns = Array.from({ length: 2100 }, () => Array.from({ length: rows }, () => random()));
  const set = { matrix: matrixOf(columns), target: Float64Array.from({ length: rows }, () => random()) };
  const exact = train(linear, set, task);
  assertNear(exact.predict(set.matrix), set.target, 1e-5);
  const [few, many] = [
    columns.slice(0, 6),
    [...columns.slice(0, 6), ...Array.from({ length: 2100 }, () => Array.from({ length: rows }, () => 1))],
  ];
  for (const params of [{ alpha: 0.01 }, { alpha: 0.001, l1_ratio: 0.5 }]) {
    const narrow = train(linear, { ...set, matrix: matrixOf(few) }, task, params);
    const wide = train(linear, { ...set, matrix: matrixOf(many) }, task, params);
    assertNear(wide.predict(matrixOf(many)), narrow.predict(matrixOf(few)), 1e-5);
  }
});

test('amounts of coefficients that cost enough are 0', () => {
  const set = dataOf('diabetes');
  const { coefficients, intercepts } = coefficientsOf(train(linear, set, task, { alpha: 50, l1_ratio: 1 }), set.matrix);
  assert.deepEqual(
    coefficients,
    coefficients.map(() => 0),
  );
  assertNear(intercepts, [set.target.reduce((sum, value) => sum + value, 0) / set.target.length]);
});

test('how far it is can be heard, and it can be ended', () => {
  const set = dataOf('diabetes');
  const losses: number[] = [];
  const fitted = train(
    linear,
    set,
    task,
    { alpha: 0.01, l1_ratio: 0.5 },
    {
      validation: set,
      onIteration({ number, of, metrics }) {
        assert.equal(of, 1000);
        assertNear([metrics['train_loss'] as number], [metrics['validation_loss'] as number], 1e-5);
        losses.push(metrics['train_loss'] as number);
        return number < 3;
      },
    },
  );
  assert.equal(fitted.iterations, 3);
  assert.ok((losses[0] as number) > (losses[2] as number));
  const cut = train(linear, set, task, { alpha: 0.01, l1_ratio: 0.5, max_iter: 2 });
  assert.match(cut.warnings?.[0] ?? '', /2 iterations \(max_iter\)/);
});
