import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import { readParams } from '#/params.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import { trainers } from '#/trainers.ts';
import { assertSameAsGraph, classesTask, matrixOf, modelBytes, train } from './estimators.ts';

const OWN = ['baseline', 'isolation-forest', 'kmeans', 'linear', 'logistic', 'mlp'];
const own = trainers.filter(({ name }) => OWN.includes(name));

const random = seededRandom(11);
const uniform = (count: number): number[] => Array.from({ length: count }, () => random() * 2 - 1);
const first = uniform(40);

/** Whatever rows may be like. */
const TABLES: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'one row': [[1], [-2]],
  'two rows that are the same': [
    [1, 1],
    [2, 2],
  ],
  'one column': [first],
  'one constant column': [first.map(() => 3)],
  'constant columns beside another': [first, first.map(() => 0), first.map(() => 1e30)],
  'columns that are the same': [first, first, first.map((value) => -2 * value)],
  'huge values': [first.map((value) => value * 1e30), first.map((value) => value * 3e38)],
  'tiny values': [first.map((value) => value * 1e-38), first.map((value) => value * 1e-45)],
  'huge and tiny values': [first.map((value) => value * 1e30), first.map((value) => value * 1e-30)],
  'more columns than rows': Array.from({ length: 60 }, () => uniform(5)),
};

const targetsOf = (kind: string, rows: number): Float64Array =>
  Float64Array.from({ length: kind === 'clustering' || kind === 'anomaly' ? 0 : rows }, (_, row) => row % (kind === 'multiclass' ? 3 : 2));

const taskOf = (kind: Task['kind']): Task => (kind === 'binary' ? classesTask(2) : kind === 'multiclass' ? classesTask(3) : { kind });

/** No more clusters than rows; little work elsewhere. */
const PARAMS: Readonly<Record<string, (rows: number) => object>> = {
  kmeans: (rows) => ({ n_clusters: Math.min(3, rows) }),
  mlp: () => ({ max_iter: 20 }),
  'isolation-forest': () => ({ n_estimators: 20 }),
};

const paramsFor = (name: string, rows: number): object => PARAMS[name]?.(rows) ?? {};

for (const trainer of own) {
  describe(trainer.name, () => {
    for (const kind of trainer.tasks) {
      const task = taskOf(kind);
      const answers = kind === 'binary' ? 2 : kind === 'multiclass' ? 3 : 1;

      for (const [what, columns] of Object.entries(TABLES)) {
        test(`${kind}: ${what}`, () => {
          const matrix = matrixOf(columns);
          const set: TrainingSet = { matrix, target: targetsOf(kind, matrix.rows) };
          const given = paramsFor(trainer.name, matrix.rows);
          const fitted = train(trainer, set, task, given);
          const predicted = fitted.predict(matrix);
          assert.equal(predicted.length, matrix.rows * answers);
          assert.ok(predicted.every(Number.isFinite), predicted.slice(0, 5).join(' '));
          if (answers > 1) assert.ok(predicted.every((value) => value >= 0 && value <= 1));
          const importance = fitted.importance();
          if (importance !== undefined) assert.ok(Math.abs(importance.reduce((sum, part) => sum + part, 0) - 1) < 1e-9);
          assert.deepEqual(modelBytes(train(trainer, set, task, given), matrix), modelBytes(fitted, matrix), 'the same seed and rows');
        });
      }

      test(`${kind}: rows that weigh nothing might as well not be there`, () => {
        if (trainer.name === 'isolation-forest' || trainer.name === 'mlp' || trainer.name === 'kmeans') return;
        const columns = [uniform(20), uniform(20)];
        const target = targetsOf(kind, 20);
        const weights = Float64Array.from({ length: 20 }, (_, row) => Number(row < 12));
        const some = columns.map((values) => values.slice(0, 12));
        const weighted = train(trainer, { matrix: matrixOf(columns), target, weights }, task);
        const fewer = train(trainer, { matrix: matrixOf(some), target: target.slice(0, 12) }, task);
        const difference = weighted.predict(matrixOf(columns)).map((value, at) => value - (fewer.predict(matrixOf(columns))[at] as number));
        assert.ok(Math.max(...difference.map(Math.abs)) < 1e-5);
      });

      test(`${kind}: bad weights and values that are not prepared are refused`, () => {
        const matrix = matrixOf([[1, 2, 3, 4]]);
        const target = targetsOf(kind, 4);
        const given = paramsFor(trainer.name, 4);
        const withWeights = (weights: readonly number[]) => () =>
          train(trainer, { matrix, target, weights: Float64Array.from(weights) }, task, given);
        assert.throws(withWeights([0, 0, 0, 0]), { code: 'invalid', message: /The weights of all rows are 0/ });
        assert.throws(withWeights([1, -1, 1, 1]), { code: 'invalid', message: /The weight of row 1 .* got -1/ });
        assert.throws(withWeights([1, 1, Number.NaN, 1]), { code: 'invalid', message: /The weight of row 2 .* got NaN/ });
        if (trainer.input === 'columns') return;
        const learn = (wrong: Matrix) => () => train(trainer, { matrix: wrong, target }, task, given);
        assert.throws(learn(matrixOf([[1, 2, Number.NaN, 4]])), /The column x0 has no value in row 2; it has to be prepared first/);
        assert.throws(learn(matrixOf([[1, 1e300, 3, 4]])), { code: 'invalid', message: /x0 has a value in row 1 that is too large/ });
        const category = { kind: 'category' as const, name: 'c', codes: new Int32Array(4), categories: ['a'] };
        assert.throws(learn({ rows: 4, columns: [category] }), /The column c is made of categories; it has to be prepared first/);
      });
    }
  });
}

