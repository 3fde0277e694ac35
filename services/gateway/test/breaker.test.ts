import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Breaker } from '#/domain/breaker.ts';
import type { BreakerState } from '#/domain/breaker.ts';
import type { Outcome } from '#/domain/call-failure.ts';
import { defaultPolicy } from '#/domain/policy.ts';
import type { BreakerPolicy } from '#/domain/policy.ts';

const policy: BreakerPolicy = { ...defaultPolicy.breaker, openJitter: 0 };

function open(changes: Partial<BreakerPolicy> = {}, random = () => 0): { breaker: Breaker; changes: string[] } {
  const seen: string[] = [];
  const breaker = new Breaker({ ...policy, ...changes }, random, (from: BreakerState, to: BreakerState) => void seen.push(`${from}>${to}`));
  return { breaker, changes: seen };
}

function calls(breaker: Breaker, outcomes: string, now = 0): void {
  const named: Record<string, Outcome> = { s: 'success', f: 'failure', n: 'neutral' };
  for (const letter of outcomes) breaker.end(breaker.begin(now), named[letter]!, now);
}

const tables: [name: string, outcomes: string, state: BreakerState][] = [
  ['four failures in a row are not enough', 'ffff', 'closed'],
  ['the fifth failure in a row opens it', 'fffff', 'open'],
  ['a success ends the row', 'ffffsffff', 'closed'],
  ['a cancelled call neither ends nor lengthens the row', 'ffffnnnnn', 'closed'],
  ['a cancelled call does not hide the row', 'ffnnnfnff', 'open'],
  ['half of twenty opens it', 'fsfsfsfsfsfsfsfsfssf', 'open'],
  ['half of nineteen does not', 'fsfsfsfsfsfsfsfsfsf', 'closed'],
  ['less than half of many does not', 'fssfssfssfssfssfssfssfssfssfss', 'closed'],
];
for (const [name, outcomes, state] of tables) {
  test(`breaker: ${name}`, () => {
    const { breaker } = open();
    calls(breaker, outcomes);
    assert.equal(breaker.state, state);
  });
}

test('breaker: failures older than the window are forgotten', () => {
  const { breaker } = open();
  for (let index = 0; index < 9; index++) calls(breaker, 'fs', 0);
  calls(breaker, 's', 10_000);
  calls(breaker, 'fs', 10_000);
  assert.equal(breaker.state, 'closed');
  assert.ok(breaker.failureRate(10_000) < 0.4);
});

test('breaker: open refuses until its time is over, then lets one probe through', () => {
  const { breaker, changes } = open();
  calls(breaker, 'fffff', 100);
  assert.equal(breaker.admits(1099), false);
  assert.equal(breaker.retryInMs(600), 500);
  assert.equal(breaker.admits(1100), true);
  const probe = breaker.begin(1100);
  assert.equal(breaker.state, 'half_open');
  assert.equal(breaker.admits(1100), false, 'the first probe is still silent');
  breaker.end(probe, 'success', 1110);
  assert.equal(breaker.state, 'half_open');
  assert.equal(breaker.admits(1110), true, 'the first probe was good');
  calls(breaker, 's', 1110);
  assert.deepEqual(changes, ['closed>open', 'open>half_open', 'half_open>closed']);
});

test('breaker: a failed probe opens it again for the whole time', () => {
  const { breaker } = open();
  calls(breaker, 'fffff', 0);
  calls(breaker, 'f', 1000);
  assert.equal(breaker.state, 'open');
  assert.equal(breaker.admits(1999), false);
  assert.equal(breaker.admits(2000), true);
});

test('breaker: a cancelled probe decides nothing and frees its place', () => {
  const { breaker } = open();
  calls(breaker, 'fffff', 0);
  calls(breaker, 'n', 1000);
  assert.equal(breaker.state, 'half_open');
  assert.equal(breaker.probes, 0);
  assert.equal(breaker.admits(1000), true);
});

test('breaker: a silent probe is followed by a second one after the open time, and never by more than allowed', () => {
  const { breaker } = open();
  calls(breaker, 'fffff', 0);
  breaker.begin(1000);
  assert.equal(breaker.admits(1999), false);
  assert.equal(breaker.admits(2000), true);
  breaker.begin(2000);
  assert.equal(breaker.probes, 2);
  assert.equal(breaker.admits(10_000), false);
});

test('breaker: results of calls that began before the last change of state count for nothing', () => {
  const { breaker } = open();
  const early = Array.from({ length: 10 }, () => breaker.begin(0));
  calls(breaker, 'fffff', 0);
  for (const ticket of early.slice(0, 5)) breaker.end(ticket, 'success', 10);
  assert.equal(breaker.state, 'open');
  const probe = breaker.begin(1000);
  for (const ticket of early.slice(5)) breaker.end(ticket, 'failure', 1001);
  assert.equal(breaker.state, 'half_open');
  breaker.end(probe, 'success', 1002);
  calls(breaker, 's', 1002);
  assert.equal(breaker.state, 'closed');
});

test('breaker: a probe that outlives its half-open time still holds its place, and says nothing later', () => {
  const { breaker } = open({ halfOpenProbes: 2 });
  calls(breaker, 'fffff', 0);
  const silent = breaker.begin(1000);
  calls(breaker, 'f', 2000);
  assert.equal(breaker.probes, 1);
  const next = breaker.begin(3000);
  assert.equal(breaker.admits(9000), false, 'two are under way');
  breaker.end(silent, 'failure', 9000);
  assert.equal(breaker.state, 'half_open');
  breaker.end(next, 'success', 9000);
  assert.equal(breaker.probes, 0);
});

test('breaker: the open time varies upwards by the jitter', () => {
  const { breaker } = open({ openJitter: 0.2 }, () => 0.5);
  calls(breaker, 'fffff', 0);
  assert.equal(breaker.retryInMs(0), 1100);
});

test('breaker: after closing, the failures from before are forgotten', () => {
  const { breaker } = open();
  calls(breaker, 'fsfsfsfsfsfsfsfsfssf', 0);
  calls(breaker, 'ss', 1000);
  calls(breaker, 'ffff', 1001);
  assert.equal(breaker.state, 'closed');
});

test('breaker: a good probe before a bad one does not count when it is half open again', () => {
  const { breaker } = open();
  calls(breaker, 'fffff', 0);
  calls(breaker, 'sf', 1000);
  calls(breaker, 's', 2000);
  assert.equal(breaker.state, 'half_open');
  calls(breaker, 's', 2000);
  assert.equal(breaker.state, 'closed');
});
