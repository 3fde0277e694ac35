import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import type { ErrorCode } from '@mlab/kernel';
import { getEventListeners } from 'node:events';
import { CallFailure } from '#/domain/call-failure.ts';
import type { Instance } from '#/domain/upstream.ts';
import type { UpstreamEvent } from '#/domain/upstream-event.ts';
import { ending, testUpstream } from './test-upstream.ts';
import type { Ending, TestUpstream } from './test-upstream.ts';
import { settle } from './virtual-clock.ts';

const never = (): Promise<never> => new Promise(() => {});
const refuse = (): Promise<never> => Promise.reject(new CallFailure('refused'));
const fail = (kind: CallFailure['kind'], status?: number): Promise<never> =>
  Promise.reject(new CallFailure(kind, status === undefined ? {} : { status }));
const unsafe = { safe: false };
const safe = { safe: true };

function assertFailed(end: Ending, code: ErrorCode, message: string): AppError {
  assert.ok('error' in end && AppError.is(end.error), `not an AppError: ${JSON.stringify(end)}`);
  assert.deepEqual([end.error.code, end.error.message], [code, message]);
  return end.error;
}

/** Nothing is under way, and no timer will ever fire again. */
async function assertIdle({ clock, upstream }: TestUpstream): Promise<void> {
  await clock.advance(25);
  const { inFlight, queued, instances } = upstream.snapshot();
  assert.deepEqual([inFlight, queued, instances.map((instance) => instance.inFlight)], [0, 0, instances.map(() => 0)]);
  assert.equal(clock.pending, 0);
}

async function breakOpen({ upstream }: TestUpstream): Promise<void> {
  for (let index = 0; index < 5; index++) await ending(upstream.call(() => fail('status', 500), unsafe));
}

const types = (events: readonly UpstreamEvent[]): string[] =>
  events.map((event) => (event.type === 'breaker' ? `${event.from}>${event.to}` : event.type));

test('a call: gives the instance, a signal and the remaining time, and returns the answer', async () => {
  const up = testUpstream(['b']);
  const value = await up.upstream.call(async (instance, signal, remaining) => [instance.id, signal.aborted, remaining], unsafe);
  assert.deepEqual(value, ['b', false, 3000]);
  await assertIdle(up);
});

test('a call: ends at the deadline although the attempt ignores its signal, and swallows what comes later', async () => {
  const up = testUpstream(['b']);
  const { promise, reject } = Promise.withResolvers<never>();
  let aborted = false;
  const end = ending(
    up.upstream.call((_instance, signal) => {
      signal.addEventListener('abort', () => (aborted = true));
      return promise;
    }, safe),
  );
  await up.clock.advance(2999);
  assert.equal(up.upstream.snapshot().inFlight, 1);
  await up.clock.advance(15);
  const error = assertFailed(await end, 'unavailable', 'Service B is unavailable: it did not answer within 3000 ms');
  assert.equal(error.retryAfter, 1);
  assert.equal(aborted, true);
  reject(new Error('late'));
  await settle();
  await assertIdle(up);
});

test("a call: the caller's own deadline shortens it and cannot lengthen it", async () => {
  const up = testUpstream(['b']);
  const short = ending(up.upstream.call(never, { safe: true, deadline: 100 }));
  const long = ending(up.upstream.call(never, { safe: true, deadline: 60_000 }));
  await up.clock.advance(115);
  assertFailed(await short, 'unavailable', 'Service B is unavailable: it did not answer within 100 ms');
  await up.clock.advance(2900);
  assertFailed(await long, 'unavailable', 'Service B is unavailable: it did not answer within 3000 ms');
  assertFailed(
    await ending(up.upstream.call(never, { safe: true, deadline: 10 })),
    'deadline',
    'There was no time left to call Service B.',
  );
  await assertIdle(up);
});

test('a call: impatient callers do not open the breaker, patient ones do', async () => {
  const up = testUpstream(['b']);
  const noticedByTransport = (): Promise<never> => up.clock.sleep(99).then(() => fail('timeout'));
  for (const attempt of [never, noticedByTransport]) {
    for (let index = 0; index < 10; index++) void ending(up.upstream.call(attempt, { safe: true, deadline: up.clock.now() + 100 }));
  }
  await up.clock.advance(200);
  assert.equal(up.upstream.snapshot().instances[0]?.breaker, 'closed');
  for (let index = 0; index < 5; index++) void ending(up.upstream.call(never, safe));
  await up.clock.advance(3100);
  assert.equal(up.upstream.snapshot().instances[0]?.breaker, 'open');
});

