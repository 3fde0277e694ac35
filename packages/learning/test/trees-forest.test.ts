import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError } from '@mlab/kernel/errors';
import type { TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import type { Fitted } from '#/trainer.ts';
import { forest } from '#/trees/forest/forest.ts';
import { classesTask, dataOf, modelBytes, train } from './estimators.ts';
import { binary, made, matrix, number, regression, rmse, rowsBetween, someRows } from './tree-data.ts';

const bytesOf = (fitted: Fitted, { matrix }: TrainingSet): Buffer => Buffer.from(modelBytes(fitted, matrix));
const tasks: readonly Task[] = [regression, binary, classesTask(3)];
/** Of each row, which class is the most probable. */
const labelsOf = (said: Float64Array, classes: number): number[] =>
  Array.from({ length: said.length / classes }, (_, row) => {
    const own = said.subarray(row * classes, (row + 1) * classes);
    return own.indexOf(Math.max(...own));
  });

describe('what is grown', () => {
  test('a single tree of all rows and columns says of each row what it is', () => {
    for (const task of tasks) {
      const set = made({ rows: 200, numbers: 4, missing: 0.1 }, task);
      const fitted = train(forest, set, task, { n_estimators: 1, bootstrap: false, max_features: 1 });
      const said = fitted.predict(set.matrix);
      const classes = said.length / 200;
      if (classes === 1) assert.ok(said.every((value, row) => Math.abs(value - (set.target[row] as number)) < 1e-5));
      else assert.ok(said.every((share, at) => share === Number(set.target[Math.floor(at / classes)] === at % classes)));
    }
  });

  test('one split, as it is worked out by hand', () => {
    const set = { matrix: matrix(number('a', [1, 2, 3, 4])), target: Float64Array.of(0, 0, 10, 20) };
    const fitted = train(forest, set, regression, { n_estimators: 1, bootstrap: false, max_depth: 1 });
    assert.deepEqual([...fitted.predict(set.matrix)], [0, 0, 15, 15]);
  });

  test('missing values go to the side on which it is best', () => {
    const params = { n_estimators: 1, bootstrap: false, max_depth: 1 };
    for (const target of [
      [1, 1, 1, 7, 7, 1],
      [1, 1, 7, 7, 7, 7],
      [1, 1, 7, 1, 1, 7],
    ]) {
      const set = { matrix: matrix(number('a', [1, 2, NaN, 4, 5, NaN])), target: Float64Array.from(target) };
      assert.deepEqual([...train(forest, set, regression, params).predict(set.matrix)], target);
    }
  });

  test('rows of weight 0 are as good as none; of a regression, all weights may be any times as great', () => {
    for (const task of tasks) {
      const set = made({ rows: 200, numbers: 3, categories: 1 }, task);
      const weights = Float64Array.from(set.target, (_, row) => row % 3);
      const params = { n_estimators: 5, min_samples_leaf: 3 };
      const weighted = train(forest, { ...set, weights }, task, params).predict(set.matrix);
      const kept = someRows({ ...set, weights }, (row) => row % 3 !== 0);
      assert.deepEqual(train(forest, kept, task, params).predict(set.matrix), weighted);
      const larger = train(forest, { ...set, weights: weights.map((weight) => weight * 4) }, task, params);
      assert.deepEqual(larger.predict(set.matrix), weighted);
    }
  });

  test('nothing to learn from says the mean', () => {
    const set = { matrix: matrix(number('a', [1, 1]), number('b', [NaN, NaN])), target: Float64Array.of(1, 2) };
    assert.deepEqual([...train(forest, set, regression, { bootstrap: false }).predict(set.matrix)], [1.5, 1.5]);
  });

  test('each row is judged by the trees that have not seen it', () => {
    const all = made({ rows: 900, numbers: 5 }, binary);
    const [set, later] = [rowsBetween(all, 0, 600), rowsBetween(all, 600, 900)];
    const metrics: Readonly<Record<string, number>>[] = [];
    const fitted = train(
      forest,
      set,
      binary,
      { oob_score: true },
      { validation: later, onIteration: (each) => metrics.push(each.metrics) > 0 },
    );
    const labels = labelsOf(fitted.predict(later.matrix), 2);
    const accuracy = labels.filter((label, row) => label === later.target[row]).length / 300;
    const { oob_score: unseen = 0, train_loss: learnt = 1, validation_loss: held = 0 } = metrics.at(-1) ?? {};
    assert.ok(Math.abs(unseen - accuracy) < 0.05 && accuracy > 0.7, `${unseen} and ${accuracy}`);
    assert.ok(learnt < held / 2 && metrics.length === 100);
  });
});

describe('the same forest', () => {
  test('with any number of threads, and from the state of each tree on; from another seed another one', () => {
    for (const task of tasks) {
      const params = { n_estimators: 3, min_samples_leaf: 20 };
      // Fewer cells are no work for threads.
      const large = made({ rows: 5_600, numbers: 17, categories: 1, missing: 0.05 }, task);
      const [one, two] = [0, 1].map((threads) => bytesOf(train(forest, large, task, params, { threads }), large));
      assert.ok(one?.equals(two ?? Buffer.of()));
      const set = made({ rows: 600, numbers: 17, categories: 1, missing: 0.05 }, task);
      const states: Uint8Array[] = [];
      const alone = bytesOf(train(forest, set, task, params, { onCheckpoint: (_, state) => states.push(state()) }), set);
      assert.equal(states.length, 3);
      for (const resume of states) assert.ok(bytesOf(train(forest, set, task, params, { resume }), set).equals(alone));
      assert.ok(!bytesOf(train(forest, set, task, params, { random: seededRandom(5) }), set).equals(alone));
      assert.throws(
        () => train(forest, set, task, { ...params, n_estimators: 4 }, { resume: states[0] as Uint8Array }),
        /other rows, columns or parameters/,
      );
    }
  });

  test('ends when it is told to', () => {
    const set = made({ rows: 100, numbers: 2 }, binary);
    const fitted = train(forest, set, binary, {}, { onIteration: ({ number: tree }) => tree < 4 });
    assert.equal(fitted.iterations, 4);
    assert.ok(labelsOf(fitted.predict(set.matrix), 2).filter((label, row) => label === set.target[row]).length > 80);
  });
});

describe('what is refused', () => {
  const set = made({ rows: 60, numbers: 2 }, regression);
  for (const [params, sentence] of [
    [{ n_estimators: 0 }, /n_estimators/],
    [{ max_features: 'some' }, /max_features/],
    [{ max_features: 1.5 }, /max_features/],
    [{ num_leaves: 3 }, /num_leaves/],
  ] as const) {
    test(JSON.stringify(params), () => {
      assert.throws(
        () => train(forest, set, regression, params),
        (error) => AppError.is(error, 'invalid') && sentence.test(error.message),
      );
    });
  }
  test('a target that is no number', () => {
    assert.throws(() => train(forest, { ...set, target: set.target.with(3, Number.NaN) }, regression), /row 3/);
  });
});

interface Recorded {
  readonly data: string;
  readonly task: 'classification' | 'regression';
  readonly params: Readonly<Record<string, unknown>>;
  /** Of scikit-learn: the mean accuracy or RMSE of thirds of the rows, each learnt from the others, and how far seeds lie apart. */
  readonly score: number;
  readonly deviation: number;
}

const file = new URL('fixtures/trees/recorded.json', import.meta.url);
const { forests } = JSON.parse(await readFile(file, 'utf8')) as { readonly forests: readonly Recorded[] };

describe('as good as scikit-learn', () => {
  for (const { data, task: kind, params, score, deviation } of forests) {
    test(`${data}: ${JSON.stringify(params)}`, () => {
      const set = dataOf(data);
      const classes = Math.max(...set.target) + 1;
      const task = kind === 'regression' ? regression : classesTask(classes);
      const scores = [0, 1, 2].map((part) => {
        const held = someRows(set, (row) => row % 3 === part);
        const said = train(
          forest,
          someRows(set, (row) => row % 3 !== part),
          task,
          params,
        ).predict(held.matrix);
        if (kind === 'regression') return rmse(said, held.target);
        return labelsOf(said, classes).filter((label, row) => label === held.target[row]).length / held.target.length;
      });
      const own = scores.reduce((sum, each) => sum + each, 0) / 3;
      // Ours is by chance, too.
      const better = kind === 'regression' ? score - own : own - score;
      assert.ok(better > -4 * deviation, `${own}, and scikit-learn has ${score} ± ${deviation}`);
    });
  }
});
