import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import {
  acrossFolds,
  compareWithBaseline,
  evaluate,
  evaluateSlices,
  metricsOf,
  permutationImportance,
  seededRandom,
  type Predicted,
  type Table,
} from '#/index.ts';
import { ascending } from '#/evaluation/order.ts';
import { intervalOf } from '#/evaluation/resampling.ts';
import { normalQuantile } from '#/evaluation/normal-quantile.ts';
import { thin } from '#/evaluation/thin.ts';

const BINARY = { kind: 'binary', classes: ['no', 'yes'] } as const;

const binary = (target: readonly number[], probabilities: readonly number[], weights?: readonly number[]): Predicted => ({
  task: BINARY,
  target: Float64Array.from(target),
  predictions: Float64Array.from(probabilities.flatMap((probability) => [1 - probability, probability])),
  weights: weights === undefined ? undefined : Float64Array.from(weights),
});

/** Rows whose positives score higher by `gap` on average. */
function someRows(rows: number, gap: number, seed = 1): Predicted {
  const random = seededRandom(seed);
  const target = Array.from({ length: rows }, () => (random() < 0.4 ? 1 : 0));
  return binary(
    target,
    target.map((label) => Math.min(1, Math.max(0, random() * (1 - gap) + label * gap))),
  );
}

const near = (actual: number | undefined, expected: number, tolerance: number): void =>
  assert.ok(Math.abs((actual ?? Number.NaN) - expected) <= tolerance, `${actual} is not within ${tolerance} of ${expected}`);

test('an order by bits is that by comparing, of negative, equal, tiny and infinite numbers too', () => {
  const random = seededRandom(2);
  const special = [0, -0, 1e-320, -1e-320, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.MAX_VALUE, 1, -1];
  const values = Float64Array.from({ length: 10_000 }, () =>
    random() < 0.3 ? (special[Math.floor(random() * special.length)] as number) : (random() - 0.5) * 10 ** Math.floor(random() * 20 - 10),
  );
  const expected = [...values.keys()].toSorted((a, b) =>
    values[a] === values[b] ? a - b : (values[a] as number) < (values[b] as number) ? -1 : 1,
  );
  assert.deepEqual([...ascending(values)], expected);
});

test('quantiles of the normal distribution are those of tables', () => {
  near(normalQuantile(0.5), 0, 1e-9);
  near(normalQuantile(0.975), 1.959963984540054, 1e-8);
  near(normalQuantile(0.001), -3.090232306167813, 1e-8);
});

suite('a curve of many points', () => {
  test('is thinned to few that keep its corners', () => {
    const x = Array.from({ length: 10_001 }, (_, at) => (at < 5000 ? 0 : (at - 5000) / 5000));
    const y = Array.from({ length: 10_001 }, (_, at) => (at < 5000 ? at / 5000 : 1));
    const kept = [...thin(x, y, 100)];
    assert.ok(kept.length <= 100 && kept.length > 20);
    assert.deepEqual([kept[0], kept.at(-1)], [0, 10_000]);
    assert.ok(kept.includes(5000));
  });

  test('of a model stays within the limit, and its area is told of all points', () => {
    const { roc = [], precisionRecall = [], metrics } = evaluate(someRows(5000, 0.2), { random: seededRandom(1), resamples: 0 });
    for (const curve of [...roc, ...precisionRecall]) assert.ok(curve.x.length <= 500 && curve.x.length > 100, `${curve.x.length} points`);
    const [{ x, y, area } = { x: [], y: [], area: 0 }] = roc;
    const trapezoids = x
      .slice(1)
      .reduce((sum, right, at) => sum + ((right - (x[at] as number)) * ((y[at] as number) + (y[at + 1] as number))) / 2, 0);
    assert.equal(area, metrics['roc_auc']);
    near(trapezoids, area ?? 0, 1e-3);
  });
});

