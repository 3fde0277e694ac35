import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { AppError } from '@mlab/kernel/errors';
import { readModel, treesOf } from '@mlab/onnx';
import type { Matrix, TrainingSet } from '#/matrix.ts';
import { seededRandom } from '#/random.ts';
import type { Task } from '#/task.ts';
import type { Fitted } from '#/trainer.ts';
import { boosting } from '#/trees/boosting/boosting.ts';
import { classesTask, context, dataOf, modelBytes, train } from './estimators.ts';
import { auc, binary, category, made, matrix, number, regression, rmse, rowsBetween, someRows } from './tree-data.ts';

const bytesOf = (fitted: Fitted, { matrix }: TrainingSet): Buffer => Buffer.from(modelBytes(fitted, matrix));
const treesIn = (fitted: Fitted, of: Matrix) => treesOf(readModel(modelBytes(fitted, of)))[0]?.trees;
const second = (probabilities: Float64Array): Float64Array => probabilities.filter((_, at) => at % 2 === 1);
const chance = { feature_fraction: 0.6, bagging_fraction: 0.7, bagging_freq: 2 };

describe('what is grown', () => {
  test('one split, as it is worked out by hand', () => {
    const set = { matrix: matrix(number('a', [1, 2, 3, 4])), target: Float64Array.of(0, 0, 10, 20) };
    const fitted = train(boosting, set, regression, {
      num_iterations: 1,
      num_leaves: 2,
      learning_rate: 0.5,
      min_data_in_leaf: 1,
      min_data_in_bin: 1,
      lambda_l2: 1,
    });
    // From the mean 7.5 on: gains of a cut behind 1, 2 and 3 are 56.25/2 + 56.25/4, 225/3 + 225/3, 56.25/4 + 156.25/2: the middle one.
    assert.deepEqual([...fitted.predict(set.matrix)], [5, 5, 10, 10]);
    assert.deepEqual([...(fitted.importance() ?? [])], [1]);
    const trees = treesIn(fitted, set.matrix);
    assert.deepEqual([trees?.thresholds[0], ...(trees?.covers ?? [])], [2.5, 4, 2, 2]);
  });

  test('leaves, depth, and rows of a leaf keep within their limits, whatever the order of growth', () => {
    const set = made({ rows: 500, numbers: 4, missing: 0.1 }, regression);
    for (const policy of ['lossguide', 'depthwise']) {
      const fitted = train(boosting, set, regression, {
        num_iterations: 5,
        grow_policy: policy,
        num_leaves: 11,
        max_depth: 5,
        min_data_in_leaf: 13,
      });
      const trees = treesIn(fitted, set.matrix);
      assert.ok(trees !== undefined);
      const { roots, features, covers, yes, no } = trees;
      roots.forEach((root, tree) => {
        const end = roots[tree + 1] ?? features.length;
        let leaves = 0;
        const visit = (node: number, depth: number): number => {
          assert.ok(node >= root && node < end && depth <= 5);
          if ((features[node] as number) >= 0) {
            const below = visit(yes[node] as number, depth + 1) + visit(no[node] as number, depth + 1);
            assert.equal(covers?.[node], below);
            return below;
          }
          leaves++;
          assert.ok((covers?.[node] as number) >= 13);
          return covers?.[node] as number;
        };
        assert.equal(visit(root, 0), 500);
        assert.ok(leaves > 4 && leaves <= 11, `${leaves} leaves`);
      });
    }
  });

  test('leaf-wise and depth-wise trees without a limit of leaves are the same', () => {
    const set = made({ rows: 400, numbers: 4 }, binary);
    const [a, b] = ['lossguide', 'depthwise'].map((policy) =>
      train(boosting, set, binary, { num_iterations: 8, grow_policy: policy, num_leaves: 10_000, max_depth: 4 }).predict(set.matrix),
    );
    assert.ok(Array.from(a ?? []).every((value, at) => Math.abs(value - (b?.[at] ?? 0)) < 1e-12));
  });

  test('rows of weight 0 are as good as none, and a row of weight 2 is two rows', () => {
    const set = made({ rows: 300, numbers: 3, categories: 1, missing: 0.1 }, regression);
    const params = { num_iterations: 10, min_data_in_leaf: 0, min_data_in_bin: 1, max_bin: 255, min_sum_hessian_in_leaf: 5 };
    const weights = Float64Array.from(set.target, (_, row) => row % 3);
    const weighted = train(boosting, { ...set, weights }, regression, params).predict(set.matrix);
    const kept = someRows({ ...set, weights }, (row) => row % 3 !== 0);
    assert.deepEqual(train(boosting, kept, regression, params).predict(set.matrix), weighted);
    const twice = { ...set, weights: weights.map((weight) => 8 * weight) };
    const scaled = train(boosting, twice, regression, { ...params, min_sum_hessian_in_leaf: 40 }).predict(set.matrix);
    assert.deepEqual(scaled, weighted);
  });

  test('monotone constraints hold for any rows, and what breaks them without is seen', () => {
    const directions = { n0: 1, n1: -1, n3: 1 } as const;
    const broken = new Set<string>();
    for (let seed = 1; seed <= 3; seed++) {
      for (const objective of ['regression', 'regression_l1', 'quantile']) {
        const set = made({ rows: 300, numbers: 4, missing: 0.05, seed }, regression);
        for (const constraints of [directions, {}]) {
          const params = {
            objective,
            num_iterations: 20,
            num_leaves: 20,
            min_data_in_leaf: 3,
            learning_rate: 0.3,
            monotone_constraints: constraints,
          };
          const fitted = train(boosting, set, regression, params);
          for (const [name, direction] of Object.entries(directions)) {
            const falls = worstFall(fitted, set.matrix, name, direction, seed);
            if (constraints === directions) assert.ok(falls <= 0, `${objective}, seed ${seed}: ${name} falls by ${falls}`);
            else if (falls > 0.01) broken.add(name);
          }
        }
      }
    }
    assert.deepEqual([...broken].toSorted(), ['n0', 'n1', 'n3']);
  });

  test('probabilities rise with a column, too, and still learn from it', () => {
    const set = made({ rows: 600, numbers: 4 }, binary);
    const fitted = train(boosting, set, binary, { num_iterations: 40, min_data_in_leaf: 5, monotone_constraints: { n0: 1 } });
    assert.ok(worstFall(fitted, set.matrix, 'n0', 1, 1) <= 0);
    assert.ok((fitted.importance()?.[0] ?? 0) > 0.1);
  });
});

