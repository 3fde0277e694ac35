import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordered, rowsOf } from '#/metrics/rows.ts';
import type { MetricRow } from '#/store/metrics.ts';
import { openRandom } from '../../../tests/crash/random.ts';

const inOrder: readonly MetricRow[] = [
  [1, 1, 5, 0, -1],
  [1, 1, 5, 0, 0.5],
  [1, 1, 5, 0, Number.NaN],
  [1, 1, 5, 2, -3],
  [1, 1, 6, -9, 4],
  [1, 2, 0, 0, Number.MAX_VALUE],
  [1, 2, 0, 0, Number.NaN],
  [2, 1, 1, 1, -Number.MAX_VALUE],
  [2, 1, 1, 1, 0],
].map(([runNo, keyId, timestamp, step, value]) => ({ runNo, keyId, timestamp, step, value }) as MetricRow);

test('rows are written in the order of the key of their table, in whatever order they come, and of each metric the latest is known', () => {
  const random = openRandom(5);
  for (let round = 0; round < 50; round++) {
    const shuffled = inOrder
      .map((row) => ({ row, at: random() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ row }) => row);
    const { rows, latest } = ordered(shuffled);
    assert.deepEqual(rows, inOrder);
    assert.deepEqual(latest, [inOrder[3], inOrder[6], inOrder[8]]);
  }
  assert.deepEqual(ordered([]), { rows: [], latest: [] });
});

test('what is infinite becomes the greatest number, and there is one zero', () => {
  const values = [Infinity, -Infinity, Number.NaN, -0, 1.5];
  const metrics = values.map((value, step) => ({ key: 'm', value, timestamp: 1, step }));
  const rows = rowsOf(7, metrics, new Map([['m', 3]]));
  assert.deepEqual(
    rows.map(({ value }) => value),
    [Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, 0, 1.5],
  );
  assert.deepEqual(rows[4], { runNo: 7, keyId: 3, timestamp: 1, step: 4, value: 1.5 });
});