test('each parameter has a default, bounds or choices, and a description, and a search looks at parameters that there are', () => {
  for (const trainer of own) {
    const { properties = {} } = trainer.params.json as { properties?: Record<string, Record<string, unknown>> };
    for (const [name, field] of Object.entries(properties)) {
      const where = `${trainer.name}.${name}`;
      assert.notEqual(field['default'], undefined, where);
      assert.ok(typeof field['description'] === 'string' && field['description'].length > 10, where);
      const isNumber = field['type'] === 'number' || field['type'] === 'integer';
      if (isNumber)
        assert.ok(('minimum' in field || 'exclusiveMinimum' in field) && ('maximum' in field || 'exclusiveMaximum' in field), where);
    }
    for (const [name, range] of Object.entries(trainer.space)) {
      const ends = range.kind === 'choice' ? range.options : [range.low, range.high];
      for (const value of ends) assert.doesNotThrow(() => readParams(trainer, { [name]: value }), `${trainer.name}.${name} = ${value}`);
    }
  }
});

test('a parameter that is not taken is refused by its name', () => {
  const named = (name: string) => trainers.find((trainer) => trainer.name === name) as (typeof trainers)[number];
  const refusals: readonly [string, unknown, RegExp][] = [
    ['logistic', { C: 0 }, /^logistic\.C must be > 0, got 0/],
    ['logistic', { C: '1' }, /^logistic\.C must be number, got "1"/],
    ['logistic', { penalty: 'l2' }, /^logistic has no parameter "penalty"; it has C, l1_ratio/],
    ['logistic', JSON.parse('{"__proto__": {"C": 2}}'), /^logistic has no parameter "__proto__"/],
    ['logistic', { class_weight: 'heavy' }, /^logistic\.class_weight .*got "heavy"/],
    ['linear', { l1_ratio: 1.5 }, /^linear\.l1_ratio must be <= 1, got 1\.5/],
    ['linear', { alpha: Number.NaN }, /^linear\.alpha /],
    ['linear', { max_iter: 2.5 }, /^linear\.max_iter must be integer, got 2\.5/],
    ['mlp', { hidden_layer_sizes: '64,0' }, /^mlp\.hidden_layer_sizes/],
    ['mlp', { hidden_layer_sizes: [] }, /^mlp\.hidden_layer_sizes/],
    ['mlp', { dropout: 1 }, /^mlp\.dropout must be <= 0\.95, got 1/],
    ['kmeans', { n_clusters: 0 }, /^kmeans\.n_clusters must be >= 1, got 0/],
    ['isolation-forest', { contamination: 0.7 }, /^isolation-forest\.contamination/],
    ['boosting', { monotone_constraints: { constructor: 2 } }, /^boosting\.monotone_constraints\.constructor must be -1, 0, or 1, got 2/],
    ['boosting', { class_weight: { a: -1 } }, /^boosting\.class_weight\.a must be >= 0, got -1/],
    ['boosting', { boost_from_average: 1 }, /^boosting\.boost_from_average must be boolean, got 1/],
    ['boosting', { alpha: 1 }, /^boosting\.alpha must be < 1, got 1/],
    ['boosting', { num_leaves: null }, /^boosting\.num_leaves must be integer, got null/],
    ['mlp', { activation: 'sine' }, /^mlp\.activation must be "relu", "tanh", or "logistic", got "sine"/],
    ['baseline', [], /^The params of baseline have to be an object, got \[\]/],
    ['baseline', null, /^The params of baseline have to be an object, got null/],
  ];
  for (const [name, given, message] of refusals) assert.throws(() => readParams(named(name), given), { code: 'invalid', message });
  const given = { monotone_constraints: JSON.parse('{"__proto__": 1, "a": -1}') as object, num_leaves: undefined };
  const { monotone_constraints: constraints, num_leaves: leaves } = readParams(named('boosting'), given) as Record<string, unknown>;
  assert.deepEqual([Object.entries(constraints as object).length, leaves], [2, 31]);
});

test('a network that would not fit into memory is refused before it is tried', () => {
  const mlp = own.find(({ name }) => name === 'mlp') as (typeof own)[number];
  const matrix = matrixOf([Array.from({ length: 30_000 }, (_, row) => row)]);
  const set = { matrix, target: new Float64Array(30_000) };
  const params = { batch_size: 30_000, hidden_layer_sizes: [4096, 4096] };
  assert.throws(() => train(mlp, set, classesTask(2), params), {
    code: 'invalid',
    message: /1-4096-4096-1 units with batches of 30000 rows takes [0-9.]+ GiB/,
  });
});

test('huge values are the same in the graph', async () => {
  const matrix = matrixOf(TABLES['huge and tiny values'] ?? []);
  for (const trainer of own) {
    const task = taskOf(trainer.tasks[0] ?? 'regression');
    if (trainer.name === 'mlp') continue;
    const fitted = train(trainer, { matrix, target: targetsOf(task.kind, matrix.rows) }, task, paramsFor(trainer.name, matrix.rows));
    await assertSameAsGraph(fitted, matrix, task);
  }
});
