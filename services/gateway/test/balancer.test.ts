import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pick } from '#/domain/balancer.ts';
import { Member } from '#/domain/member.ts';
import type { Instance } from '#/domain/member.ts';
import { policyWith } from './test-upstream.ts';
import { seeded } from './virtual-clock.ts';

function members(count: number): Member<Instance>[] {
  const context = { random: () => 0, onBreaker: () => {} };
  return Array.from(
    { length: count },
    (_, index) => new Member({ id: String(index) }, policyWith({ breaker: { openJitter: 0 } }), context),
  );
}

/** Lets an instance answer one call of the given latency that ends now. */
function answered(member: Member<Instance>, latency: number, now: number): void {
  member.end(member.begin(now - latency), 'success', now);
}

function breakOpen(member: Member<Instance>, now: number): void {
  for (let index = 0; index < 5; index++) member.end(member.begin(now), 'failure', now);
}

/** How often each is chosen of 1,000 times. */
function shares(list: Member<Instance>[], now: number, not?: Member<Instance>): number[] {
  const random = seeded(5);
  const counts = list.map(() => 0);
  const allSteady = list.every((member) => member.steady);
  for (let index = 0; index < 1000; index++) {
    const chosen = pick(list, { now, random, allSteady, not });
    if (chosen !== undefined) counts[list.indexOf(chosen)]!++;
  }
  return counts;
}

test('balancer: none of none, the one of one', () => {
  assert.equal(pick([], { now: 0, random: () => 0, allSteady: true }), undefined);
  const [only] = members(1);
  assert.equal(pick([only!], { now: 0, random: () => 0.99, allSteady: true }), only);
});

for (const count of [2, 3, 5, 20]) {
  test(`balancer: ${count} equal instances get equal shares, whatever the random numbers`, () => {
    const list = members(count);
    for (const member of list) answered(member, 10, 100);
    for (const share of shares(list, 100)) assert.ok(Math.abs(share - 1000 / count) < 250 / Math.sqrt(count), String(share));
    for (const value of [0, 0.5, 1 - 2 ** -53]) assert.ok(list.includes(pick(list, { now: 100, random: () => value, allSteady: true })!));
  });
}

test('balancer: the same instance is never drawn twice: of two, the less loaded always wins', () => {
  const list = members(2);
  answered(list[0]!, 10, 100);
  answered(list[1]!, 11, 100);
  assert.deepEqual(shares(list, 100), [1000, 0]);
});

test('balancer: calls in flight weigh as much as latency', () => {
  const list = members(2);
  answered(list[0]!, 10, 100);
  answered(list[1]!, 25, 100);
  for (let index = 0; index < 2; index++) list[0]!.begin(100);
  assert.deepEqual(shares(list, 100), [0, 1000], '3 × 10 is more than 1 × 25');
});

test('balancer: an instance that is silent is avoided long before it answers', () => {
  const list = members(2);
  for (const member of list) answered(member, 10, 100);
  list[0]!.begin(100);
  list[1]!.begin(140);
  assert.deepEqual(shares(list, 150), [0, 1000]);
});

test('balancer: a new instance is tried at once, and gets no second call before its first answer', () => {
  const list = members(3);
  for (const member of list.slice(1)) answered(member, 10, 100);
  assert.ok(shares(list, 100)[0]! > 600);
  list[0]!.begin(100);
  assert.equal(shares(list, 100)[0], 0);
});

test('balancer: an instance that fails fast does not look fast', () => {
  const list = members(2);
  for (const member of list) answered(member, 10, 100);
  list[0]!.end(list[0]!.begin(100), 'failure', 101);
  assert.deepEqual(shares(list, 101), [0, 1000]);
});

test('balancer: an open breaker gets nothing; when its time has come, the next call is its probe, and only one', () => {
  const list = members(3);
  for (const member of list) answered(member, 10, 0);
  breakOpen(list[0]!, 0);
  assert.equal(shares(list, 999)[0], 0);
  assert.equal(shares(list, 1000)[0], 1000);
  list[0]!.begin(1000);
  assert.equal(shares(list, 1000)[0], 0);
});

test('balancer: a retry goes to another one, and not to a probe while a steady one is there', () => {
  const list = members(3);
  for (const member of list) answered(member, 10, 0);
  breakOpen(list[0]!, 0);
  assert.deepEqual(shares(list, 1000, list[1]), [0, 0, 1000]);
  breakOpen(list[2]!, 500);
  assert.deepEqual(shares(list, 1000, list[1]), [1000, 0, 0]);
});

test('balancer: a retry stays where it was when there is no other', () => {
  const list = members(2);
  breakOpen(list[1]!, 0);
  assert.deepEqual(shares(list, 0, list[0]), [1000, 0]);
  assert.deepEqual(shares([list[0]!], 0, list[0]), [1000]);
  breakOpen(list[0]!, 0);
  assert.deepEqual(shares(list, 0, list[0]), [0, 0]);
});

test('balancer: an ejected instance is better than none', () => {
  const list = members(2);
  list[0]!.standing.eject(0);
  assert.deepEqual(shares(list, 1), [0, 1000]);
  breakOpen(list[1]!, 0);
  assert.deepEqual(shares(list, 1), [1000, 0]);
});

test('balancer: two choices spread a burst evenly', () => {
  const list = members(10);
  for (const member of list) answered(member, 10, 100);
  const random = seeded(9);
  for (let index = 0; index < 1000; index++) pick(list, { now: 100, random, allSteady: true })!.begin(100);
  for (const member of list) assert.ok(Math.abs(member.inFlight - 100) <= 4, String(member.inFlight));
});
