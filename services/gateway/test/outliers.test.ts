import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallFailure } from '#/domain/call-failure.ts';
import type { UpstreamEvent } from '#/domain/upstream-event.ts';
import { compare } from '#/domain/outliers.ts';
import { Member } from '#/domain/member.ts';
import { ending, policyWith, testUpstream } from './test-upstream.ts';
import type { TestUpstream } from './test-upstream.ts';

/** What an instance does with a call: how long it takes, and whether it fails. */
type Behaviour = () => { readonly ms: number; readonly fails?: boolean };

/** `rate` calls per second for so many ms, against instances that behave as told. */
async function traffic(up: TestUpstream, behaviours: Record<string, Behaviour>, rate: number, ms: number): Promise<Record<string, number>> {
  const sent: Record<string, number> = {};
  const end = up.clock.now() + ms;
  while (up.clock.now() < end) {
    void ending(
      up.upstream.call(
        async ({ id }) => {
          sent[id] = (sent[id] ?? 0) + 1;
          const { ms: latency, fails } = behaviours[id]!();
          await up.clock.sleep(latency);
          if (fails === true) throw new CallFailure('status', { status: 500 });
        },
        { safe: false },
      ),
    );
    await up.clock.advance(1000 / rate);
  }
  return sent;
}

const ejections = (events: readonly UpstreamEvent[]): (UpstreamEvent & { type: 'ejected' })[] =>
  events.filter((event) => event.type === 'ejected');
const returns = (events: readonly UpstreamEvent[]): UpstreamEvent[] => events.filter((event) => event.type === 'returned');
const fast: Behaviour = () => ({ ms: 20 });
const slow: Behaviour = () => ({ ms: 2000 });

test('outliers: an instance that becomes slow is out before its first slow answer', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 2000);
  assert.deepEqual(up.events, []);
  await traffic(up, { a: slow, b: fast, c: fast }, 1000, 450);
  const [first] = ejections(up.events);
  assert.ok(first !== undefined);
  assert.deepEqual([first.instance, first.reason, first.forMs, first.limit], ['a', 'stalled', 5000, 200]);
  assert.ok(first.observed >= 200);
});

test('outliers: an instance that is always much slower than the others is out by its median', async () => {
  // 150 ms of silence are under the floor of 200, so that only the answers themselves can tell.
  const up = testUpstream(['a', 'b', 'c'], { outliers: { latencyFloorMs: 100 }, admission: { maxInFlight: 9999 } });
  let turn = 0;
  await traffic(up, { a: () => ({ ms: turn++ % 4 === 0 ? 40 : 130 }), b: fast, c: fast }, 300, 60_000);
  assert.ok(ejections(up.events).some((event) => event.instance === 'a'));
  assert.ok(ejections(up.events).every((event) => event.instance === 'a'));
});

test('outliers: when all become slow together, nobody is out', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 100, 2000);
  const all: Behaviour = () => ({ ms: 450 });
  await traffic(up, { a: all, b: all, c: all }, 100, 20_000);
  assert.ok(ejections(up.events).length <= 1, JSON.stringify(up.events));
  const { instances } = up.upstream.snapshot();
  assert.ok(instances.every((instance) => !instance.ejected));
});

test('outliers: slow calls among fast ones eject nobody', async () => {
  for (let seed = 1; seed <= 3; seed++) {
    const up = testUpstream(['a', 'b', 'c'], {}, seed);
    const rarely: Behaviour = () => ({ ms: up.random() < 0.02 ? 1000 : 5 });
    await traffic(up, { a: rarely, b: rarely, c: rarely }, 300, 10_000);
    assert.deepEqual(ejections(up.events), []);
  }
});

test('outliers: silence of all of them is our own', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 2000);
  // Every answer is held back for 300 ms, as when the event loop is blocked; a's a little longer.
  await traffic(up, { a: () => ({ ms: 320 }), b: () => ({ ms: 300 }), c: () => ({ ms: 300 }) }, 1000, 310);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 2000);
  assert.deepEqual(ejections(up.events), []);
});

