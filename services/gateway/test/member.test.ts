import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Member } from '#/domain/member.ts';
import type { Instance } from '#/domain/member.ts';
import { policyWith } from './test-upstream.ts';

const open = (): Member<Instance> => new Member({ id: 'a' }, policyWith(), { random: () => 0, onBreaker: () => {} });

test('member: knows its calls under way by age, in whatever order they end', () => {
  const member = open();
  const [first, second, third] = [0, 10, 20].map((now) => member.begin(now));
  assert.equal(member.inFlightFor(10, 25, 9), 2);
  assert.equal(member.inFlightFor(10, 25, 1), 1, 'counts no further than asked');
  member.end(third!, 'neutral', 25);
  const fourth = member.begin(30);
  assert.deepEqual([member.inFlight, member.inFlightFor(0, 30, 9), member.silentFor(30)], [3, 3, 30]);
  member.end(second!, 'neutral', 30);
  member.end(first!, 'neutral', 30);
  assert.deepEqual([member.inFlight, member.inFlightFor(0, 35, 9), member.silentFor(35)], [1, 1, 5]);
  member.end(fourth, 'neutral', 40);
  assert.deepEqual([member.inFlight, member.silentFor(50)], [0, 0]);
});

test('member: silence begins with its last answer, and an error or a cancelled call is none', () => {
  const member = open();
  member.begin(0);
  member.end(member.begin(0), 'failure', 50);
  member.end(member.begin(0), 'neutral', 60);
  assert.equal(member.silentFor(100), 100);
  member.end(member.begin(0), 'success', 80);
  assert.equal(member.silentFor(100), 20);
});
