import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fitPreparing, type ColumnPlan } from '#/index.ts';
import { number, tableOf, text } from './tables.ts';

interface Recorded {
  readonly numbers: readonly (number | null)[];
  readonly words: readonly string[];
  /** By how is imputed and how is scaled. */
  readonly imputed: Readonly<Record<string, readonly number[]>>;
  readonly lambda: number;
  readonly power: readonly (number | null)[];
  readonly encoded: readonly (readonly number[])[];
}

/* Made by compat/learning/record-preparing.py. */
const recorded = JSON.parse(readFileSync(new URL('fixtures/preparing.json', import.meta.url), 'utf8')) as Recorded;
const table = tableOf(
  number(
    'x',
    recorded.numbers.map((value) => value ?? undefined),
  ),
);

function made(plan: Omit<ColumnPlan, 'name'>, form: 'dense' | 'columns'): number[] {
  const [column] = fitPreparing(table, { columns: [{ name: 'x', ...plan }] }, form).apply(table).columns;
  assert.ok(column?.kind === 'number');
  return [...column.values];
}

for (const [name, theirs] of Object.entries(recorded.imputed)) {
  test(`numbers are imputed and scaled as by scikit-learn: ${name}`, () => {
    const [impute, scale] = name.split(' ') as ['mean', 'standard'];
    made({ impute, scale }, 'dense').forEach((ours, row) =>
      assert.ok(Math.abs(ours - (theirs[row] ?? 0)) < 2e-6, `${ours} is ${theirs[row]} there`),
    );
  });
}

test("Yeo and Johnson's transform is that of scikit-learn", () => {
  made({ transform: 'yeo_johnson' }, 'columns').forEach((ours, row) => {
    const theirs = recorded.power[row] ?? Number.NaN;
    assert.ok(
      Number.isNaN(theirs) ? Number.isNaN(ours) : Math.abs(ours - theirs) < 1e-3 * Math.max(1, Math.abs(theirs)),
      `${ours} is ${theirs} there`,
    );
  });
});

test('rare words are folded as by scikit-learn', () => {
  const words = tableOf(text('w', recorded.words));
  const preparing = fitPreparing(words, { columns: [{ name: 'w', minFrequency: 5 }] }, 'dense');
  const { columns } = preparing.apply(tableOf(text('w', ['a', 'd', 'never seen', 'c'])));
  const rows = recorded.encoded.map((_, row) => columns.map((column) => (column.kind === 'number' ? column.values[row] : undefined)));
  assert.deepEqual(rows, recorded.encoded);
});