/** By how much at most what is predicted goes the wrong way when one column of a row rises and the others stay. */
function worstFall(fitted: Fitted, { columns }: Matrix, name: string, direction: number, seed: number): number {
  const random = seededRandom(seed);
  let worst = Number.NEGATIVE_INFINITY;
  for (let times = 0; times < 10; times++) {
    const row = columns.map((column) =>
      column.kind === 'number' ? (column.values[Math.floor(random() * column.values.length)] as number) : 0,
    );
    const rows = 50;
    const steps = columns.map((column, index) =>
      number(
        column.name,
        Array.from({ length: rows }, (_, step) => (column.name === name ? -4 + step * 0.16 : (row[index] as number))),
      ),
    );
    const all = fitted.predict(matrix(...steps));
    const said = all.length === rows ? all : second(all);
    for (let step = 1; step < rows; step++) worst = Math.max(worst, direction * ((said[step - 1] as number) - (said[step] as number)));
  }
  return worst;
}

describe('the same model', () => {
  const tasks: readonly Task[] = [regression, binary, classesTask(3)];
  test('with any number of threads', () => {
    const task = classesTask(3);
    const set = made({ rows: 12_000, numbers: 16, categories: 1, missing: 0.05 }, task);
    const [alone, two, three] = [0, 1, 2].map((threads) =>
      bytesOf(train(boosting, set, task, { num_iterations: 3, ...chance }, { threads }), set),
    );
    assert.ok(alone?.equals(two ?? Buffer.of()) && alone.equals(three ?? Buffer.of()));
  });

  test('from the state of each iteration on, and from another seed another one', () => {
    for (const task of tasks) {
      const all = made({ rows: 400, numbers: 4, categories: 1, missing: 0.1 }, task);
      const [set, validation] = [rowsBetween(all, 0, 300), rowsBetween(all, 300, 400)];
      const params = { num_iterations: 6, ...chance, early_stopping_round: 3 };
      const states: Uint8Array[] = [];
      const losses: number[] = [];
      const whole = train(boosting, set, task, params, {
        validation,
        onCheckpoint: (_, state) => states.push(state()),
        onIteration: ({ metrics }) => losses.push(metrics['validation_loss'] as number) > 0,
      });
      assert.equal(states.length, 6);
      for (const [index, resume] of states.entries()) {
        const later: number[] = [];
        const onIteration = ({ metrics }: { metrics: Readonly<Record<string, number>> }): boolean =>
          later.push(metrics['validation_loss'] as number) > 0;
        const resumed = train(boosting, set, task, params, { validation, resume, onIteration });
        assert.deepEqual(later, losses.slice(index + 1));
        assert.ok(bytesOf(resumed, set).equals(bytesOf(whole, set)));
      }
      const other = train(boosting, set, task, params, { validation, random: seededRandom(99) });
      assert.ok(!bytesOf(other, set).equals(bytesOf(whole, set)));
    }
  });

  test('a state of something else is refused', () => {
    const set = made({ rows: 100, numbers: 2 }, regression);
    let state = new Uint8Array();
    train(boosting, set, regression, { num_iterations: 2 }, { onCheckpoint: (_, pack) => (state = new Uint8Array(pack())) });
    const resume =
      (from: Uint8Array, params: object = {}) =>
      () =>
        train(boosting, set, regression, { num_iterations: 2, ...params }, { resume: from });
    resume(state)();
    assert.throws(resume(state, { num_leaves: 5 }), /other rows, columns or parameters/);
    for (const broken of [new Uint8Array(), new Uint8Array(50), state.subarray(0, state.length - 1), Uint8Array.from([...state, 0])]) {
      assert.throws(resume(broken), (error) => AppError.is(error, 'invalid'));
    }
  });

  test('columns in which nothing differs change nothing', () => {
    const set = made({ rows: 300, numbers: 3 }, binary);
    const more = {
      ...set,
      matrix: matrix(number('constant', new Float32Array(300)), ...set.matrix.columns, number('missing', new Float32Array(300).fill(NaN))),
    };
    const [a, b] = [set, more].map((each) => train(boosting, each, binary, { num_iterations: 5 }).predict(each.matrix));
    assert.deepEqual(a, b);
  });
});

