import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy } from '#/domain/policy.ts';
import { Standing } from '#/domain/standing.ts';

const { ejectionMs, probesToReturn } = defaultPolicy.outliers;

function ejected(): Standing {
  const standing = new Standing(defaultPolicy.outliers);
  standing.slowMs = 200;
  assert.equal(standing.eject(0), ejectionMs);
  return standing;
}

test('standing: an ejected instance is probed after its time, by one call at a time, so many times', () => {
  const standing = ejected();
  assert.equal(standing.admits(ejectionMs - 1), false);
  for (let probe = 1; probe <= probesToReturn; probe++) {
    assert.equal(standing.admits(ejectionMs), true);
    assert.equal(standing.mayReturn, false);
    const ticket = standing.begin(ejectionMs);
    assert.notEqual(ticket, 0);
    assert.equal(standing.admits(ejectionMs), false);
    assert.equal(standing.begin(ejectionMs), 0, 'a second one is no probe');
    standing.end(0, 'success', 10, ejectionMs);
    assert.equal(standing.admits(ejectionMs), false, 'the probe is still under way');
    standing.end(ticket, 'success', 10, ejectionMs);
  }
  assert.equal(standing.mayReturn, true);
  assert.equal(standing.admits(ejectionMs), false, 'proven already');
});

for (const [name, outcome, elapsed, bad] of [
  ['a fast answer is good', 'success', 199, false],
  ['a slow answer is bad', 'success', 200, true],
  ['an error is bad', 'failure', 1, true],
  ['a cancelled call is neither', 'neutral', 500, false],
] as const) {
  test(`standing: of a probe, ${name}`, () => {
    const standing = ejected();
    standing.end(standing.begin(ejectionMs), outcome, elapsed, ejectionMs + elapsed);
    assert.equal(standing.badProbe, bad);
    assert.equal(standing.admits(ejectionMs + elapsed), !bad, 'a bad one is the last until it is judged');
  });
}

test('standing: a probe that was judged while it was silent is not judged again when it ends', () => {
  const standing = ejected();
  const ticket = standing.begin(ejectionMs);
  assert.equal(standing.probeAge(ejectionMs + 300), 300);
  assert.equal(standing.eject(ejectionMs + 300), 2 * ejectionMs);
  assert.equal(standing.probeAge(ejectionMs + 400), 0);
  standing.end(ticket, 'failure', 3000, ejectionMs + 3000);
  assert.equal(standing.badProbe, false);
});

test('standing: slow answers in a row are counted until a fast one, and a fast error is no answer', () => {
  const standing = new Standing(defaultPolicy.outliers);
  standing.slowMs = 200;
  for (const elapsed of [200, 500]) standing.end(0, 'success', elapsed, 1000);
  standing.end(0, 'failure', 3000, 1000);
  standing.end(0, 'neutral', 1, 1000);
  standing.end(0, 'failure', 1, 1000);
  assert.equal(standing.slowInARow, 3);
  standing.end(0, 'success', 1, 1000);
  assert.equal(standing.slowInARow, 0);
});