test('a call: a caller that goes away ends it at once and counts neither way', async () => {
  const up = testUpstream(['b']);
  for (let index = 0; index < 10; index++) {
    const controller = new AbortController();
    let signal: AbortSignal | undefined;
    const end = ending(up.upstream.call((_instance, own) => ((signal = own), never()), { safe: true, signal: controller.signal }));
    controller.abort(new Error('gone'));
    assert.equal(signal?.aborted, true);
    assert.equal(up.upstream.snapshot().inFlight, 0);
    assertFailed(await end, 'cancelled', 'The call to Service B was cancelled.');
  }
  assert.deepEqual([up.upstream.snapshot().instances[0]?.breaker, up.upstream.snapshot().instances[0]?.failureRate], ['closed', 0]);
  await assertIdle(up);
});

test('a call: leaves nothing behind on the signal of its caller', async () => {
  const up = testUpstream(['b'], { admission: { maxInFlight: 1, maxQueue: 1, maxWaitMs: 10 } });
  const { signal } = new AbortController();
  const options = { safe: false, signal };
  await up.upstream.call(async () => 1, options);
  await ending(up.upstream.call(() => fail('status', 500), options));
  const calls = Array.from({ length: 3 }, () => ending(up.upstream.call(never, options)));
  await up.clock.advance(3100);
  await Promise.all(calls);
  assert.deepEqual(getEventListeners(signal, 'abort'), []);
});

test('a call: when the transport is the first to run out of time, the sentence is the same', async () => {
  const up = testUpstream(['b']);
  await up.clock.advance(7);
  const end = ending(up.upstream.call(() => up.clock.sleep(3000).then(() => fail('timeout')), safe));
  await up.clock.advance(3000);
  assertFailed(await end, 'unavailable', 'Service B is unavailable: it did not answer within 3000 ms');
});

test('a call: a caller that is gone already asks nobody', async () => {
  const up = testUpstream(['b']);
  const end = ending(up.upstream.call(() => assert.fail('asked'), { safe: true, signal: AbortSignal.abort() }));
  assertFailed(await end, 'cancelled', 'The call to Service B was cancelled.');
  await assertIdle(up);
});

test('a call: a bug in the attempt is internal, is not retried, and counts neither way', async () => {
  const up = testUpstream(['a', 'b']);
  for (let index = 0; index < 20; index++) {
    const end = await ending(
      up.upstream.call(() => {
        throw new TypeError('x is not a function');
      }, safe),
    );
    assertFailed(end, 'internal', 'Something went wrong inside this service; its log says more.');
  }
  assert.deepEqual(up.events, []);
  await assertIdle(up);
});

test('a call: without any instance it fails at once', async () => {
  const up = testUpstream([]);
  assertFailed(await ending(up.upstream.call(never, safe)), 'unavailable', 'Service B is unavailable: no instance of it is known');
  assert.deepEqual(up.events, [{ type: 'shed', reason: 'no_instance' }]);
  await assertIdle(up);
});

const rows: [name: string, attempt: () => Promise<never>, options: { safe: boolean }, attempts: number][] = [
  ['refused, safe', () => fail('refused'), safe, 2],
  ['refused, unsafe: it cannot have been processed', () => fail('refused'), unsafe, 2],
  ['reset, safe', () => fail('reset'), safe, 2],
  ['reset, unsafe: it may have been processed', () => fail('reset'), unsafe, 1],
  ['reset before it was sent, unsafe', () => Promise.reject(new CallFailure('reset', { notSent: true })), unsafe, 2],
  ['500, safe', () => fail('status', 500), safe, 2],
  ['500, unsafe', () => fail('status', 500), unsafe, 1],
  ['unreadable, safe', () => fail('bad_answer'), safe, 2],
  ['unreadable, unsafe', () => fail('bad_answer'), unsafe, 1],
  ['422 is final', () => fail('client_error', 422), safe, 1],
  ['429 is final', () => fail('client_error', 429), safe, 1],
  ['a timeout is final', () => fail('timeout'), safe, 1],
  ['a cancelled call is final', () => Promise.reject(new CallFailure('cancelled', { notSent: true })), safe, 1],
];
for (const [name, attempt, options, attempts] of rows) {
  test(`retry: ${name}`, async () => {
    const up = testUpstream(['a', 'b']);
    const asked: string[] = [];
    await ending(up.upstream.call((instance) => (asked.push(instance.id), attempt()), options));
    assert.equal(asked.length, attempts);
    assert.equal(new Set(asked).size, attempts, 'the second attempt goes to the other instance');
    await assertIdle(up);
  });
}