suite('intervals', () => {
  test('hold the value, get narrower with more rows, and are the same for the same seed', () => {
    const few = evaluate(someRows(200, 0.3), { random: seededRandom(7) });
    const many = evaluate(someRows(3200, 0.3), { random: seededRandom(7) });
    const width = (evaluation: typeof few, name: string): number =>
      (evaluation.intervals?.[name]?.high as number) - (evaluation.intervals?.[name]?.low as number);
    for (const name of ['accuracy', 'roc_auc', 'log_loss', 'f1_macro']) {
      const interval = few.intervals?.[name];
      assert.ok(
        interval !== undefined && interval.low < (few.metrics[name] as number) && interval.high > (few.metrics[name] as number),
        name,
      );
      near(width(few, name) / width(many, name), 4, 1.2);
    }
    assert.deepEqual(evaluate(someRows(200, 0.3), { random: seededRandom(7) }), few);
  });

  test('of accuracy are as wide as the binomial distribution has them, of a part of the rows too', () => {
    const predicted = someRows(4000, 0.3);
    for (const work of [1e9, 400 * 2 * 500]) {
      const { metrics, intervals } = evaluate(predicted, { random: seededRandom(3), resamples: 400, work });
      const accuracy = metrics['accuracy'] as number;
      const expected = 2 * 1.96 * Math.sqrt((accuracy * (1 - accuracy)) / 4000);
      near(((intervals?.['accuracy']?.high as number) - (intervals?.['accuracy']?.low as number)) / expected, 1, 0.2);
    }
  });

  test('stay within what a metric can be, and are left out where a metric is mostly not defined', () => {
    const { intervals } = evaluate(binary([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9]), { random: seededRandom(1) });
    assert.deepEqual(intervals?.['average_precision']?.high, 1);
    assert.equal(intervals?.['roc_auc'], undefined);
  });
});

test('an interval leaves as much out on both sides, and values that are none', () => {
  const values = Float64Array.from({ length: 1001 }, (_, at) => 1000 - at);
  near(intervalOf(values, 0.9)?.low, 50, 1e-9);
  near(intervalOf(values, 0.9)?.high, 950, 1e-9);
  values[0] = Number.NaN;
  near(intervalOf(values)?.low, 24.975, 1e-9);
  assert.equal(intervalOf(values.fill(Number.NaN, 0, 101)), undefined);
});

suite('beside a baseline', () => {
  test('a better model is better nearly always, and the difference holds its own', () => {
    const predicted = someRows(500, 0.4);
    const constant = Float64Array.from(predicted.predictions, (_, at) => (at % 2 === 0 ? 0.6 : 0.4));
    const { metrics } = compareWithBaseline(predicted, constant, { random: seededRandom(1), resamples: 200 });
    for (const name of ['roc_auc', 'log_loss', 'brier', 'accuracy']) {
      const { value, baseline, difference, low, high, better } = metrics[name] as (typeof metrics)[string];
      near(difference, value - baseline, 0);
      assert.ok((low as number) <= difference && difference <= (high as number), name);
      assert.ok((better as number) > 0.99, `${name} is better in ${better}`);
    }
  });

  test('the same model is no better and no worse', () => {
    const predicted = someRows(100, 0.4);
    const { metrics } = compareWithBaseline(predicted, predicted.predictions, { random: seededRandom(1), resamples: 50 });
    assert.deepEqual(metrics['log_loss'] && { ...metrics['log_loss'], value: 0, baseline: 0 }, {
      value: 0,
      baseline: 0,
      difference: 0,
      low: 0,
      high: 0,
      better: 0.5,
    });
  });
});

