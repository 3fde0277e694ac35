import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { evaluate, seededRandom, type Evaluation, type Predicted, type Task } from '#/index.ts';

/* What scikit-learn says of the same predictions; compat/learning/record-evaluation.py records it. */

interface Case {
  readonly target: readonly number[];
  readonly weights: readonly number[] | null;
  readonly metrics: Readonly<Record<string, number>>;
}
interface BinaryCase extends Case {
  readonly probability: readonly number[];
  readonly confusion: readonly (readonly number[])[];
  readonly roc?: Readonly<Record<'x' | 'y' | 'thresholds', readonly number[]>>;
  readonly precision_recall?: Readonly<Record<'x' | 'y', readonly number[]>>;
  readonly calibration_uniform?: Readonly<Record<'observed' | 'predicted', readonly number[]>>;
  readonly calibration_quantile?: Readonly<Record<'observed' | 'predicted', readonly number[]>>;
}
interface MulticlassCase extends Case {
  readonly probabilities: readonly (readonly number[])[];
  readonly confusion: readonly (readonly number[])[];
  readonly classes: Readonly<Record<'precision' | 'recall' | 'f1' | 'support', readonly number[]>>;
}
interface Recorded {
  readonly binary: Readonly<Record<string, BinaryCase>>;
  readonly multiclass: Readonly<Record<string, MulticlassCase>>;
  readonly regression: Readonly<Record<string, Case & { readonly prediction: readonly number[] }>>;
  readonly clustering: Readonly<
    Record<string, { readonly rows: readonly (readonly number[])[]; readonly labels: readonly number[]; readonly metrics: Case['metrics'] }>
  >;
}

const recorded = JSON.parse(readFileSync(`${import.meta.dirname}/fixtures/evaluation.json`, 'utf8')) as Recorded;

function assertNear(actual: number | undefined, expected: number, what: string, tolerance = 1e-12): void {
  const distance = Math.abs((actual ?? Number.NaN) - expected);
  assert.ok(distance <= tolerance * Math.max(Math.abs(expected), 1e-3), `${what} is ${actual}, and scikit-learn says ${expected}`);
}

