import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openScorer } from '@mlab/onnx';
import { averagePathLength, growTree, type IsolationTree } from '#/anomaly/grow-tree.ts';
import { isolationForest } from '#/anomaly/isolation-forest.ts';
import { isolationModel } from '#/anomaly/isolation-model.ts';
import { denseRows, numberColumns } from '#/arrays/dense.ts';
import { baseline } from '#/baseline/baseline.ts';
import { kmeans } from '#/clusters/kmeans.ts';
import { lloyd } from '#/clusters/lloyd.ts';
import { squaredDistance, type Points } from '#/clusters/points.ts';
import { seededRandom } from '#/random.ts';
import {
  assertNear,
  assertSameAsGraph,
  classesTask,
  dataOf,
  matrixOf,
  modelBytes,
  recorded,
  train,
  type RecordedTree,
} from './estimators.ts';

const clustering = { kind: 'clustering' } as const;
const anomaly = { kind: 'anomaly' } as const;
const regression = { kind: 'regression' } as const;

describe('k-means', () => {
  for (const { data, k, from_first: first, inertias } of recorded.clusters) {
    test(`${data}: from the same centres the clusters of scikit-learn, by chance as good ones`, async () => {
      const { matrix } = dataOf(data);
      const width = matrix.columns.length;
      const points = { rows: matrix.rows, width, values: denseRows(matrix), weights: new Float64Array(matrix.rows).fill(1) };
      const clusters = lloyd(points, points.values.slice(0, k * width), { maxIterations: 1000, enough: 0, onIteration: () => true });
      assertNear([clusters.inertia / first.inertia], [1]);
      assert.equal(clusters.labels.join(''), first.labels);
      const [, median, worst] = inertias as [number, number, number];
      const found: number[] = [];
      for (let seed = 0; seed < 31; seed++) {
        let last = 0;
        train(
          kmeans,
          { matrix, target: new Float64Array() },
          clustering,
          { n_clusters: k, n_init: 1 },
          {
            random: seededRandom(seed),
            onIteration: ({ metrics }) => ((last = metrics['train_loss'] as number), true),
          },
        );
        found.push(last);
      }
      found.sort((a, b) => a - b);
      assert.ok((found[15] as number) < median * 1.02, `median inertia ${found[15]}, scikit-learn's ${median}`);
      assert.ok((found[30] as number) < worst * 1.1);
      const fitted = train(kmeans, { matrix, target: new Float64Array() }, clustering, { n_clusters: k });
      await assertSameAsGraph(fitted, matrix, clustering);
    });
  }

  test('distances that are left out would not have mattered', () => {
    const random = seededRandom(6);
    for (let round = 0; round < 8; round++) {
      const points = {
        rows: 200,
        width: 2,
        values: Float64Array.from({ length: 400 }, random),
        weights: Float64Array.from({ length: 200 }, random),
      };
      const told: number[] = [];
      const first = points.values.slice(0, 2 * (2 + round));
      const fast = lloyd(points, first, { maxIterations: 100, enough: 0, onIteration: (inertia) => told.push(inertia) > 0 });
      const plain = plainLloyd(points, first);
      assert.deepEqual(fast.labels, plain.labels);
      assertNear(told.slice(0, plain.inertias.length), plain.inertias, 1e-9);
    }
  });

  test('goes on from any checkpoint to the same bytes', () => {
    const { matrix } = dataOf('wine');
    const set = { matrix, target: new Float64Array() };
    const states: Uint8Array[] = [];
    const fitted = train(kmeans, set, clustering, { n_init: 6 }, { onCheckpoint: (_, state) => void states.push(state()) });
    assert.equal(states.length, 6);
    for (const resume of states) {
      const resumed = train(kmeans, set, clustering, { n_init: 6 }, { resume, random: seededRandom(99) });
      assert.equal(resumed.iterations, fitted.iterations);
      assert.deepEqual(modelBytes(resumed, matrix), modelBytes(fitted, matrix));
    }
    assert.throws(() => train(kmeans, set, clustering, {}, { resume: new Uint8Array(9) }), {
      code: 'invalid',
      message: /The checkpoint is not/,
    });
  });

  test('ends when it is told to', () => {
    const { matrix } = dataOf('cancer');
    const fitted = train(kmeans, { matrix, target: new Float64Array() }, clustering, {}, { onIteration: ({ number }) => number < 2 });
    assert.equal(fitted.iterations, 2);
  });

  test('a row of weight 2 is two rows, and one of weight 0 none', () => {
    const values = [0, 0.1, 5, 5.2, 9, 9.5];
    const weights = Float64Array.of(1, 2, 1, 0, 3, 1);
    const repeated = values.flatMap((value, row) => Array.from({ length: weights[row] as number }, () => value));
    const weighted = train(kmeans, { matrix: matrixOf([values]), target: new Float64Array(), weights }, clustering, {
      n_clusters: 2,
      n_init: 20,
    });
    const plain = train(kmeans, { matrix: matrixOf([repeated]), target: new Float64Array() }, clustering, { n_clusters: 2, n_init: 20 });
    const probe = matrixOf([[0, 2, 4, 6, 8, 10]]);
    const [a, b] = [weighted.predict(probe), plain.predict(probe)];
    assert.deepEqual(
      Array.from(a, (label) => label === a[0]),
      Array.from(b, (label) => label === b[0]),
    );
  });

  test('fewer different rows than clusters leave some of them empty; fewer rows are refused', () => {
    const matrix = matrixOf([[1, 1, 1, 2, 2, 2]]);
    const labels = train(kmeans, { matrix, target: new Float64Array() }, clustering, { n_clusters: 4 }).predict(matrix);
    assert.equal(new Set(labels).size, 2);
    assert.throws(
      () => train(kmeans, { matrix, target: new Float64Array() }, clustering, { n_clusters: 7 }),
      /n_clusters is 7, and there are 6 rows/,
    );
  });
});

