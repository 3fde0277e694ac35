import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packCheckpoint, unpackCheckpoint } from '#/worker/checkpoint.ts';
import { openLosses } from '#/worker/losses.ts';

test('a state is kept with the losses that led to it, and whoever goes on has all of them', () => {
  const first = openLosses();
  first.add(1, { train_loss: 0.5, validation_loss: Number.NaN });
  first.add(2, { train_loss: 0.25 });
  const state = Uint8Array.from([1, 2, 3, 255]);
  const kept = unpackCheckpoint(Uint8Array.from(packCheckpoint(state, first.kept())));
  assert.deepEqual(kept.state, state);
  const second = openLosses();
  second.goOn(kept.losses);
  second.add(3, { train_loss: 0.125 });
  assert.deepEqual(second.losses(), {
    steps: [1, 2, 3],
    series: new Map([
      ['train_loss', [0.5, 0.25, 0.125]],
      ['validation_loss', [null, null, null]],
    ]),
  });
});

test('of very many iterations fewer and fewer are kept', () => {
  const losses = openLosses();
  for (let step = 1; step <= 9000; step++) losses.add(step, { loss: step });
  const { steps } = losses.losses();
  assert.ok(steps.length < 2000 && steps.length > 900 && (steps.at(-1) as number) > 8980);
});