describe('how long it goes on', () => {
  test('until the validation rows are worse for a while, and keeps the best', () => {
    const set = made({ rows: 200, numbers: 6 }, binary);
    const validation = made({ rows: 200, numbers: 6, seed: 5 }, binary);
    const losses: number[] = [];
    const fitted = train(
      boosting,
      set,
      binary,
      { num_iterations: 300, learning_rate: 0.3, min_data_in_leaf: 5, early_stopping_round: 7 },
      {
        validation,
        onIteration: ({ metrics }) => losses.push(metrics['validation_loss'] as number) > 0,
      },
    );
    const best = losses.indexOf(Math.min(...losses)) + 1;
    assert.equal(fitted.iterations, best);
    assert.equal(losses.length, best + 7);
    const p = second(fitted.predict(validation.matrix));
    const loss = p.reduce((sum, each, row) => sum - Math.log(validation.target[row] === 1 ? each : 1 - each), 0) / p.length;
    assert.ok(Math.abs(loss - Math.min(...losses)) < 1e-6);
  });

  test('until it is told to end, and tells how far it is', () => {
    const set = made({ rows: 200, numbers: 3 }, regression);
    const seen: (readonly [number, number])[] = [];
    const fitted = train(
      boosting,
      set,
      regression,
      { num_iterations: 10 },
      {
        onIteration: ({ number, of, metrics }) => {
          assert.ok((metrics['train_loss'] as number) > 0 && !('validation_loss' in metrics));
          return seen.push([number, of]) < 3;
        },
      },
    );
    assert.equal(fitted.iterations, 3);
    assert.deepEqual(seen, [
      [1, 10],
      [2, 10],
      [3, 10],
    ]);
  });

  test('until nothing is left to learn', () => {
    const set = { matrix: matrix(number('a', [1, 2])), target: Float64Array.of(1, 2) };
    assert.equal(train(boosting, set, regression, { num_iterations: 50 }).iterations, 1);
  });
});