/** As the definition says, with the inertia of each iteration's clusters. */
function plainLloyd({ rows, width, values, weights }: Points, first: Float64Array): { labels: Int32Array; inertias: number[] } {
  const centers = first.slice();
  const count = first.length / width;
  const labels = new Int32Array(rows);
  const distance = (row: number, center: number): number => squaredDistance(values, row * width, centers, center * width, width);
  const inertias: number[] = [];
  for (let hasChanged = true; hasChanged;) {
    hasChanged = false;
    for (let row = 0; row < rows; row++) {
      let best = 0;
      for (let center = 1; center < count; center++) if (distance(row, center) < distance(row, best)) best = center;
      hasChanged ||= labels[row] !== best || inertias.length === 0;
      labels[row] = best;
    }
    if (!hasChanged) break;
    for (let center = 0; center < count; center++) {
      const own = Array.from(labels.keys()).filter((row) => labels[row] === center);
      const mass = own.reduce((sum, row) => sum + (weights[row] as number), 0);
      for (let column = 0; column < width; column++) {
        centers[center * width + column] =
          own.reduce((sum, row) => sum + (weights[row] as number) * (values[row * width + column] as number), 0) / mass;
      }
    }
    inertias.push(labels.reduce((sum, label, row) => sum + (weights[row] as number) * distance(row, label), 0));
  }
  return { labels, inertias };
}

describe('isolation forest', () => {
  test('the average length of a search is that of scikit-learn', () => {
    assertNear([1, 2, 3, 10, 256, 100_000].map(averagePathLength), recorded.path_lengths);
  });

  for (const { data, scores, outliers, small } of recorded.anomalies) {
    test(`${data}: the scores of scikit-learn, as far as chance lets them`, async () => {
      const { matrix } = dataOf(data);
      const set = { matrix, target: new Float64Array() };
      const fitted = train(isolationForest, set, anomaly, { n_estimators: 400 });
      const own = fitted.predict(matrix);
      const differences = own.map((score, row) => Math.abs(score - (scores[row] as number)));
      assert.ok(differences.reduce((sum, difference) => sum + difference, 0) / own.length < 0.006);
      assert.ok(Math.max(...differences) < 0.05);
      const strict = train(isolationForest, set, anomaly, { contamination: 0.1, n_estimators: 20 });
      await assertSameAsGraph(strict, matrix, anomaly);
      await using scorer = await openScorer(modelBytes(strict, matrix));
      const { label } = await scorer.score(
        Object.fromEntries(matrix.columns.map(({ name }, at) => [name, numberColumns(matrix)[at] as Float32Array])),
      );
      assert.equal(Array.from<unknown>(label?.data ?? []).filter((value) => value === 1n).length, outliers);
      if (small !== undefined) {
        const trees = small.trees.map(asOurs);
        const model = isolationModel(trees, { samples: small.max_samples, width: matrix.columns.length, threshold: 0.5 });
        assertNear(model.predict(matrix), small.scores);
      }
    });
  }

  test('a row far from all others is the strangest', () => {
    const random = seededRandom(1);
    const columns = [0, 1, 2].map(() => [...Array.from({ length: 300 }, random), 4]);
    const matrix = matrixOf(columns);
    const scores = train(isolationForest, { matrix, target: new Float64Array() }, anomaly, { max_samples: 64 }).predict(matrix);
    assert.equal(scores.indexOf(Math.max(...scores)), 300);
    assert.ok((scores[300] as number) > 0.7);
  });

  test('of a single row nothing is said', () => {
    const matrix = matrixOf([[3]]);
    assertNear(train(isolationForest, { matrix, target: new Float64Array() }, anomaly).predict(matrix), [0.5]);
  });

  test('a cut leaves rows on both sides, also between neighbours among float32 values', () => {
    const next = Math.fround(1 + 2 ** -23);
    const tree = growTree([Float32Array.of(1, next)], { rows: Int32Array.of(0, 1), features: Int32Array.of(0), random: () => 0.999 });
    assert.deepEqual(Array.from(tree.features), [0, -1, -1]);
    assert.deepEqual(Array.from(tree.thresholds), [1, 0, 0]);
  });
});