test('retry: the answer of the second attempt is the answer', async () => {
  const up = testUpstream(['a', 'b']);
  const asked: string[] = [];
  const value = await up.upstream.call((instance) => (asked.push(instance.id) === 1 ? refuse() : Promise.resolve(instance.id)), unsafe);
  assert.equal(value, asked[1]);
  assert.deepEqual(up.events, [{ type: 'retry', from: asked[0], to: asked[1], failure: 'refused' }]);
});

test('retry: goes to another instance also when that one has more to do', async () => {
  const up = testUpstream(['a', 'b']);
  for (const _ of ['a', 'b']) await up.upstream.call(async () => up.clock.advance(1), unsafe);
  const busy = Array.from({ length: 9 }, () =>
    ending(up.upstream.call(({ id }) => (id === 'b' ? up.clock.sleep(2000) : fail('client_error')), safe)),
  );
  await up.clock.advance(1000);
  const asked: string[] = [];
  await ending(up.upstream.call((instance) => (asked.push(instance.id), fail('reset')), safe));
  assert.deepEqual(asked, ['a', 'b']);
  await up.clock.advance(3000);
  await Promise.all(busy);
});

test('retry: with one instance the second attempt goes there too', async () => {
  const up = testUpstream(['b']);
  let asked = 0;
  assert.equal(await up.upstream.call(() => (++asked === 1 ? refuse() : Promise.resolve('ok')), unsafe), 'ok');
});

test('retry: is not begun without time for it', async () => {
  const up = testUpstream(['a', 'b']);
  const end = ending(
    up.upstream.call(
      async (_instance, _signal, remaining) => {
        await up.clock.sleep(remaining - 15);
        return fail('reset');
      },
      { safe: true, deadline: 500 },
    ),
  );
  await up.clock.advance(490);
  assertFailed(await end, 'unavailable', 'Service B is unavailable: it closed the connection before it answered');
  assert.deepEqual(types(up.events), ['retry_denied']);
});

test('retry: both attempts share one deadline', async () => {
  const up = testUpstream(['a', 'b']);
  const remaining: number[] = [];
  const end = ending(
    up.upstream.call(async (_instance, _signal, ms) => {
      if (remaining.push(ms) === 2) return never();
      await up.clock.sleep(2000);
      return fail('reset');
    }, safe),
  );
  await up.clock.advance(3015);
  assertFailed(await end, 'unavailable', 'Service B is unavailable: it did not answer within 3000 ms');
  assert.deepEqual(remaining, [3000, 1000]);
  await assertIdle(up);
});

test('retry: when everything fails, the load grows by the budget and not by a factor', async () => {
  // Breakers out of the way: the budget alone has to hold.
  const up = testUpstream(['a', 'b', 'c'], { breaker: { consecutiveFailures: 1e9, minimumVolume: 1e9 } });
  let attempts = 0;
  for (let index = 0; index < 5000; index++) {
    void ending(up.upstream.call(() => (attempts++, fail('reset')), safe));
    await up.clock.advance(2);
  }
  const seconds = up.clock.now() / 1000;
  assert.ok(attempts <= 5000 * 1.2 + 2 * (seconds + 1), String(attempts));
  assert.ok(attempts > 5000 * 1.15, 'and the budget is used');
  assert.ok(up.events.some((event) => event.type === 'retry_denied' && event.reason === 'budget'));
});

const small = { admission: { maxInFlight: 2, maxQueue: 3, maxWaitMs: 200 } };
const crowded = 'Service B is unavailable: too many requests are waiting';

test('admission of calls: waits for a place in order, and is refused at once when the queue is full', async () => {
  const up = testUpstream(['b'], small);
  const served: number[] = [];
  const calls = Array.from({ length: 6 }, (_, index) =>
    ending(
      up.upstream.call(async () => {
        served.push(index);
        await up.clock.sleep(50);
      }, safe),
    ),
  );
  assert.deepEqual([up.upstream.snapshot().inFlight, up.upstream.snapshot().queued], [2, 3]);
  const error = assertFailed(await calls[5]!, 'unavailable', crowded);
  assert.equal(error.retryAfter, 1);
  await up.clock.advance(200);
  assert.deepEqual(served, [0, 1, 2, 3, 4]);
  assert.deepEqual(up.upstream.snapshot().shed, { queue_full: 1, queue_timeout: 0, no_instance: 0 });
  await assertIdle(up);
});