suite('thresholds', () => {
  const predicted = binary([0, 0, 1, 0, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.7, 0.8]);

  test('are the best of all by F1, half-way to the next lower score', () => {
    const [f1] = evaluate(predicted, { random: seededRandom(1), resamples: 0 }).thresholds ?? [];
    near(f1?.threshold ?? 0, 0.25, 1e-12);
    near(f1?.f1, 6 / 7, 1e-12);
    assert.equal(f1?.recall, 1);
  });

  test('follow what mistakes cost, up to saying no to all', () => {
    const choose = (falsePositive: number, falseNegative: number) =>
      evaluate(predicted, { random: seededRandom(1), resamples: 0, costs: { falsePositive, falseNegative } }).thresholds?.find(
        ({ goal }) => goal === 'cost',
      );
    assert.equal(choose(5, 1)?.recall, 2 / 3);
    assert.equal(choose(1, 5)?.recall, 1);
    const worst = evaluate(binary([1, 0, 0, 0], [0.1, 0.2, 0.3, 0.4]), {
      random: seededRandom(1),
      resamples: 0,
      costs: { falsePositive: 1, falseNegative: 1 },
    }).thresholds?.find(({ goal }) => goal === 'cost');
    assert.equal(worst?.threshold, null);
    assert.equal(worst?.cost, 0.25);
  });

  test('given say which labels metrics are of', () => {
    near(metricsOf(predicted, { threshold: 0.25 }).metrics['recall'], 1, 0);
    near(metricsOf(predicted).metrics['recall'], 2 / 3, 1e-12);
  });
});

test('the first of two classes is judged as if it were the second', () => {
  const predicted = someRows(300, 0.2);
  const weights = Float64Array.from({ length: 300 }, (_, row) => row % 3);
  const swapped = {
    ...predicted,
    weights,
    target: predicted.target.map((label) => 1 - label),
    predictions: predicted.predictions.toReversed(),
  };
  const turned = { ...swapped, target: swapped.target.toReversed(), weights: weights.toReversed() };
  const [first] = evaluate({ ...predicted, weights }, { random: seededRandom(1), resamples: 0 }).classes ?? [];
  const { metrics } = metricsOf(turned);
  near(first?.averagePrecision, metrics['average_precision'] as number, 1e-12);
  near(first?.rocAuc, metrics['roc_auc'] as number, 1e-12);
  near(first?.f1, metrics['f1'] as number, 1e-12);
});

test('gain and lift of a perfect order find all as early as can be', () => {
  const { gain } = evaluate(binary([0, 0, 0, 1, 0], [0.1, 0.2, 0.3, 0.9, 0.4]), { random: seededRandom(1), resamples: 0 });
  assert.equal(gain?.found[10], 1);
  near(gain?.lift[10], 5, 1e-12);
  assert.equal(gain?.found.at(-1), 1);
  assert.equal(gain?.lift.at(-1), 1);
});

test('a calibration error is the gap between what was said and what was, by weight', () => {
  const { calibration, metrics } = evaluate(binary([1, 0, 1, 1], [0.25, 0.25, 0.75, 0.75], [1, 1, 3, 3]), {
    random: seededRandom(1),
    resamples: 0,
  });
  assert.deepEqual(
    calibration?.uniform.map(({ predicted, observed, weight }) => [predicted, observed, weight]),
    [
      [0.25, 0.5, 2],
      [0.75, 1, 6],
    ],
  );
  near(metrics['calibration_error'], 0.25, 1e-12);
});

test('residuals and tenths of a regression are told, without weight for rows that have none', () => {
  const target = Float64Array.from({ length: 100 }, (_, row) => row);
  const predictions = target.map((value) => value + (value % 2 === 0 ? 1 : -1));
  const { residuals, deciles } = evaluate({ task: { kind: 'regression' }, target, predictions }, { random: seededRandom(1), resamples: 0 });
  near(residuals?.mean, 0, 1e-12);
  near(residuals?.deviation, 1, 1e-12);
  assert.equal(residuals?.points.target.length, 100);
  assert.equal(deciles?.length, 10);
  near(deciles?.[0]?.target, 4.5, 1);
  const constant = evaluate(
    { task: { kind: 'regression' }, target, predictions: target.slice() },
    { random: seededRandom(1), resamples: 0 },
  );
  assert.deepEqual(constant.residuals?.quantiles, { normal: [], residual: [] });
  assert.deepEqual(constant.residuals?.histogram.series[0]?.counts, [100]);
});

