import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readModel, treesOf } from '@mlab/onnx';
import type { TrainingSet } from '#/matrix.ts';
import { readParams } from '#/params.ts';
import { boosting } from '#/trees/boosting/boosting.ts';
import { treeGrower } from '#/trees/boosting/grow-tree.ts';
import { viewsOf } from '#/trees/boosting/job.ts';
import { COMMAND, join, NUMBERS } from '#/trees/boosting/member.ts';
import { prepareBoosting } from '#/trees/boosting/prepare.ts';
import { scalesFor } from '#/trees/boosting/quantise.ts';
import { Slots } from '#/trees/boosting/slots.ts';
import { openObjective } from '#/trees/objectives/open-objective.ts';
import { modelBytes, train } from './estimators.ts';
import { category, made, matrix, number, regression } from './tree-data.ts';

const four = { matrix: matrix(number('a', [1, 2, 3, 4])), target: Float64Array.of(0, 0, 10, 20) };
const one = { num_iterations: 1, num_leaves: 2, learning_rate: 1, min_data_in_leaf: 1, min_data_in_bin: 1, boost_from_average: false };
const saidOf = (set: TrainingSet, params: object, of = set): number[] => [
  ...train(boosting, set, regression, { ...one, ...params }).predict(of.matrix),
];
const nodesOf = (set: TrainingSet, params: object) => {
  const fitted = train(boosting, set, regression, { ...one, ...params });
  const trees = treesOf(readModel(modelBytes(fitted, set.matrix)))[0]?.trees;
  assert.ok(trees !== undefined);
  return trees;
};

describe('parameters do what they say', () => {
  test('lambda_l1 and lambda_l2 draw leaves to 0', () => {
    assert.deepEqual(saidOf(four, {}), [0, 0, 15, 15]);
    assert.deepEqual(saidOf(four, { lambda_l2: 1 }), [0, 0, 10, 10]);
    assert.deepEqual(saidOf(four, { lambda_l1: 6 }), [0, 0, 12, 12]);
    assert.deepEqual(saidOf({ ...four, target: four.target.map((value) => -value) }, { lambda_l1: 6 }), [0, 0, -12, -12]);
    assert.deepEqual(saidOf(four, { lambda_l1: 40 }), [0, 0, 0, 0]);
  });

  test('min_gain_to_split: a gain of 225 is enough up to 225', () => {
    // 30² / 2 of the right child, less 30² / 4 of both.
    assert.equal(nodesOf(four, { min_gain_to_split: 224 }).features.length, 3);
    assert.equal(nodesOf(four, { min_gain_to_split: 226 }).features.length, 1);
  });

  test('min_data_in_leaf and min_sum_hessian_in_leaf keep children from being too small', () => {
    const steep = { ...four, target: Float64Array.of(0, 0, 0, 20) };
    assert.equal(nodesOf(steep, {}).thresholds[0], 3.5);
    assert.equal(nodesOf(steep, { min_data_in_leaf: 2 }).thresholds[0], 2.5);
    assert.equal(nodesOf(steep, { min_sum_hessian_in_leaf: 1.5 }).thresholds[0], 2.5);
    assert.equal(nodesOf(steep, { min_data_in_leaf: 3 }).features.length, 1);
  });

  test('monotone_constraints leave out what goes the wrong way', () => {
    assert.equal(nodesOf(four, { monotone_constraints: { a: 1 } }).features.length, 3);
    assert.equal(nodesOf(four, { monotone_constraints: { a: -1 } }).features.length, 1);
    // A weaker split that does not is still made.
    const bent = { matrix: matrix(number('a', [1, 2, 3, 4]), number('b', [1, 2, 1, 2])), target: Float64Array.of(20, 21, 0, 1) };
    assert.equal(nodesOf(bent, {}).features[0], 0);
    assert.equal(nodesOf(bent, { monotone_constraints: { a: 1 } }).features[0], 1);
  });

  test('bagging and fractions of columns take their share', () => {
    const set = made({ rows: 400, numbers: 6 }, regression);
    const trees = nodesOf(set, { num_iterations: 12, num_leaves: 31, bagging_freq: 3, bagging_fraction: 0.25, feature_fraction: 0.5 });
    assert.deepEqual(new Set(Array.from(trees.roots, (root) => trees.covers?.[root])), new Set([100]));
    const ofTrees = Array.from(
      trees.roots,
      (root, tree) => new Set(trees.features.subarray(root, trees.roots[tree + 1]).filter((feature) => feature >= 0)),
    );
    assert.ok(ofTrees.every(({ size }) => size <= 3));
    assert.equal(new Set(ofTrees.flatMap((features) => [...features])).size, 6);
  });

  test('values that were missing go where it is best; where none were, with most rows', () => {
    const values = [1, 2, NaN, 4, 5, NaN];
    const set = { matrix: matrix(number('a', values)), target: Float64Array.of(1, 1, 7, 7, 7, 7) };
    assert.deepEqual(saidOf(set, {}), [1, 1, 7, 7, 7, 7]);
    assert.deepEqual(saidOf({ ...set, target: set.target.map((value) => -value) }, {}), [-1, -1, -7, -7, -7, -7]);
    const turned = { matrix: matrix(number('a', values)), target: Float64Array.of(7, 7, 7, 1, 1, 7) };
    assert.deepEqual(saidOf(turned, {}), [7, 7, 7, 1, 1, 7]);
    const unknown = { matrix: matrix(number('a', [NaN])), target: new Float64Array(1) };
    const more = (target: number[]) => ({ matrix: matrix(number('a', [1, 2, 3])), target: Float64Array.from(target) });
    assert.deepEqual(saidOf(more([0, 0, 9]), {}, unknown), [0]);
    assert.deepEqual(saidOf(more([9, 0, 0]), {}, unknown), [0]);
  });

  test('categories are parted in the order of what they say', () => {
    const texts = ['a', 'b', 'c', 'd', 'e'].flatMap((text) => [text, text]);
    const target = Float64Array.from(texts, (text) => (text === 'b' || text === 'e' ? 8 : text === 'c' ? 4 : 0));
    const set = { matrix: matrix(category('c', texts)), target };
    // By name b and e would stand apart.
    assert.deepEqual(saidOf(set, { cat_smooth: 0, num_leaves: 3 }), [...target]);
  });
});

