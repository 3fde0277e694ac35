import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from '../comparison.ts';
import type { Contest, Round, Sample } from '../rounds.ts';

const contender = { name: '', url: '', pids: {} };
const contest: Contest = { name: 'forwarded', body: '', bare: contender, ours: contender };
const sample = (perSecond: number, p99 = 1, cpu = 1): Sample => ({ requests: 1, failures: 0, p50: 1, perSecond, p99, cpu: { A: cpu } });
const round = (bare: Sample, ours: Sample): Round => ({ bare, ours });

test('the ratio is taken within each round, so that a slow minute hurts both sides alike', () => {
  const rounds = [round(sample(1000), sample(800)), round(sample(100), sample(80)), round(sample(1000), sample(900))];
  const [throughput] = compare(contest, rounds, { perSecond: 0.7 }).verdicts;
  assert.deepEqual(throughput?.ratio, { median: 0.8, min: 0.8, max: 0.9 });
});

test('a budget is met by the median of the rounds, not by the best', () => {
  const rounds = [round(sample(100, 1), sample(60, 2)), round(sample(100, 1), sample(65, 4)), round(sample(100, 1), sample(99, 5))];
  const { verdicts } = compare(contest, rounds, { perSecond: 0.7, p99: 3 });
  assert.deepEqual(
    verdicts.map(({ what, met }) => [what, met]),
    [
      ['requests/s', false],
      ['p99', false],
    ],
  );
});

test('of an even number of rounds the median lies between the two in the middle', () => {
  const rounds = [1, 2, 3, 10].map((perSecond) => round(sample(perSecond, 1, 2), sample(perSecond, 1, 3)));
  const { ours, cpu } = compare(contest, rounds, { perSecond: 0.7 });
  assert.equal(ours.perSecond, 2.5);
  assert.equal(cpu['A']?.median, 1.5);
});

test('where the system tells no CPU time, the comparison does without', () => {
  const silent = { ...sample(1), cpu: {} };
  assert.deepEqual(compare(contest, [round(silent, silent)], { perSecond: 0.7 }).cpu, {});
});