describe('hard data', () => {
  test('10,000 columns of few rows', () => {
    const set = made({ rows: 40, numbers: 1 }, binary);
    const random = seededRandom(4);
    const columns = Array.from({ length: 9_999 }, (_, index) => number(`x${index}`, Array.from({ length: 40 }, random)));
    const fitted = train(boosting, { ...set, matrix: matrix(...set.matrix.columns, ...columns) }, binary, {
      num_iterations: 2,
      min_data_in_leaf: 3,
    });
    assert.equal(fitted.iterations, 2);
  });

  test('a thousand categories, most of them seen a few times', () => {
    const random = seededRandom(8);
    const [rows, effect] = [6_000, Float64Array.from({ length: 1_000 }, () => random() * 4)];
    const codes = Array.from({ length: rows * 2 }, () => Math.floor(random() * 1_000));
    const target = Float64Array.from(codes, (code) => (effect[code] as number) + random());
    const all = category(
      'c',
      codes.map((code) => `category ${code}`),
    );
    assert.ok(all.kind === 'category');
    const half = (from: number): TrainingSet => ({
      matrix: { rows, columns: [{ ...all, codes: all.codes.slice(from, from + rows) }] },
      target: target.slice(from, from + rows),
    });
    const fitted = train(boosting, half(0), regression, { cat_smooth: 1 });
    const alone = rmse(new Float64Array(rows).fill(2.5), half(rows).target);
    // What six rows of each category can tell at best leaves about 0.31.
    assert.ok(rmse(fitted.predict(half(rows).matrix), half(rows).target) < 0.34 && alone > 1.1);
  });

  test('categories in another order are still the same categories', () => {
    const set = made({ rows: 300, numbers: 1, categories: 2 }, regression);
    const fitted = train(boosting, set, regression, { num_iterations: 5 });
    const turned = set.matrix.columns.map((column) => {
      if (column.kind === 'number') return column;
      const categories = [...column.categories, 'one more'].toReversed();
      return { ...column, categories, codes: column.codes.map((code) => (code < 0 ? -1 : column.categories.length - code)) };
    });
    assert.deepEqual(fitted.predict(matrix(...turned)), fitted.predict(set.matrix));
  });

  test('one row in a hundred of a class: balanced, both count for the same', () => {
    const set = made({ rows: 3_000, numbers: 3 }, binary);
    const order = set.matrix.columns[0]?.kind === 'number' ? set.matrix.columns[0].values : new Float32Array();
    const rare = { ...set, target: Float64Array.from(order, (value) => Number(value > 2.2)) };
    const mean = (params: object): number => {
      const p = second(train(boosting, rare, binary, { num_iterations: 1, learning_rate: 1e-6, ...params }).predict(rare.matrix));
      return p.reduce((sum, each) => sum + each, 0) / p.length;
    };
    const share = rare.target.reduce((sum, each) => sum + each, 0) / 3_000;
    assert.ok(share < 0.02 && Math.abs(mean({}) - share) < 1e-4);
    assert.ok(Math.abs(mean({ class_weight: 'balanced' }) - 0.5) < 1e-4);
    const odds = (3 * share) / (3 * share + 1 - share);
    assert.ok(Math.abs(mean({ class_weight: { yes: 3 } }) - odds) < 1e-4);
    const weighted = { ...rare, weights: rare.target.map((label) => (label === 1 ? 3 : 1)) };
    const [byClass, byRow] = [train(boosting, rare, binary, { class_weight: { yes: 3 } }), train(boosting, weighted, binary)];
    assert.deepEqual(byClass.predict(set.matrix), byRow.predict(set.matrix));
  });

  test('targets as large as float32 holds', () => {
    const set = { matrix: matrix(number('a', [1, 2, 3, 4])), target: Float64Array.of(-3e38, -3e38, 3e38, 3e38) };
    const fitted = train(boosting, set, regression, { num_iterations: 60, min_data_in_leaf: 1, min_data_in_bin: 1, learning_rate: 0.5 });
    assert.ok(fitted.predict(set.matrix).every((value, row) => Math.abs(value / (set.target[row] as number) - 1) < 1e-6));
  });
});