test('one category alone is told from all others where that is best', () => {
  // By their first gradients c stands between a and b; by what the number says besides, it differs from both.
  const texts: string[] = [];
  const values: number[] = [];
  const target: number[] = [];
  for (const [text, value, wanted] of [
    ['a', 0, 0],
    ['a', 1, 0],
    ['b', 0, 0.2],
    ['b', 1, 0.2],
    ['c', 0, -9],
    ['c', 1, 9.3],
  ] as const) {
    for (let times = 0; times < 5; times++) {
      texts.push(text);
      values.push(value);
      target.push(wanted);
    }
  }
  const set = { matrix: matrix(number('n', values), category('c', texts)), target: Float64Array.from(target) };
  const params = { num_leaves: 4, cat_smooth: 0, boost_from_average: true };
  const alone = nodesOf(set, { ...params, max_cat_to_onehot: 3 });
  const without = nodesOf(set, { ...params, max_cat_to_onehot: 2 });
  assert.ok(alone.modes.includes(4) && !without.modes.includes(4));
  const fitted = train(boosting, set, regression, { ...one, ...params, max_cat_to_onehot: 3 });
  const unknown = {
    rows: 1,
    columns: [
      number('n', [0]),
      { ...(set.matrix.columns[1] as ReturnType<typeof category>), codes: Int32Array.of(-1) } as ReturnType<typeof category>,
    ],
  };
  assert.ok(Math.abs((fitted.predict(unknown)[0] as number) - 0.1) < 0.2);
});

test('the loss is the mean log loss, with weights and without', () => {
  const target = Float64Array.from({ length: 2_000 }, (_, row) => row % 2);
  const scores = target.map((label, row) => (row === 7 ? 900 : Math.sin(row) * 5 + label));
  const loss = (row: number): number => {
    const x = target[row] === 1 ? -(scores[row] as number) : (scores[row] as number);
    return x > 30 ? x : Math.log(1 + Math.exp(x));
  };
  const wanted = target.reduce((sum, _, row) => sum + loss(row), 0) / 2_000;
  for (const weights of [undefined, new Float64Array(2_000).fill(3)]) {
    const said = openObjective({ name: 'binary' }).loss({ target, scores, weights });
    assert.ok(Math.abs(said - wanted) < 1e-12 * wanted, `${said} and ${wanted}`);
  }
});

test('trees are the same where there is room for two histograms only', () => {
  const set = made({ rows: 600, numbers: 5, categories: 1, missing: 0.1 }, regression);
  for (const policy of ['lossguide', 'depthwise'] as const) {
    const params = readParams(boosting, { num_leaves: 20, min_data_in_leaf: 5, grow_policy: policy });
    const prepared = prepareBoosting(set, regression, params, { seed: 1, members: 1 });
    const grow = (slots: number) => {
      const job = { ...prepared.job, layout: { ...prepared.job.layout, slots } };
      const views = viewsOf(job);
      const share = join(job, 0);
      const scales = scalesFor(openObjective(job.objective).limits(views), 600);
      views.numbers[NUMBERS.gradientScale] = scales.gradient;
      views.numbers[NUMBERS.hessianScale] = scales.hessian;
      views.used.set(prepared.splittable);
      views.order.set(Array.from({ length: 600 }, (_, row) => row));
      share(COMMAND.gradients);
      const growth = { policy, leaves: 20, depth: Number.POSITIVE_INFINITY };
      return treeGrower(job, growth, { run: share, thresholdOf: prepared.thresholdOf })(0, 600, true).nodes;
    };
    const [all, few] = [grow(21), grow(2)];
    assert.equal(all.length, 39);
    assert.deepEqual(few, all);
  }
});

test('a slot is taken from the leaf with the least to gain, and never from one that needs it', () => {
  const slots = new Slots(2);
  const leaf = (gain: number) => ({ slot: -1, split: { gain } });
  const [first, second, third] = [leaf(1), leaf(2), leaf(3)];
  first.slot = slots.take([], first);
  second.slot = slots.take([first], second);
  third.slot = slots.take([second, first], third);
  assert.deepEqual([first.slot, third.slot !== second.slot], [-1, true]);
  slots.handOn(third, first);
  assert.deepEqual([third.slot, first.slot >= 0], [-1, true]);
  assert.throws(() => slots.take([first, second], third, first, second), /no room/);
});
