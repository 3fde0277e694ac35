import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { logistic } from '#/linear/logistic.ts';
import { assertNear, assertSameAsGraph, classesTask, coefficientsOf, dataOf, matrixOf, modelBytes, recorded, train } from './estimators.ts';

describe('logistic regression has the coefficients of scikit-learn', () => {
  for (const { data, params, weighted, coefficients, intercepts } of recorded.logistic) {
    test(`${data} ${JSON.stringify(params)}${weighted ? ' weighted' : ''}`, async () => {
      const set = dataOf(data, weighted);
      const task = classesTask(Math.max(2, intercepts.length));
      const fitted = train(logistic, set, task, params);
      const own = coefficientsOf(fitted, set.matrix);
      assertNear(own.coefficients, (coefficients as number[]).flat(), 1e-4);
      const middle = intercepts.length === 1 ? 0 : intercepts.reduce((sum, value) => sum + value, 0) / intercepts.length;
      assertNear(
        own.intercepts,
        intercepts.map((value) => value - middle),
        1e-4,
      );
      await assertSameAsGraph(fitted, set.matrix, task);
    });
  }
});

test('classes that are separated completely have finite coefficients, with next to no penalty too', () => {
  const set = { matrix: matrixOf([[-2, -1, 1, 2]]), target: Float64Array.of(0, 0, 1, 1) };
  for (const params of [{ C: 1 }, { C: 1e12 }, { C: 1e12, l1_ratio: 1 }]) {
    const fitted = train(logistic, set, classesTask(2), params);
    const probabilities = fitted.predict(set.matrix);
    assert.ok(
      probabilities.every((value) => value >= 0 && value <= 1),
      `${JSON.stringify(params)}: ${probabilities.join(' ')}`,
    );
    assert.ok((probabilities[1] as number) < 0.4 && (probabilities[7] as number) > 0.6);
  }
  const cut = train(logistic, set, classesTask(2), { C: 1e12, max_iter: 3 });
  assert.match(cut.warnings?.[0] ?? '', /not converged after 3 iterations \(max_iter\)/);
});

test('units of measurement do not hold it up', () => {
  const { matrix, target } = dataOf('cancer');
  const factors = [1e-6, 1, 1e6];
  const moved = {
    ...matrix,
    columns: matrix.columns.map((column, index) =>
      column.kind === 'number' ? { ...column, values: column.values.map((value) => (value + 3) * (factors[index % 3] as number)) } : column,
    ),
  };
  const fitted = train(logistic, { matrix: moved, target }, classesTask(2), { C: 10 });
  assert.deepEqual(fitted.warnings, []);
  const accuracy = fitted
    .predict(moved)
    .reduce((sum, value, at) => sum + Number(at % 2 === 1 && value > 0.5 === (target[(at - 1) / 2] === 1)), 0);
  assert.ok(accuracy / target.length > 0.97);
});

test('of columns that say the same each has its part, and of a constant one nothing is learnt', () => {
  const { matrix, target } = dataOf('cancer');
  const [first] = matrix.columns;
  const constant = { kind: 'number', name: 'constant', values: new Float32Array(matrix.rows).fill(7) } as const;
  const columns = [first, { ...first, name: 'again' }, constant] as typeof matrix.columns;
  const fitted = train(logistic, { matrix: { ...matrix, columns }, target }, classesTask(2));
  const { coefficients } = coefficientsOf(fitted, { ...matrix, columns });
  assertNear([coefficients[0] as number, 0], [coefficients[1] as number, coefficients[2] as number]);
  assertNear(fitted.importance() ?? [], [0.5, 0.5, 0]);
});

test('goes on from any checkpoint to the same bytes', () => {
  const set = dataOf('wine');
  for (const params of [{}, { l1_ratio: 1, C: 0.3 }]) {
    const states: Uint8Array[] = [];
    const fitted = train(logistic, set, classesTask(3), params, { onCheckpoint: (number, state) => (states[number] = state()) });
    assert.ok(states.length > 30);
    for (const number of [1, 5, 29]) {
      let first = 0;
      const resumed = train(logistic, set, classesTask(3), params, {
        resume: states[number] as Uint8Array,
        onIteration: (iteration) => ((first ||= iteration.number), true),
      });
      assert.equal(first, number + 1);
      assert.equal(resumed.iterations, fitted.iterations);
      assert.deepEqual(modelBytes(resumed, set.matrix), modelBytes(fitted, set.matrix));
    }
  }
  assert.throws(() => train(logistic, set, classesTask(3), {}, { resume: new Uint8Array(9) }), {
    code: 'invalid',
    message: /The checkpoint is not/,
  });
});