/** In the order that ours have: by depth, the child of x > threshold before the other. */
function asOurs({ feature, threshold, left, right, samples }: RecordedTree): IsolationTree {
  const order = [{ node: 0, depth: 0 }];
  const children: number[] = [];
  for (let at = 0; at < order.length; at++) {
    const { node, depth } = order[at] as (typeof order)[number];
    children.push(order.length);
    if ((left[node] as number) >= 0)
      order.push({ node: right[node] as number, depth: depth + 1 }, { node: left[node] as number, depth: depth + 1 });
  }
  const of = (list: readonly number[]): number[] => order.map(({ node }) => list[node] as number);
  return {
    features: Int32Array.from(of(feature), (value) => Math.max(-1, value)),
    thresholds: Float64Array.from(of(threshold)),
    children: Int32Array.from(children),
    lengths: Float32Array.from(order, ({ node, depth }) => depth + averagePathLength(samples[node] as number)),
  };
}

describe('the baseline', () => {
  test('says of classes how often each is, whatever the features are', async () => {
    const matrix = {
      rows: 4,
      columns: [
        { kind: 'number' as const, name: 'x', values: Float32Array.of(1, Number.NaN, Number.POSITIVE_INFINITY, 2) },
        { kind: 'category' as const, name: 'c', codes: Int32Array.of(0, 1, -1, 0), categories: ['', 'b'] },
      ],
    };
    const set = { matrix, target: Float64Array.of(0, 2, 2, 1), weights: Float64Array.of(1, 1, 1, 5) };
    const fitted = train(baseline, set, classesTask(3));
    assertNear(fitted.predict(matrix).slice(0, 3), [1 / 8, 5 / 8, 2 / 8]);
    const often = train(baseline, set, classesTask(3), { strategy: 'most_frequent' });
    assert.deepEqual(Array.from(often.predict(matrix).slice(0, 3)), [0, 1, 0]);
    for (const columns of [matrix.columns, matrix.columns.slice(1)]) {
      await assertSameAsGraph(fitted, { ...matrix, columns }, classesTask(3));
    }
  });

  test('says of values their mean or their median', async () => {
    const matrix = matrixOf([[1, 2, 3, 4]]);
    const target = Float64Array.of(10, 1, 3, 2);
    const values = (given: object, weights?: Float64Array): number | undefined =>
      train(baseline, weights === undefined ? { matrix, target } : { matrix, target, weights }, regression, given).predict(matrix)[0];
    assert.equal(values({}), 4);
    assert.equal(values({ strategy: 'median' }), 2.5);
    assert.equal(values({ strategy: 'median' }, Float64Array.of(1, 0, 1, 0)), 6.5);
    assert.equal(values({ strategy: 'median' }, Float64Array.of(1, 0, 5, 0)), 3);
    assert.equal(values({ strategy: 'mean' }, Float64Array.of(1, 0, 1, 0)), 6.5);
    await assertSameAsGraph(train(baseline, { matrix, target }, regression), matrix, regression);
    assert.throws(() => values({ strategy: 'prior' }), /baseline\.strategy is prior, which is for classes/);
  });
});
