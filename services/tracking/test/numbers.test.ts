import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Queryable } from '@mlab/kernel';
import { openNumbers } from '#/metrics/numbers.ts';

/** A database whose answer to whatever is asked next is given, and that counts how often it is asked. */
function answering() {
  const state = { rows: [] as Record<string, unknown>[], asked: 0 };
  const db: Queryable = {
    all: (_statement, map) => {
      state.asked++;
      return Promise.resolve(state.rows.map((row) => map(row)));
    },
    first: () => Promise.reject(new Error('Nobody asks for one row.')),
    run: () => Promise.reject(new Error('Nobody writes.')),
  };
  return { db, state };
}

const named = (count: number, from: number) => Array.from({ length: count }, (_, index) => ({ key: `m${from + index}`, id: from + index }));

test('the number of a metric is asked for once, and stays with who has asked for it whatever others ask for meanwhile', async () => {
  const { db, state } = answering();
  const numbers = openNumbers();
  state.rows = [{ key: 'first', id: 1 }];
  await numbers.keys(db, ['first']);
  const again = numbers.keys(db, ['first', 'first']);
  assert.ok(again instanceof Map);
  assert.equal(state.asked, 1);
  for (let from = 10; from < 20_100; from += 1000) {
    state.rows = named(1000, from);
    await numbers.keys(
      db,
      state.rows.map(({ key }) => key as string),
    );
  }
  assert.deepEqual([...again], [['first', 1]]);
  // It has been pushed out, so it is asked for again.
  state.rows = [{ key: 'first', id: 1 }];
  const before = state.asked;
  assert.deepEqual([...(await numbers.keys(db, ['first']))], [['first', 1]]);
  assert.equal(state.asked, before + 1);
});

test('the number of a run is asked for once, until it is to be forgotten; a run that is not there has none', async () => {
  const { db, state } = answering();
  const numbers = openNumbers();
  state.rows = [{ id: 'a', no: 7 }];
  assert.deepEqual([await numbers.runNo(db, 'a'), numbers.runNo(db, 'a'), state.asked], [7, 7, 1]);
  numbers.forgetRun('a');
  state.rows = [];
  await assert.rejects(async () => numbers.runNo(db, 'a'), /Run with id=a not found/);
});