test('admission of calls: who waited too long is refused, and its place in the queue is free again', async () => {
  const up = testUpstream(['b'], small);
  for (let index = 0; index < 2; index++) void ending(up.upstream.call(never, safe));
  const waiting = ending(up.upstream.call(never, safe));
  await up.clock.advance(215);
  assertFailed(await waiting, 'unavailable', crowded);
  assert.equal(up.upstream.snapshot().queued, 0);
  assert.deepEqual(up.events, [{ type: 'shed', reason: 'queue_timeout' }]);
  await up.clock.advance(3000);
  await assertIdle(up);
});

test('admission of calls: who goes away while waiting leaves the queue at once', async () => {
  const up = testUpstream(['b'], small);
  for (let index = 0; index < 2; index++) void ending(up.upstream.call(never, safe));
  const controller = new AbortController();
  const waiting = ending(up.upstream.call(() => assert.fail('asked'), { safe: true, signal: controller.signal }));
  controller.abort();
  assert.equal(up.upstream.snapshot().queued, 0);
  assertFailed(await waiting, 'cancelled', 'The call to Service B was cancelled.');
  await up.clock.advance(3100);
  await assertIdle(up);
});

test('admission of calls: time spent waiting is not given back', async () => {
  const up = testUpstream(['b'], { admission: { maxInFlight: 1, maxQueue: 1, maxWaitMs: 1000 } });
  void up.upstream.call(() => up.clock.sleep(800), safe);
  const second = up.upstream.call(async (_instance, _signal, remaining) => remaining, safe);
  await up.clock.advance(800);
  assert.equal(await second, 2200);
});

test('admission of calls: nobody waits for an instance that would refuse', async () => {
  const up = testUpstream(['b'], { admission: { maxInFlight: 1, maxQueue: 5, maxWaitMs: 1000 } });
  await breakOpen(up);
  await up.clock.advance(1300);
  void ending(up.upstream.call(never, safe));
  assertFailed(await ending(up.upstream.call(never, safe)), 'unavailable', 'Service B is unavailable: the circuit breaker is open');
  await up.clock.advance(3100);
});

test('breaker of calls: opens, refuses at once and says when to come back, and closes when the instance is back', async () => {
  const up = testUpstream(['b'], { breaker: { openMs: 2500, openJitter: 0 } });
  await breakOpen(up);
  const refused = await ending(up.upstream.call(() => assert.fail('asked'), safe));
  assert.equal(assertFailed(refused, 'unavailable', 'Service B is unavailable: the circuit breaker is open').retryAfter, 3);
  await up.clock.advance(2500);
  assert.equal(await up.upstream.call(async () => 1, safe), 1);
  assert.equal(await up.upstream.call(async () => 2, safe), 2);
  assert.deepEqual(types(up.events), ['closed>open', 'shed', 'open>half_open', 'half_open>closed']);
  await assertIdle(up);
});

test('breaker of calls: an instance that answers 4xx is well', async () => {
  const up = testUpstream(['b']);
  for (let index = 0; index < 50; index++) await ending(up.upstream.call(() => fail('client_error', 422), safe));
  assert.deepEqual(up.events, []);
});

test('breaker of calls: one instance that is dead costs its callers nothing', async () => {
  const up = testUpstream(['a', 'b', 'c']);
  for (let index = 0; index < 100; index++) {
    assert.notEqual(await up.upstream.call((instance) => (instance.id === 'a' ? refuse() : Promise.resolve(instance.id)), unsafe), 'a');
    await up.clock.advance(20);
  }
});

const idOf = async (instance: Instance): Promise<string> => instance.id;

test('instances: come and go at any time; those that stay keep their state, calls to those that go may finish', async () => {
  const up = testUpstream(['a']);
  await breakOpen(up);
  up.upstream.setInstances([{ id: 'a' }, { id: 'b' }, { id: 'b' }]);
  assert.deepEqual(
    up.upstream.snapshot().instances.map(({ id, breaker }) => [id, breaker]),
    [
      ['a', 'open'],
      ['b', 'closed'],
    ],
  );
  const slow = up.upstream.call((instance) => up.clock.sleep(100).then(() => instance.id), safe);
  up.upstream.setInstances([{ id: 'c' }]);
  assert.equal(await up.upstream.call(idOf, safe), 'c');
  await up.clock.advance(100);
  assert.equal(await slow, 'b');
  assert.deepEqual(
    up.events.filter((event) => event.type.startsWith('instance')),
    [
      { type: 'instance_added', instance: 'b' },
      { type: 'instance_removed', instance: 'a' },
      { type: 'instance_removed', instance: 'b' },
      { type: 'instance_added', instance: 'c' },
    ],
  );
  await assertIdle(up);
});