suite('slices', () => {
  const rows = 400;
  const text = {
    kind: 'text',
    name: '__proto__',
    codes: Int32Array.from({ length: rows }, (_, row) => (row % 4) - 1),
    words: ['a', '<b>', 'c'],
  } as const;
  const age = {
    kind: 'number',
    name: 'age',
    values: Float64Array.from({ length: rows }, (_, row) => (row < 40 ? Number.NaN : row)),
  } as const;
  const target = Float64Array.from({ length: rows }, (_, row) => row % 2);
  // Wrong where the text is `c`.
  const predictions = Float64Array.from({ length: rows * 2 }, (_, at) => {
    const row = at >> 1;
    const said = row % 4 === 3 ? 1 - (row % 2) : row % 2;
    return said === at % 2 ? 0.9 : 0.1;
  });
  const predicted: Predicted = { task: BINARY, target, predictions };

  test('come worst first, with names as they are', () => {
    const { slices, overall, metric } = evaluateSlices(predicted, [text, age], { metric: 'accuracy' });
    assert.deepEqual([metric, overall], ['accuracy', 0.75]);
    assert.deepEqual(
      slices.filter(({ column }) => column === '__proto__').map(({ value, score, rows: own }) => [value, score, own]),
      [
        ['c', 0, 100],
        [undefined, 1, 100],
        ['a', 1, 100],
        ['<b>', 1, 100],
      ],
    );
    assert.equal(slices[0]?.advantage, -0.75);
    assert.deepEqual(
      slices.flatMap(({ column, value }) => (column === 'age' ? [value ?? 'none'] : [])).toSorted(),
      ['40 ≤ x < 130', '130 ≤ x < 220', '220 ≤ x < 310', '310 ≤ x ≤ 399', 'none'].toSorted(),
    );
  });

  test('that are too small are counted, and those without a score come last', () => {
    const { slices, leftOut } = evaluateSlices(predicted, [text, age], { smallest: 50 });
    assert.equal(leftOut, 1);
    assert.equal(slices.length, 8);
    // Each text has rows of one class only, so there is no area.
    assert.deepEqual(
      slices.slice(-4).map(({ column, score }) => [column, score]),
      Array.from({ length: 4 }, () => ['__proto__', undefined]),
    );
  });

  test('of all rows are none', () => {
    const same = { ...text, codes: new Int32Array(rows) };
    assert.deepEqual(evaluateSlices(predicted, [same]), { metric: 'roc_auc', overall: 0.75, slices: [], leftOut: 0 });
  });

  test('of times and truths have names that people read', () => {
    const day = { kind: 'time', name: 'day', values: age.values.map((_, row) => Date.UTC(2024, 0, 1 + row)) } as const;
    const flag = { kind: 'boolean', name: 'flag', values: age.values.map((_, row) => row % 2) } as const;
    const { slices } = evaluateSlices(predicted, [day, flag], { metric: 'accuracy', quantiles: 2 });
    assert.deepEqual(slices.map(({ value }) => String(value)).toSorted(), [
      '2024-01-01 ≤ x < 2024-07-19',
      '2024-07-19 ≤ x ≤ 2025-02-03',
      'false',
      'true',
    ]);
  });
});

