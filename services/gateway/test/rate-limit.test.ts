import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRateLimit } from '#/domain/rate-limit.ts';
import { seeded } from './virtual-clock.ts';

const policy = { limit: 60, windowMs: 60_000, burst: 5, maxClients: 3 };

function open(changes: Partial<typeof policy> = {}): { time: { now: number }; limit: ReturnType<typeof openRateLimit> } {
  const time = { now: 0 };
  return { time, limit: openRateLimit({ ...policy, ...changes }, () => time.now) };
}

test('rate limit: a rested client may send its burst, then one per interval', () => {
  const { time, limit } = open();
  assert.deepEqual(
    Array.from({ length: 6 }, () => limit.take('a')),
    [
      { allowed: true, limit: 5, remaining: 4, resetSeconds: 1, retryAfterSeconds: 0 },
      { allowed: true, limit: 5, remaining: 3, resetSeconds: 2, retryAfterSeconds: 0 },
      { allowed: true, limit: 5, remaining: 2, resetSeconds: 3, retryAfterSeconds: 0 },
      { allowed: true, limit: 5, remaining: 1, resetSeconds: 4, retryAfterSeconds: 0 },
      { allowed: true, limit: 5, remaining: 0, resetSeconds: 5, retryAfterSeconds: 0 },
      { allowed: false, limit: 5, remaining: 0, resetSeconds: 5, retryAfterSeconds: 1 },
    ],
  );
  time.now = 999;
  assert.equal(limit.take('a').allowed, false);
  time.now = 1000;
  assert.equal(limit.take('a').allowed, true);
  assert.equal(limit.take('a').allowed, false);
});

test('rate limit: who waits as long as it was told is let in', () => {
  const { time, limit } = open({ limit: 7, burst: 3 });
  for (let index = 0; index < 50; index++) {
    const { allowed, retryAfterSeconds } = limit.take('a');
    if (allowed) continue;
    time.now += retryAfterSeconds * 1000;
    assert.equal(limit.take('a').allowed, true);
  }
});

test('rate limit: a refused request costs nothing', () => {
  const { time, limit } = open();
  for (let index = 0; index < 1000; index++) limit.take('a');
  time.now = 1000;
  assert.equal(limit.take('a').allowed, true);
});

test('rate limit: a long rest saves up no more than the burst', () => {
  const { time, limit } = open();
  limit.take('a');
  time.now = 3_600_000;
  assert.deepEqual(
    Array.from({ length: 7 }, () => limit.take('a').allowed),
    [true, true, true, true, true, false, false],
  );
});

test('rate limit: clients do not take from each other', () => {
  const { limit } = open();
  for (let index = 0; index < 9; index++) limit.take('a');
  assert.equal(limit.take('b').remaining, 4);
});

test('rate limit: no more than burst + rate × time is ever let in, and a steady client at the limit always is', () => {
  const random = seeded(7);
  const { time, limit } = open({ limit: 100, windowMs: 1000, burst: 20 });
  let greedy = 0;
  for (let step = 0; step < 20_000; step++) {
    time.now += random() * 5;
    if (limit.take('greedy').allowed) greedy++;
    assert.ok(greedy <= 20 + time.now / 10 + 1e-6, `${greedy} in ${time.now} ms`);
  }
  assert.ok(greedy >= time.now / 10 - 1);
  for (let step = 0; step < 1000; step++) {
    time.now += 10;
    assert.equal(limit.take('steady').allowed, true);
  }
});

test('rate limit: the clients not seen for longest are forgotten, in that order', () => {
  const { limit } = open();
  for (const client of ['a', 'b', 'c', 'a', 'd']) limit.take(client);
  assert.equal(limit.clients, 3);
  assert.equal(limit.take('a').remaining, 2, 'a was seen after b');
  assert.equal(limit.take('b').remaining, 4, 'b was forgotten');
  assert.equal(limit.take('c').remaining, 4, 'c was forgotten for b');
  assert.equal(limit.take('a').remaining, 1);
});

test('rate limit: a million clients take no more room than the limit', () => {
  const { limit } = open({ maxClients: 100 });
  for (let index = 0; index < 1_000_000; index++) limit.take(String(index));
  assert.equal(limit.clients, 100);
});

test('rate limit: the policy header names the window, and the burst when it differs', () => {
  assert.equal(open().limit.policy, '60;w=60;burst=5');
  assert.equal(open({ burst: 60 }).limit.policy, '60;w=60');
});

test('rate limit: a limit of 0 is no limit', () => {
  const { limit } = open({ limit: 0 });
  assert.equal(limit.policy, undefined);
  for (let index = 0; index < 1000; index++) assert.equal(limit.take('a').allowed, true);
});