test('outliers: with few calls at a time it takes longer to prove, and the balancer keeps them away until then', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 20, 5000);
  const sent = await traffic(up, { a: slow, b: fast, c: fast }, 20, 60_000);
  assert.equal(ejections(up.events)[0]?.instance, 'a');
  assert.ok(sent['a']! <= 10, `${sent['a']} of 1200 were slow`);
});

test('outliers: an instance whose errors are fast does not make the others look slow', async () => {
  const up = testUpstream(['a', 'b'], { balancer: { failurePenaltyMs: 5 } });
  let calls = 0;
  await traffic(up, { a: () => (++calls % 5 < 2 ? { ms: 1, fails: true } : { ms: 300 }), b: () => ({ ms: 300 }) }, 100, 5000);
  assert.ok(
    ejections(up.events).every((event) => event.instance === 'a'),
    JSON.stringify(up.events),
  );
});

test('outliers: an instance that errs far more than the others is out, also below the rate that opens its breaker', async () => {
  const up = testUpstream(['a', 'b', 'c'], { balancer: { failurePenaltyMs: 5 } });
  let calls = 0;
  await traffic(up, { a: () => ({ ms: 5, fails: ++calls % 5 < 2 }), b: fast, c: fast }, 200, 10_000);
  const [first] = ejections(up.events);
  assert.ok(first !== undefined);
  assert.deepEqual([first.instance, first.reason], ['a', 'errors']);
  await traffic(up, { a: () => ({ ms: 5, fails: true }), b: fast, c: fast }, 200, 16_000);
  const last = ejections(up.events).at(-1);
  assert.deepEqual([last?.instance, last?.reason], ['a', 'probe_failed']);
});

test('outliers: when all err alike, nobody is out', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  let calls = 0;
  const some: Behaviour = () => ({ ms: 5, fails: ++calls % 5 < 2 });
  await traffic(up, { a: some, b: some, c: some }, 200, 10_000);
  assert.deepEqual(ejections(up.events), []);
});

test('outliers: a good instance returns by single probes; one that stays slow is out for longer each time', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 1000);
  await traffic(up, { a: slow, b: fast, c: fast }, 1000, 30_500);
  const lengths = ejections(up.events).map((event) => event.forMs);
  assert.deepEqual(lengths, [5000, 10_000, 15_000]);
  assert.deepEqual(
    ejections(up.events).map((event) => event.reason),
    ['stalled', 'probe_failed', 'probe_failed'],
  );
  assert.deepEqual(returns(up.events), []);
  const sent = await traffic(up, { a: fast, b: fast, c: fast }, 100, 16_000);
  assert.equal(returns(up.events).length, 1);
  assert.ok(sent['a']! > 20, 'and has traffic again');
});

test('outliers: during an ejection it gets nothing, and while it is probed one call at a time', async () => {
  const up = testUpstream(['a', 'b']);
  await traffic(up, { a: fast, b: fast }, 1000, 1000);
  await traffic(up, { a: slow, b: fast }, 1000, 1000);
  const [out] = ejections(up.events);
  assert.equal(out?.instance, 'a');
  const quiet = await traffic(up, { a: fast, b: fast }, 100, 3900);
  assert.equal(quiet['a'], undefined);
  let under = 0;
  let most = 0;
  let probes = 0;
  const probed: Behaviour = () => {
    probes++;
    most = Math.max(most, ++under);
    void up.clock.sleep(150).then(() => under--);
    return { ms: 150 };
  };
  for (let turn = 0; turn < 2000 && returns(up.events).length === 0; turn++) await traffic(up, { a: probed, b: fast }, 100, 10);
  assert.equal(probes, 3);
  assert.equal(most, 1);
});

