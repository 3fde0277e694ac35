import assert from 'node:assert/strict';
import { test } from 'node:test';
import { profileOf, seededRandom, type NumberProfile, type TextProfile } from '#/index.ts';
import { boolean, number, tableOf, text, time } from './tables.ts';

const numbers = (profile: unknown): NumberProfile => profile as NumberProfile;

test('numbers have their moments, and bins of nearly equally many rows', () => {
  const random = seededRandom(1);
  const values = Array.from({ length: 10_000 }, (_, row) =>
    row % 100 === 0 ? undefined : row % 100 === 1 ? Number.POSITIVE_INFINITY : random() * 10,
  );
  const profile = numbers(profileOf(tableOf(number('x', values))).columns[0]);
  const finite = values.filter((value) => value !== undefined && Number.isFinite(value)) as number[];
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  assert.deepEqual([profile.count, profile.missing, profile.infinite], [9900, 100, 100]);
  assert.deepEqual([profile.min, profile.max], [Math.min(...finite), Math.max(...finite)]);
  assert.ok(Math.abs((profile.mean ?? 0) - mean) < 1e-9);
  assert.ok(Math.abs((profile.std ?? 0) - Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / finite.length)) < 1e-9);
  assert.equal(profile.edges.length, 21);
  assert.equal(
    profile.counts.reduce((sum, count) => sum + count, 0),
    finite.length,
  );
  assert.ok(
    profile.counts.every((count) => Math.abs(count - finite.length / 20) < 5),
    String(profile.counts),
  );
  assert.ok(Math.abs((profile.quantiles[10] ?? 0) - 5) < 0.2);
  profile.counts.forEach((count, bin) => {
    const [low = 0, high = 0] = profile.edges.slice(bin, bin + 2);
    assert.equal(count, finite.filter((value) => value >= low && (bin === 19 ? value <= high : value < high)).length);
  });
});

test('few different values are a bin each', () => {
  const profile = numbers(profileOf(tableOf(number('x', [3, 1, 1, 7, 3, 3]))).columns[0]);
  assert.deepEqual(
    [profile.edges, profile.counts],
    [
      [1, 3, 7, 7],
      [2, 3, 1],
    ],
  );
  const flag = numbers(profileOf(tableOf(boolean('b', [true, false, undefined, true]))).columns[0]);
  assert.deepEqual([flag.kind, flag.edges, flag.counts, flag.missing], ['boolean', [0, 1, 1], [1, 2], 1]);
  const same = numbers(profileOf(tableOf(number('x', [4, 4]))).columns[0]);
  assert.deepEqual([same.edges, same.counts, same.std], [[4, 4], [2], 0]);
});

test('words are counted, the empty one is none, and long ones are cut', () => {
  const long = 'ü'.repeat(200);
  const profile = profileOf(tableOf(text('w', ['b', 'a', 'b', '', undefined, long]))).columns[0] as TextProfile;
  assert.deepEqual(profile, {
    kind: 'text',
    name: 'w',
    count: 4,
    missing: 2,
    distinct: 3,
    top: [
      { word: 'b', count: 2 },
      { word: 'a', count: 1 },
      { word: `${'ü'.repeat(79)}…`, count: 1 },
    ],
    other: 0,
  });
  const many = profileOf(
    tableOf(
      text(
        'w',
        Array.from({ length: 500 }, (_, row) => `w${row % 200}`),
      ),
    ),
  ).columns[0] as TextProfile;
  assert.deepEqual([many.top.length, many.distinct, many.other], [50, 200, 350]);
});

test('it is JSON, whatever the values', () => {
  const table = tableOf(
    number('none', [undefined, undefined, undefined]),
    number('far', [1e308, -1e308, Number.NEGATIVE_INFINITY]),
    time('t', ['2024-01-01', undefined, '2025-01-01']),
    text('__proto__', [undefined, undefined, undefined]),
  );
  const profile = profileOf(table, { target: number('y', [1, 2, 3]), prediction: text('label', ['a', 'b', 'a']) });
  assert.deepEqual(JSON.parse(JSON.stringify(profile)), profile);
  assert.deepEqual([profile.version, profile.rows, profile.target?.name, profile.prediction?.count], [1, 3, 'y', 3]);
});

test('of 10,000 columns it is a few megabytes, and of a million rows it takes moments', () => {
  const random = seededRandom(2);
  const columns = Array.from({ length: 10_000 }, (_, index) =>
    number(
      `column ${index}`,
      Array.from({ length: 30 }, () => random()),
    ),
  );
  const size = JSON.stringify(profileOf(tableOf(...columns))).length;
  assert.ok(size < 5_000_000, String(size));
  const large = number('x', []);
  const profile = profileOf(tableOf({ ...large, kind: 'number', values: Float64Array.from({ length: 1_000_000 }, () => random()) }));
  assert.ok(numbers(profile.columns[0]).counts.every((count) => count > 45_000 && count < 55_000));
});
