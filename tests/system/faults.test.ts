import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { processInput } from './ask.ts';
import { answering, silent, startFakeB } from './fake-b.ts';
import { countStatuses, percentile, startLoad } from './load.ts';
import { startProcess } from './platform-process.ts';
import { measureFor, metric, waitUntil } from './wait.ts';

const DEADLINE_MS = 3000;
/** What a machine with two busy cores may add to the slowest of thousands; a call that hangs waits for half a minute. */
const SLACK_MS = 2500;

test('Service B killed under load: only 200 and 503, the breaker opens, and 200 within two seconds of its return', async () => {
  const first = await startProcess({ target: 'predictor' });
  const port = Number(new URL(first.urls['predictor'] ?? '').port);
  const env = { SERVICE_B_URL: `http://127.0.0.1:${port}/predict` };
  await using gateway = await startProcess({ target: 'gateway', env });
  await using other = await startProcess({ target: 'gateway', env });
  const both = [gateway, other].map(({ urls }) => urls['gateway'] ?? '');
  await using load = startLoad(both, 16);
  await waitUntil('traffic flows', 5000, () => load.samples.length > 200);
  await first.kill();
  for (const a of both)
    await waitUntil('the breaker opens', 5000, async () => (await metric(a, 'mlab_upstream_breaker_state', 'instance')) === 2);
  await measureFor(500);
  await using second = await startProcess({ target: 'predictor', ports: { predictor: port } });
  const back = performance.now();
  await waitUntil('answers are 200 again', 2000, () => load.samples.some(({ status, at }) => status === 200 && at > back));
  await measureFor(1000);
  const samples = await load.stop();
  assert.deepEqual(Object.keys(countStatuses(samples)).toSorted(), ['200', '503']);
  assert.ok(percentile(samples, 1) < DEADLINE_MS + SLACK_MS, `the slowest took ${percentile(samples, 1)} ms`);
  const steady = samples.filter(({ at }) => at > back + 2000);
  assert.deepEqual(Object.keys(countStatuses(steady)), steady.length > 0 ? ['200'] : []);
  assert.ok(second.urls['predictor']);
});

for (const [what, ill, targets] of [
  ['slow by two seconds', answering(200, undefined, 2000), ['gateway,predictor']],
  ['answering 500', answering(500, '{"detail":"broken"}'), ['gateway', 'gateway']],
] as const) {
  test(`one of three Service Bs ${what}: the 99th percentile is back within five seconds (${targets.join(' and ')})`, async () => {
    await using one = await startFakeB();
    await using two = await startFakeB();
    await using three = await startFakeB();
    await using stack = new AsyncDisposableStack();
    const a: string[] = [];
    for (const target of targets) {
      const env = { SERVICE_B_URL: [one.url, two.url, three.url].join(',') };
      a.push(stack.use(await startProcess({ target, env })).urls['gateway'] ?? '');
    }
    await using load = startLoad(a, 16);
    await measureFor(2000);
    const healthy = percentile(
      load.samples.filter(({ at }) => at > performance.now() - 1500),
      0.99,
    );
    two.become(ill);
    const fell = performance.now();
    await measureFor(6500);
    const samples = await load.stop();
    const later = samples.filter(({ at }) => at > fell + 5000);
    // Against a floor, because a healthy 99th percentile of a millisecond would make a tick of the scheduler a failure.
    const allowed = 3 * Math.max(healthy, 40);
    assert.ok(percentile(later, 0.99) < allowed, `p99 is ${percentile(later, 0.99)} ms, healthy it was ${healthy} ms`);
    const failed = later.filter(({ status }) => status !== 200).length;
    assert.ok(failed <= later.length * 0.01, `${failed} of ${later.length} failed`);
    // And it is taken back when it is well again.
    two.become(answering());
    const before = two.arrivals();
    await using again = startLoad(a, 4);
    await waitUntil('it gets calls again', 20_000, () => two.arrivals() > before + 20);
    await again.stop();
  });
}

suite('a Service B that accepts and never answers', { concurrency: true }, () => {
  test('503 at the deadline, and no memory grows', async () => {
    await using b = await startFakeB(silent);
    // A breaker that never opens, so that every call really waits for its deadline.
    const env = {
      SERVICE_B_URL: b.url,
      MLAB_GATEWAY_BREAKER_CONSECUTIVE_FAILURES: '1000000',
      MLAB_GATEWAY_BREAKER_MINIMUM_VOLUME: '1000000',
      MLAB_GATEWAY_DEADLINE_MS: '500',
    };
    await using gateway = await startProcess({ target: 'gateway', env });
    const a = gateway.urls['gateway'] ?? '';
    await using load = startLoad(a, 100, { pauseMs: 0 });
    await measureFor(2500);
    const early = await metric(a, 'process_resident_memory_bytes');
    await measureFor(4000);
    const late = await metric(a, 'process_resident_memory_bytes');
    const samples = await load.stop();
    assert.deepEqual(Object.keys(countStatuses(samples)), ['503']);
    assert.match(samples[0]?.body ?? '', /"Service B is unavailable: it did not answer within 500 ms"/);
    assert.ok(percentile(samples, 1) < 500 + SLACK_MS, `the slowest took ${percentile(samples, 1)} ms`);
    assert.ok(percentile(samples, 0) > 450, 'each waited for its deadline');
    assert.ok(percentile(samples, 0.5) < 900, `half of them took ${percentile(samples, 0.5)} ms`);
    assert.ok((late ?? 0) < (early ?? 0) * 1.25 + 20e6, `memory went from ${early} to ${late} bytes`);
    await waitUntil('every call to B was given up', 2000, () => b.abandoned() === b.arrivals());
  });

  test('the default deadline is three seconds', async () => {
    await using b = await startFakeB(silent);
    await using gateway = await startProcess({ target: 'gateway', env: { SERVICE_B_URL: b.url } });
    const began = performance.now();
    const answer = await processInput(gateway.urls['gateway'] ?? '', 'x');
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { detail: 'Service B is unavailable: it did not answer within 3000 ms' });
    const ms = performance.now() - began;
    assert.ok(ms > 2900 && ms < DEADLINE_MS + SLACK_MS, `it took ${ms} ms`);
  });
});

test('two thousand connections at once: shed with 503 and Retry-After, and all is well afterwards', async () => {
  await using b = await startFakeB(answering(200, undefined, 300));
  await using gateway = await startProcess({ target: 'gateway', env: { SERVICE_B_URL: b.url } });
  const a = gateway.urls['gateway'] ?? '';
  await using load = startLoad(a, 2000, { pauseMs: 0 });
  await waitUntil('many are answered', 20_000, () => load.samples.length > 4000);
  const samples = await load.stop();
  const counts = countStatuses(samples);
  assert.deepEqual(Object.keys(counts).toSorted(), ['200', '503'], JSON.stringify(counts));
  assert.ok(((await metric(a, 'mlab_upstream_events_total', 'event="shed"')) ?? 0) > 0, 'shedding is counted');
  assert.ok(gateway.child.exitCode === null, 'it still runs');
  b.become(answering());
  await using after = startLoad(a, 16);
  await waitUntil('it answers as before', 5000, () => after.samples.filter(({ status }) => status === 200).length > 500);
});