test('shuffling a column that a model looks at makes it worse, and another one does nothing', () => {
  const random = seededRandom(4);
  const values = Float64Array.from({ length: 6000 }, () => random());
  const table: Table = {
    rows: 6000,
    columns: [
      { kind: 'number', name: 'told', values },
      { kind: 'number', name: 'idle', values: values.map(() => random()) },
      { kind: 'text', name: 'left alone', codes: new Int32Array(6000), words: ['x'] },
    ],
  };
  const predict = ({ columns }: Table): Float64Array => (columns[0] as { readonly values: Float64Array }).values;
  const predicted = { task: { kind: 'regression' }, target: values.map((value) => value + random() * 0.1), predictions: values } as const;
  const options = { predict, random: seededRandom(1), repeats: 3, rows: 2000, columns: ['told', 'idle'] };
  const { metric, score, columns } = permutationImportance(predicted, table, options);
  assert.equal(metric, 'rmse');
  near(score, 0.058, 0.01);
  assert.deepEqual(
    columns.map(({ name }) => name),
    ['told', 'idle'],
  );
  // Two independent uniform values are 1 / sqrt(6) apart.
  near(columns[0]?.mean, Math.sqrt(1 / 6 + 0.0033) - score, 0.02);
  assert.deepEqual(columns[1]?.values, [0, 0, 0]);
});

test('folds have a mean and a deviation of each metric, of those where it is defined', () => {
  const { metrics } = acrossFolds([
    { rows: 10, metrics: { accuracy: 0.5, roc_auc: 0.75 } },
    { rows: 10, metrics: { accuracy: 0.7 } },
  ]);
  assert.deepEqual(metrics['roc_auc'], { mean: 0.75, deviation: 0, least: 0.75, most: 0.75, folds: 1 });
  near(metrics['accuracy']?.mean, 0.6, 1e-12);
  near(metrics['accuracy']?.deviation, 0.1, 1e-12);
});

test('anomalies are judged where they are known, and their scores shown where not', () => {
  const predictions = Float64Array.of(0.1, 0.2, 0.9, 0.3);
  const known = evaluate({ task: { kind: 'anomaly' }, target: Float64Array.of(0, 0, 1, 0), predictions }, { random: seededRandom(1) });
  assert.equal(known.metrics['roc_auc'], 1);
  assert.deepEqual(
    known.scores?.series.map(({ label }) => label),
    ['ordinary', 'anomalous'],
  );
  const unknown = evaluate({ task: { kind: 'anomaly' }, target: new Float64Array(), predictions }, { random: seededRandom(1) });
  assert.deepEqual(unknown.metrics, {});
  assert.equal(
    unknown.scores?.series[0]?.counts.reduce((sum, count) => sum + count, 0),
    4,
  );
});

test('a prediction that is the same everywhere explains nothing, whatever rounding leaves', () => {
  const random = seededRandom(9);
  const target = Float64Array.from({ length: 1000 }, () => random() * 100);
  const { metrics } = metricsOf({ task: { kind: 'regression' }, target, predictions: target.map(() => 49.123) });
  assert.equal(metrics['explained_variance'], 0);
});

test('what cannot be judged is refused in a sentence that says where', () => {
  const refuse = (predicted: Predicted, expected: RegExp): void => {
    assert.throws(() => evaluate(predicted, { random: seededRandom(1) }), { name: 'AppError', code: 'invalid', message: expected });
  };
  refuse(binary([], []), /no row to evaluate/);
  refuse(binary([0, 1], [0.5]), /2 targets for predictions of 1 rows/);
  refuse(binary([0, 1], [0.5, Number.NaN]), /prediction of row 1 is NaN/);
  refuse(binary([0, 2], [0.5, 0.5]), /target of row 1 is 2, .* one of 2 classes/);
  refuse(binary([0, 1], [0.5, 0.5], [1, -1]), /weight of row 1 is -1/);
  refuse(binary([0, 1], [0.5, 0.5], [0, 0]), /All rows have the weight 0/);
  refuse({ task: { kind: 'regression' }, target: Float64Array.of(Number.NaN), predictions: Float64Array.of(1) }, /target of row 0 is NaN/);
});

test('what is said is plain JSON, whatever came', () => {
  const one = evaluate(binary([1], [0.7]), { random: seededRandom(1) });
  assert.deepEqual(JSON.parse(JSON.stringify(one)), one);
  assert.match(one.missing['roc_auc'] ?? '', /rows of both classes/);
});