for (const [count, percent, most] of [
  [1, 100, 0],
  [2, 50, 1],
  [2, 100, 1],
  [3, 50, 1],
  [5, 50, 2],
  [5, 100, 4],
  [4, 0, 0],
] as const) {
  test(`outliers: of ${count} instances at ${percent} % never more than ${most} are out`, async () => {
    const ids = Array.from({ length: count }, (_, index) => String(index));
    const up = testUpstream(ids, { outliers: { maxEjectedPercent: percent, ejectionMs: 60_000 }, admission: { maxInFlight: 9999 } });
    const behaviours = Object.fromEntries(ids.map((id) => [id, fast]));
    await traffic(up, behaviours, 2000, 1000);
    let out = 0;
    for (const id of ids.slice(0, -1)) {
      behaviours[id] = slow;
      await traffic(up, behaviours, 2000, 1500);
      out = Math.max(out, up.upstream.snapshot().instances.filter((instance) => instance.ejected).length);
      assert.ok(out <= most, `${out} are out`);
    }
    assert.equal(out, most);
  });
}

test('outliers: when those that are left are too few, one comes back at once', async () => {
  const up = testUpstream(['a', 'b']);
  await traffic(up, { a: fast, b: fast }, 1000, 1000);
  await traffic(up, { a: slow, b: fast }, 1000, 500);
  assert.equal(up.upstream.snapshot().instances[0]?.ejected, true);
  up.upstream.setInstances([{ id: 'a' }]);
  assert.equal(up.upstream.snapshot().instances[0]?.ejected, false);
  assert.deepEqual(returns(up.events), [{ type: 'returned', instance: 'a' }]);
});

test('outliers: earlier ejections are forgiven after a long time in good standing', async () => {
  const up = testUpstream(['a', 'b'], { outliers: { forgiveAfterMs: 10_000 } });
  for (const pause of [8000, 20_000, 0]) {
    await traffic(up, { a: fast, b: fast }, 1000, 1000);
    await traffic(up, { a: slow, b: fast }, 1000, 500);
    await traffic(up, { a: fast, b: fast }, 100, pause);
  }
  assert.deepEqual(
    ejections(up.events).map((event) => event.forMs),
    [5000, 10_000, 5000],
  );
});

test('outliers: a pause that only one comparison sees ejects nobody', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 1000);
  for (let index = 0; index < 5; index++) {
    // What is sent to a within 60 ms is answered after 250.
    await traffic(up, { a: () => ({ ms: 250 }), b: fast, c: fast }, 1000, 60);
    await traffic(up, { a: fast, b: fast, c: fast }, 1000, 3013);
  }
  assert.deepEqual(ejections(up.events), []);
});

test('outliers: a probe is found slow while it is silent, not when it is answered', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  await traffic(up, { a: fast, b: fast, c: fast }, 1000, 1000);
  for (let turn = 0; turn < 2000 && ejections(up.events).length === 0; turn++) await traffic(up, { a: slow, b: fast, c: fast }, 1000, 10);
  await traffic(up, { a: slow, b: fast, c: fast }, 1000, 5350);
  assert.deepEqual(
    ejections(up.events).map((event) => event.reason),
    ['stalled', 'probe_failed'],
  );
});

test('outliers: the only one that is left is never out, whatever share is allowed', async () => {
  const up = testUpstream(['a', 'b'], { outliers: { maxEjectedPercent: 100 } });
  await traffic(up, { a: fast, b: fast }, 1000, 1000);
  await traffic(up, { a: slow, b: fast }, 1000, 500);
  assert.equal(up.upstream.snapshot().instances[0]?.ejected, true);
  up.upstream.setInstances([{ id: 'a' }]);
  assert.equal(up.upstream.snapshot().instances[0]?.ejected, false);
});

test('outliers: each is compared with the others and not with itself', () => {
  const policy = policyWith();
  const members = ['a', 'b'].map((id) => new Member({ id }, policy, { random: () => 0, onBreaker: () => {} }));
  for (const [index, member] of members.entries()) {
    for (let now = 0; now < 500; now += 50) member.end(member.begin(now - (index === 0 ? 100 : 1000)), 'success', now);
  }
  compare(members, policy.outliers, 500, { ejected: () => {}, returned: () => {} });
  assert.deepEqual(
    members.map((member) => member.standing.slowMs),
    [3000, 300],
  );
});
