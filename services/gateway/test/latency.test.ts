import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PeakEwma, RecentLatencies } from '#/domain/latency.ts';
import { defaultPolicy } from '#/domain/policy.ts';
import { RetryBudget } from '#/domain/retry-budget.ts';
import { RollingCounts } from '#/domain/rolling-counts.ts';

const near = (actual: number, expected: number): void =>
  assert.ok(Math.abs(actual - expected) < 1e-9 * Math.max(1, expected), `${actual}, not ${expected}`);

test('peak-sensitive average: starts with the first latency, takes a peak at once, and forgets it with e^(−Δt/τ)', () => {
  const average = new PeakEwma(1000);
  assert.equal(average.seen, false);
  average.observe(10, 0);
  near(average.read(0), 10);
  average.observe(500, 100);
  near(average.read(100), 500);
  average.observe(10, 1100);
  near(average.read(1100), 500 * Math.exp(-1) + 10 * (1 - Math.exp(-1)));
});

test('peak-sensitive average: fades in silence, and reading does not change it', () => {
  const average = new PeakEwma(1000);
  average.observe(100, 0);
  near(average.read(2000), 100 * Math.exp(-2));
  near(average.read(1000), 100 * Math.exp(-1));
});

test('peak-sensitive average: a lower bound counts only when it is above', () => {
  const average = new PeakEwma(1000);
  average.observe(100, 0);
  average.observeAtLeast(50, 0);
  near(average.read(0), 100);
  average.observeAtLeast(50, 500);
  near(average.read(1000), 100 * Math.exp(-1));
  average.observeAtLeast(300, 1000);
  near(average.read(1000), 300);
});

test('peak-sensitive average: at a steady latency it is that latency, however often it is read', () => {
  const average = new PeakEwma(1000);
  for (let now = 0; now < 10_000; now++) average.observe(7, now);
  near(average.read(9999), 7);
});

test('recent latencies: the median of the last sixteen samples within the window', () => {
  const recent = new RecentLatencies();
  for (let index = 0; index < 4; index++) recent.record(1000, index * 50);
  assert.equal(recent.median(200, 1000, 5), undefined, 'too few');
  recent.record(1, 200);
  assert.equal(recent.median(200, 1000, 5), 1000);
  for (let index = 0; index < 12; index++) recent.record(2, 250 + index * 50);
  assert.equal(recent.median(800, 1000, 5), 2);
  assert.equal(recent.median(1801, 1000, 5), undefined, 'too old');
  recent.clear();
  assert.equal(recent.median(800, 1000, 0), undefined);
});

test('recent latencies: a burst of answers is one sample', () => {
  const recent = new RecentLatencies();
  for (let index = 0; index < 6; index++) recent.record(2, index * 50);
  for (let index = 0; index < 100; index++) recent.record(1000, 300 + index / 10);
  assert.equal(recent.median(310, 1000, 1), 2);
});

test('rolling counts: what is older than the window is gone, bucket by bucket', () => {
  const counts = new RollingCounts(1000);
  counts.record(true, 0);
  counts.record(false, 500);
  counts.record(false, 950);
  assert.deepEqual([counts.volume(999), counts.failureRate(999)], [3, 1 / 3]);
  assert.deepEqual([counts.volume(1000), counts.failureRate(1000)], [2, 0]);
  assert.equal(counts.volume(1899), 1);
  assert.equal(counts.volume(1_000_000), 0);
  assert.equal(counts.failureRate(1_000_000), 0);
});

test('rolling counts: many turns of the ring leave no remainder', () => {
  const counts = new RollingCounts(1000);
  for (let now = 0; now < 50_000; now += 37) counts.record(now % 2 === 0, now);
  const volume = counts.volume(50_000);
  assert.ok(volume >= 24 && volume <= 28, String(volume));
  assert.equal(counts.volume(60_000), 0);
});

const policy = { ...defaultPolicy.retry, ratio: 0.2, minPerSecond: 2, maxSaved: 5 };
const spend = (budget: RetryBudget, now: number): number => {
  let spent = 0;
  while (budget.withdraw(now)) spent++;
  return spent;
};

test('retry budget: five calls earn one retry', () => {
  const budget = new RetryBudget({ ...policy, minPerSecond: 0 }, 0);
  assert.equal(budget.withdraw(0), false);
  for (let index = 0; index < 5; index++) budget.deposit();
  assert.equal(spend(budget, 0), 1);
});

test('retry budget: savings are bounded', () => {
  const budget = new RetryBudget(policy, 0);
  for (let index = 0; index < 1000; index++) budget.deposit();
  assert.equal(spend(budget, 0), 5);
});

test('retry budget: a few each second are free, but an idle hour saves up no more than one second', () => {
  const budget = new RetryBudget(policy, 0);
  assert.equal(spend(budget, 0), 2);
  assert.equal(spend(budget, 499), 0);
  assert.equal(spend(budget, 999), 1);
  assert.equal(spend(budget, 3_600_000), 2);
});