describe('what is refused', () => {
  const set = made({ rows: 60, numbers: 2, categories: 1 }, regression);
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ num_leaves: 1 }, /num_leaves/],
    [{ learning_rate: 0 }, /learning_rate/],
    [{ max_bin: 256 }, /max_bin/],
    [{ objective: 'l3' }, /objective/],
    [{ n_leaves: 4 }, /n_leaves/],
    [{ monotone_constraints: { nowhere: 1 } }, /monotone_constraints names "nowhere"/],
    [{ monotone_constraints: { c0: 1 } }, /monotone_constraints names "c0"/],
    [{ monotone_constraints: { n0: 2 } }, /monotone_constraints/],
    [{ objective: 'poisson' }, /poisson/],
    [{ early_stopping_round: 3 }, /early_stopping_round/],
  ];
  for (const [params, sentence] of cases) {
    test(JSON.stringify(params), () => {
      assert.throws(
        () => boosting.train(set, regression, params as never, context()),
        (error) => AppError.is(error, 'invalid') && sentence.test(error.message),
      );
    });
  }
  test('what does not suit the task', () => {
    const refuses = (task: Task, of: TrainingSet, params: object, sentence: RegExp): void =>
      assert.throws(
        () => train(boosting, of, task, params),
        (error) => AppError.is(error, 'invalid') && sentence.test(error.message),
      );
    refuses(classesTask(3), made({ rows: 60, numbers: 2 }, classesTask(3)), { monotone_constraints: { n0: 1 } }, /monotone_constraints/);
    refuses(binary, made({ rows: 60, numbers: 2 }, binary), { class_weight: { maybe: 1 } }, /class_weight .*"maybe"/);
    refuses(binary, made({ rows: 60, numbers: 2 }, binary), { class_weight: { yes: 0, no: 0 } }, /class_weight/);
    refuses(regression, { ...set, weights: new Float64Array(60) }, {}, /weights/);
    refuses(regression, { ...set, target: set.target.with(3, Number.NaN) }, {}, /row 3/);
    refuses(regression, { ...set, target: set.target.with(3, 1e39) }, {}, /row 3/);
  });
});

/** What compat/learning/record-trees.py wrote: LightGBM's mean AUC, log loss or RMSE of thirds of the rows, each learnt from the others. */
interface Recorded {
  readonly data: string;
  readonly task: 'binary' | 'multiclass' | 'regression';
  readonly params: Readonly<Record<string, unknown>>;
  readonly missing: boolean;
  readonly score: number;
}

const file = new URL('fixtures/trees/recorded.json', import.meta.url);
const { results } = JSON.parse(await readFile(file, 'utf8')) as { readonly results: readonly Recorded[] };

describe('as good as LightGBM', () => {
  for (const { data, task: kind, params, missing, score } of results) {
    test(`${data}: ${JSON.stringify(params)}${missing ? ', with missing values' : ''}`, () => {
      const all = dataOf(data);
      const classes = Math.max(...all.target) + 1;
      const task = kind === 'regression' ? regression : classesTask(classes);
      const scoreOf = (said: Float64Array, target: Float64Array): number => {
        if (kind === 'regression') return rmse(said, target);
        if (kind === 'binary') return auc(second(said), target);
        return target.reduce((sum, label, row) => sum - Math.log(said[row * classes + label] as number), 0) / target.length;
      };
      const isMissing = (row: number, column: number): boolean => missing && (row * 7 + column * 3) % 11 === 0;
      const columns = all.matrix.columns.map((column, index) =>
        column.kind === 'number'
          ? number(
              column.name,
              column.values.map((value, row) => (isMissing(row, index) ? Number.NaN : value)),
            )
          : column,
      );
      const set = { ...all, matrix: matrix(...columns) };
      const scores = [0, 1, 2].map((part) => {
        const held = someRows(set, (row) => row % 3 === part);
        const learnt = someRows(set, (row) => row % 3 !== part);
        return scoreOf(train(boosting, learnt, task, params).predict(held.matrix), held.target);
      });
      const own = scores.reduce((sum, each) => sum + each, 0) / 3;
      const most = kind === 'regression' ? 1.01 : 1.1;
      assert.ok(kind === 'binary' ? own > score - 0.003 : own < score * most, `${own}, and LightGBM has ${score}`);
    });
  }
});
