import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { CallFailure } from '#/domain/call-failure.ts';
import type { FailureKind } from '#/domain/call-failure.ts';
import { testUpstream } from './test-upstream.ts';

const KINDS: FailureKind[] = ['refused', 'reset', 'timeout', 'status', 'bad_answer', 'client_error', 'cancelled'];
const CODES = new Set(['unavailable', 'bad_gateway', 'cancelled', 'deadline', 'internal']);
const RUNS = 800;
/** ms. The coarseness of the deadline wheel, and a timer's rounding. */
const LATE = 21;

/** One run: anything may happen at any moment, and what must never happen is looked for after each step. */
async function run(seed: number): Promise<void> {
  const policy = {
    deadlineMs: 50 + (seed % 7) * 100,
    admission: { maxInFlight: 1 + (seed % 5), maxQueue: seed % 4, maxWaitMs: 20 + (seed % 3) * 100 },
    breaker: { consecutiveFailures: 1 + (seed % 3), halfOpenProbes: 1 + (seed % 3), openMs: 50 },
    outliers: { intervalMs: 10, minimumSamples: 1, minimumVolume: 2, latencyFloorMs: 20, stalledCalls: 1, ejectionMs: 100 },
  };
  const up = testUpstream(['0', '1', '2'].slice(0, seed % 4), policy, seed);
  const { clock, upstream, random } = up;
  const problems: string[] = [];
  const attempts = new Map<AbortSignal, boolean>();
  let settled = 0;
  let begun = 0;

  const attempt = async (_instance: unknown, signal: AbortSignal, remaining: number): Promise<number> => {
    if (remaining <= 0 || remaining > policy.deadlineMs) problems.push(`remaining ${remaining}`);
    attempts.set(signal, false);
    const draw = random();
    if (draw < 0.05) {
      attempts.set(signal, true);
      throw new TypeError('a bug');
    }
    if (draw < 0.15) return new Promise(() => {});
    if (draw < 0.6) await clock.sleep(random() * policy.deadlineMs * 1.5);
    attempts.set(signal, true);
    if (random() < 0.5) throw new CallFailure(KINDS[Math.floor(random() * KINDS.length)]!, { notSent: random() < 0.5, status: 500 });
    return 1;
  };

  const call = (): void => {
    begun++;
    const controller = new AbortController();
    const start = clock.now();
    const own = random() < 0.3 ? start + random() * 300 - 10 : undefined;
    const until = Math.max(start, Math.min(own ?? Number.POSITIVE_INFINITY, start + policy.deadlineMs));
    let ends = 0;
    const end = (error?: unknown): void => {
      settled++;
      if (++ends > 1) problems.push('settled twice');
      if (clock.now() > until + LATE) problems.push(`settled ${clock.now() - until} ms late`);
      if (error !== undefined && !(AppError.is(error) && CODES.has(error.code))) problems.push(`rejected with ${JSON.stringify(error)}`);
      if (AppError.is(error, 'unavailable') && !Number.isInteger(error.retryAfter)) problems.push('unavailable without retryAfter');
    };
    upstream.call(attempt, { signal: controller.signal, deadline: own, safe: random() < 0.5 }).then(() => end(), end);
    if (random() < 0.2) clock.schedule(random() * 200, () => controller.abort());
  };

  const look = (): void => {
    const { inFlight, queued, instances } = upstream.snapshot();
    if (inFlight < 0 || inFlight > policy.admission.maxInFlight) problems.push(`${inFlight} in flight`);
    if (queued < 0 || queued > policy.admission.maxQueue) problems.push(`${queued} queued`);
    let sum = 0;
    for (const one of instances) {
      sum += one.inFlight;
      if (one.inFlight < 0 || one.probes < 0 || one.probes > policy.breaker.halfOpenProbes) problems.push(`${one.probes} probes`);
    }
    if (sum > inFlight) problems.push(`${sum} attempts for ${inFlight} calls`);
    const out = instances.filter((instance) => instance.ejected).length;
    if (out > Math.floor(instances.length / 2)) problems.push(`${out} of ${instances.length} are ejected`);
  };

  for (let step = 0; step < 40; step++) {
    const draw = random();
    if (draw < 0.6) call();
    else if (draw < 0.68) upstream.setInstances(['0', '1', '2', '3'].filter(() => random() < 0.6).map((id) => ({ id })));
    else await clock.advance(random() * 60);
    look();
  }
  if (random() < 0.3) upstream[Symbol.dispose]();
  await clock.advance(3000);
  look();
  const { inFlight, queued, instances } = upstream.snapshot();
  assert.deepEqual(problems, [], `seed ${seed}`);
  assert.equal(settled, begun, `seed ${seed}: every call settles`);
  assert.deepEqual([inFlight, queued, ...instances.map((one) => one.inFlight)], [0, 0, ...instances.map(() => 0)], `seed ${seed}`);
  assert.equal(clock.pending, 0, `seed ${seed}: no timer is left`);
  for (const [signal, finished] of attempts) assert.ok(finished || signal.aborted, `seed ${seed}: every attempt ends or is told to`);
}

for (let part = 0; part < 10; part++) {
  test(`anything may happen at any time: runs ${(part * RUNS) / 10} to ${((part + 1) * RUNS) / 10 - 1}`, async () => {
    for (let seed = (part * RUNS) / 10; seed < ((part + 1) * RUNS) / 10; seed++) await run(seed);
  });
}
