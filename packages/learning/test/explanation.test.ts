import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import type { Trees } from '@mlab/onnx';
import { linearContributions, seededRandom, shapImportance, treeShap } from '#/index.ts';
import { yesChild } from '#/explanation/yes-child.ts';

interface RecordedTrees {
  readonly roots: readonly number[];
  readonly features: readonly number[];
  readonly thresholds: readonly number[];
  readonly yes: readonly number[];
  readonly no: readonly number[];
  readonly missingYes: readonly number[];
  readonly covers: readonly number[];
  readonly weights: readonly number[];
  readonly nodeTargets: readonly number[];
  readonly targets: number;
}
interface Recorded {
  readonly cases: Readonly<
    Record<
      string,
      {
        readonly trees: RecordedTrees;
        readonly rows: readonly (readonly (number | null)[])[];
        readonly raw: readonly (readonly number[])[];
        readonly contributions: readonly (readonly number[])[];
      }
    >
  >;
}

/** What LightGBM's pred_contrib says; compat/learning/record-shap.py records it. */
const recorded = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/shap.json`, 'utf8')) as Recorded;

function toTrees(given: RecordedTrees, more: Partial<Trees> = {}): Trees {
  const isLeaf = given.features.map((feature) => feature < 0);
  const starts = new Int32Array(isLeaf.length + 1);
  isLeaf.forEach((leaf, node) => (starts[node + 1] = (starts[node] as number) + (leaf ? 1 : 0)));
  const ofLeaves = (values: readonly number[]): number[] => values.filter((_, node) => isLeaf[node]);
  return {
    precision: 'double',
    roots: Int32Array.from(given.roots),
    features: Int32Array.from(given.features),
    modes: new Uint8Array(isLeaf.length),
    thresholds: Float64Array.from(given.thresholds),
    yes: Int32Array.from(given.yes),
    no: Int32Array.from(given.no),
    missingYes: Uint8Array.from(given.missingYes),
    covers: Float64Array.from(given.covers),
    weightStarts: starts,
    weightTargets: Int32Array.from(ofLeaves(given.nodeTargets)),
    weights: Float64Array.from(ofLeaves(given.weights)),
    targets: given.targets,
    baseValues: new Float64Array(),
    aggregate: 'SUM',
    postTransform: 'NONE',
    classes: undefined,
    width: Math.max(...given.features) + 1,
    ...more,
  };
}

/** What the trees say when only some features are known: the others go both ways, by what training counted. */
function expectation(trees: Trees, row: readonly number[], known: number, node: number): number {
  const feature = trees.features[node] as number;
  if (feature < 0) return trees.weights[trees.weightStarts[node] as number] as number;
  const [yes, no] = [trees.yes[node] as number, trees.no[node] as number];
  if ((known >> feature) & 1) return expectation(trees, row, known, yesChild(trees, node, row[feature] as number) ? yes : no);
  const cover = (child: number): number => (trees.covers?.[child] as number) / (trees.covers?.[node] as number);
  return cover(yes) * expectation(trees, row, known, yes) + cover(no) * expectation(trees, row, known, no);
}

/** Shapley's formula as it stands, over all sets of features. */
function shapley(trees: Trees, row: readonly number[]): number[] {
  const count = row.length;
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const value = (known: number): number => trees.roots.reduce((sum, root) => sum + expectation(trees, row, known, root), 0);
  return row.map((_, feature) => {
    let sum = 0;
    for (let known = 0; known < 1 << count; known++) {
      if ((known >> feature) & 1) continue;
      const size = known.toString(2).replaceAll('0', '').length;
      sum += ((factorial(size) * factorial(count - size - 1)) / factorial(count)) * (value(known | (1 << feature)) - value(known));
    }
    return sum;
  });
}

const near = (actual: number, expected: number, tolerance = 1e-9): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)), `${actual} is not ${expected}`);

/** A tree of some depth whose nodes look at few features, so that ways meet one again. */
function randomTree(random: () => number, depth: number): RecordedTrees {
  const nodes = { features: [] as number[], thresholds: [] as number[], yes: [] as number[], no: [] as number[] };
  const more = { missingYes: [] as number[], covers: [] as number[], weights: [] as number[], nodeTargets: [] as number[] };
  const add = (level: number, cover: number): number => {
    const isLeaf = level === depth || cover < 2 || random() < 0.15;
    const node = nodes.features.push(isLeaf ? -1 : Math.floor(random() * 4)) - 1;
    nodes.thresholds.push(random());
    more.missingYes.push(random() < 0.5 ? 1 : 0);
    more.covers.push(cover);
    more.weights.push(random() - 0.5);
    more.nodeTargets.push(0);
    nodes.yes.push(0);
    nodes.no.push(0);
    if (isLeaf) return node;
    const left = Math.floor(random() * (cover + 1));
    nodes.no[node] = add(level + 1, cover - left);
    nodes.yes[node] = add(level + 1, left);
    return node;
  };
  add(0, 100);
  return { roots: [0], targets: 1, ...nodes, ...more };
}

suite('Shapley values of trees', () => {
  for (const [name, { trees: given, rows, raw, contributions }] of Object.entries(recorded.cases)) {
    test(`${name}: what LightGBM says of each feature`, () => {
      const trees = toTrees(given);
      rows.forEach((row, index) => {
        const values = row.map((value) => value ?? Number.NaN);
        const said = treeShap(trees, values);
        for (let target = 0; target < said.targets; target++) {
          const own = Array.from(said.values.subarray(target * said.features, (target + 1) * said.features));
          const theirs = contributions[index]?.slice(target * (said.features + 1)) ?? [];
          own.forEach((value, feature) => near(value, theirs[feature] as number));
          near(said.base[target] as number, theirs[said.features] as number);
          near(
            own.reduce((sum, value) => sum + value, said.base[target] as number),
            raw[index]?.[target] as number,
          );
        }
      });
    });
  }

  test('are those of the formula itself, features met again and ways that nobody went included', () => {
    const random = seededRandom(5);
    for (let round = 0; round < 60; round++) {
      const trees = toTrees(randomTree(random, 1 + (round % 6)), { width: 4 });
      const row = Array.from({ length: 4 }, () => (random() < 0.2 ? Number.NaN : random()));
      const said = treeShap(trees, row);
      shapley(trees, row).forEach((value, feature) => near(said.values[feature] as number, value));
    }
  });

  test('of an average with a base value add up too', () => {
    const { trees: given, rows, raw } = recorded.cases['regression'] as Recorded['cases'][string];
    const trees = toTrees(given, { aggregate: 'AVERAGE', baseValues: Float64Array.of(10) });
    const said = treeShap(trees, rows[0]?.map((value) => value ?? Number.NaN) ?? []);
    near(
      said.values.reduce((sum, value) => sum + value, said.base[0] as number),
      10 + (raw[0]?.[0] as number) / trees.roots.length,
    );
  });

  test('need to know what training counted, and sums', () => {
    const { trees: given } = recorded.cases['regression'] as Recorded['cases'][string];
    const row = [0, 0, 0, 0, 0];
    assert.throws(() => treeShap(toTrees(given, { covers: undefined }), row), /do not say how many rows/);
    assert.throws(() => treeShap(toTrees(given, { aggregate: 'MAX' }), row), /these trees say MAX/);
    assert.throws(() => treeShap(toTrees(given), [1]), /look at 5 features, and the row has 1/);
  });

  test('over rows say how much each feature moves the answer', () => {
    const { trees: given, rows } = recorded.cases['regression'] as Recorded['cases'][string];
    const importance = shapImportance(
      rows.map((row) =>
        treeShap(
          toTrees(given),
          row.map((value) => value ?? Number.NaN),
        ),
      ),
    );
    assert.equal(importance.length, 5);
    assert.equal(Math.max(...importance), importance[0]);
  });
});

test('contributions of a linear model are weights times distances from the mean, and add up', () => {
  const said = linearContributions(
    {
      weights: [
        [2, -1],
        [0, 3],
      ],
      intercepts: [1, 0],
    },
    [10, 4],
    [11, 2],
  );
  assert.deepEqual([...said.values], [2, 2, 0, -6]);
  assert.deepEqual([...said.base], [17, 12]);
  assert.throws(() => linearContributions({ weights: [[1]], intercepts: [0] }, [1, 2], [1, 2]), /weights of 1 and a row of 2/);
});