function assertAllNear(actual: readonly (number | undefined)[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  expected.forEach((value, at) => assertNear(actual[at], value, `${what}, number ${at},`));
}

const evaluated = (
  task: Task,
  { target, weights }: Case,
  predictions: readonly number[],
  options: { readonly points?: number } = {},
): Evaluation => {
  const predicted: Predicted = {
    task,
    target: Float64Array.from(target),
    predictions: Float64Array.from(predictions),
    weights: weights === null ? undefined : Float64Array.from(weights),
  };
  return evaluate(predicted, { random: seededRandom(1), resamples: 0, points: 10_000, ...options });
};

/** Every metric that scikit-learn has a number for is there, and none that it has not. */
function assertMetrics(
  { metrics, missing }: Evaluation,
  expected: Case['metrics'],
  mayHave: readonly string[] = [],
  tolerance?: number,
): void {
  for (const [name, value] of Object.entries(expected)) assertNear(metrics[name], value, name, tolerance);
  for (const name of Object.keys(metrics))
    assert.ok(Object.hasOwn(expected, name) || mayHave.includes(name), `${name} should have no value`);
  for (const [name, reason] of Object.entries(missing)) {
    assert.ok(!Object.hasOwn(expected, name), name);
    assert.match(reason, /^It .*\.$/);
  }
}

/** A curve of theirs without the points that ours leaves out, as they lie on a line with their neighbours. */
function corners(x: readonly number[], y: readonly number[]): readonly number[] {
  return [...x.keys()].filter(
    (at) =>
      at === 0 || at === x.length - 1 || !((x[at] === x[at - 1] && x[at] === x[at + 1]) || (y[at] === y[at - 1] && y[at] === y[at + 1])),
  );
}

suite('two classes, as scikit-learn judges them', () => {
  for (const [name, given] of Object.entries(recorded.binary)) {
    test(name, () => {
      const task = { kind: 'binary', classes: ['no', 'yes'] } as const;
      const evaluation = evaluated(
        task,
        given,
        given.probability.flatMap((probability) => [1 - probability, probability]),
      );
      assertMetrics(evaluation, given.metrics, ['calibration_error']);
      assertAllNear((evaluation.confusion?.counts ?? []).flat(), given.confusion.flat(), 'confusion');
      if (given.roc === undefined) assert.deepEqual(evaluation.roc, []);
      else {
        const { x, y, thresholds } = given.roc;
        const [curve] = evaluation.roc ?? [];
        const kept = corners(x, y);
        assertAllNear(
          curve?.x ?? [],
          kept.map((at) => x[at] as number),
          'false-positive rates',
        );
        assertAllNear(
          curve?.y ?? [],
          kept.map((at) => y[at] as number),
          'true-positive rates',
        );
        assert.equal(curve?.thresholds[0], null);
        assertAllNear(
          (curve?.thresholds ?? []).slice(1) as number[],
          kept.slice(1).map((at) => thresholds[at] as number),
          'thresholds',
        );
        assertNear(curve?.area, given.metrics['roc_auc'] as number, 'area');
      }
      if (given.precision_recall !== undefined) {
        const { x, y } = given.precision_recall;
        const [curve] = evaluation.precisionRecall ?? [];
        const kept = corners(x, y);
        assertAllNear(
          curve?.x ?? [],
          kept.map((at) => x[at] as number),
          'recall',
        );
        assertAllNear(
          curve?.y ?? [],
          kept.map((at) => y[at] as number),
          'precision',
        );
      }
      for (const kind of ['uniform', 'quantile'] as const) {
        const expected = given[`calibration_${kind}`];
        if (expected === undefined) continue;
        const bins = evaluation.calibration?.[kind] ?? [];
        assertAllNear(
          bins.map(({ observed }) => observed),
          expected.observed,
          `observed, ${kind}`,
        );
        assertAllNear(
          bins.map(({ predicted }) => predicted),
          expected.predicted,
          `predicted, ${kind}`,
        );
      }
    });
  }
});

suite('several classes, as scikit-learn judges them', () => {
  for (const [name, given] of Object.entries(recorded.multiclass)) {
    test(name, () => {
      const classes = given.classes.support.map((_, label) => `class ${label}`);
      const evaluation = evaluated({ kind: 'multiclass', classes }, given, given.probabilities.flat());
      // A class without rows has an average precision of 0 with scikit-learn, which refuses to be asked for it.
      assertMetrics(evaluation, given.metrics, ['calibration_error', 'average_precision_macro', 'average_precision_weighted']);
      assertAllNear((evaluation.confusion?.counts ?? []).flat(), given.confusion.flat(), 'confusion');
      for (const score of ['precision', 'recall', 'f1', 'support'] as const)
        assertAllNear(
          (evaluation.classes ?? []).map((one) => one[score]),
          given.classes[score],
          score,
        );
    });
  }
});

suite('values, as scikit-learn judges them', () => {
  for (const [name, given] of Object.entries(recorded.regression)) {
    test(name, () => {
      // Of a billion, doubles leave no more.
      assertMetrics(
        evaluated({ kind: 'regression' }, given, given.prediction),
        given.metrics,
        [],
        name === 'far from zero' ? 1e-9 : undefined,
      );
    });
  }
});

suite('clusters, as scikit-learn judges them', () => {
  for (const [name, { rows, labels, metrics }] of Object.entries(recorded.clustering)) {
    test(name, () => {
      const columns = (rows[0] ?? []).map((_, at) => ({
        kind: 'number' as const,
        name: `x${at}`,
        values: Float32Array.from(rows, (row) => row[at] as number),
      }));
      const predicted = { task: { kind: 'clustering' }, target: new Float64Array(), predictions: Float64Array.from(labels) } as const;
      const evaluation = evaluate(predicted, { random: seededRandom(1), matrix: { rows: rows.length, columns } });
      // scikit-learn takes distances of float32 by their products.
      for (const [metric, value] of Object.entries(metrics)) assertNear(evaluation.metrics[metric], value, metric, 1e-5);
    });
  }
});