test('instances: the new object of a known id is the one that is called', async () => {
  const up = testUpstream(['a']);
  const renewed = { id: 'a' };
  up.upstream.setInstances([renewed]);
  assert.equal(await up.upstream.call(async (instance) => instance, safe), renewed);
  assert.deepEqual(up.events, []);
});

test('instances: nobody hears of the breaker of one that is gone', async () => {
  const up = testUpstream(['a']);
  const calls = Array.from({ length: 9 }, () => ending(up.upstream.call(() => up.clock.sleep(10).then(() => fail('status', 500)), unsafe)));
  up.upstream.setInstances([]);
  await up.clock.advance(10);
  await Promise.all(calls);
  assert.deepEqual(types(up.events), ['instance_removed']);
});

test('the end: disposing ends every call, waiting or under way, and leaves no timer', async () => {
  const up = testUpstream(['b'], { admission: { maxInFlight: 2, maxQueue: 2, maxWaitMs: 1000 } });
  let asked = 0;
  const calls = Array.from({ length: 4 }, () => ending(up.upstream.call(() => (asked++, never()), safe)));
  up.upstream[Symbol.dispose]();
  const late = ending(up.upstream.call(() => assert.fail('asked'), safe));
  for (const end of await Promise.all([...calls, late])) {
    assertFailed(end, 'unavailable', 'Service B is unavailable: the gateway is shutting down');
  }
  assert.equal(asked, 2);
  assert.equal(up.clock.pending, 0);
  await assertIdle(up);
});

test('the end: disposing ends those who wait also when those before them end first', async () => {
  const up = testUpstream(['b'], { admission: { maxInFlight: 1, maxQueue: 2, maxWaitMs: 1000 } });
  let asked = 0;
  const calls = [100, 500, 500].map((deadline) => ending(up.upstream.call(() => (asked++, never()), { safe: true, deadline })));
  up.upstream[Symbol.dispose]();
  for (const end of await Promise.all(calls)) {
    assertFailed(end, 'unavailable', 'Service B is unavailable: the gateway is shutting down');
  }
  assert.equal(asked, 1);
  await assertIdle(up);
});

const chaos = {
  breaker: { consecutiveFailures: 2, openMs: 50 },
  outliers: { intervalMs: 5, minimumSamples: 1, minimumVolume: 2, latencyFloorMs: 20, stalledCalls: 1, ejectionMs: 50 },
};
for (const type of ['any', 'breaker', 'ejected', 'returned', 'retry', 'retry_denied']) {
  for (const harm of ['throws', 'ends the call it hears of'] as const) {
    test(`the end: a listener that ${harm} at ${type} event breaks nothing`, async () => {
      const up = testUpstream(['a', 'b', 'c'], chaos);
      let controller = new AbortController();
      let heard = 0;
      let askedInVain = 0;
      const done: Promise<Ending>[] = [];
      up.events.push = (event) => {
        if (type !== 'any' && type !== event.type) return 0;
        heard++;
        if (harm === 'throws') throw new Error('listener');
        controller.abort();
        return 0;
      };
      for (let index = 0; index < 2000; index++) {
        const own = new AbortController();
        const answer = async (): Promise<number> => {
          if (own.signal.aborted) askedInVain++;
          await up.clock.sleep(up.random() < 0.1 ? 60 : 5);
          controller = own;
          if (up.random() < 0.2) throw new CallFailure('reset', { notSent: up.random() < 0.5 });
          return 1;
        };
        controller = own;
        done.push(ending(up.upstream.call(answer, { safe: true, signal: own.signal })));
        await up.clock.advance(up.random() * 10);
        assert.ok(up.upstream.snapshot().instances.every((instance) => instance.inFlight >= 0));
      }
      // Much sooner than the deadlines: what ended must not be waiting for its own.
      await up.clock.advance(200);
      await Promise.all(done);
      assert.equal(askedInVain, 0, 'nobody is asked for a call that has ended');
      assert.ok(heard > 10, `heard ${heard}`);
      await assertIdle(up);
    });
  }
}
