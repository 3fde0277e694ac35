import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeadlineWheel, Timed } from '#/domain/deadline-wheel.ts';
import { seeded, VirtualClock } from './virtual-clock.ts';

class Entry extends Timed {
  expiredAt: number | undefined;
  readonly #onExpire: () => void;

  constructor(onExpire: () => void = () => {}) {
    super();
    this.#onExpire = onExpire;
  }

  override expire(now: number): void {
    assert.equal(this.expiredAt, undefined, 'expires once');
    this.expiredAt = now;
    this.#onExpire();
  }
}

function open(): { clock: VirtualClock; wheel: DeadlineWheel } {
  const clock = new VirtualClock();
  return { clock, wheel: new DeadlineWheel(clock.now, clock.schedule, 10) };
}

for (const ms of [0, 1, 9.5, 10, 11, 250, 3000, 5120, 5121, 60_000]) {
  test(`deadline wheel: an entry of ${ms} ms expires not early and at most a tick late`, async () => {
    const { clock, wheel } = open();
    await clock.advance(7.3);
    const entry = new Entry();
    wheel.add(entry, clock.now() + ms, clock.now());
    await clock.advance(ms + 20);
    const late = entry.expiredAt! - 7.3 - ms;
    assert.ok(late >= 0 && late <= 11, `${late} ms late`);
    await clock.advance(20);
    assert.equal(clock.pending, 0, 'an empty wheel has no timer');
  });
}

test('deadline wheel: a removed entry never expires, also when another one of the same tick removes it', async () => {
  const { clock, wheel } = open();
  const entries: Entry[] = [];
  for (let index = 0; index < 3; index++) {
    entries.push(
      new Entry(() => {
        for (const other of entries) wheel.remove(other);
      }),
    );
  }
  for (const entry of entries) wheel.add(entry, 50, 0);
  await clock.advance(100);
  assert.equal(entries.filter((entry) => entry.expiredAt !== undefined).length, 1);
  assert.equal(wheel.size, 0);
});

test('deadline wheel: an entry that is over already expires at the next tick', async () => {
  const { clock, wheel } = open();
  wheel.add(new Entry(), 10_000, 0);
  await clock.advance(1000);
  const entry = new Entry();
  wheel.add(entry, 900, clock.now());
  await clock.advance(11);
  assert.equal(entry.expiredAt, 1010);
});

test('deadline wheel: an entry can be added again while it expires', async () => {
  const { clock, wheel } = open();
  let times = 0;
  class Again extends Timed {
    override expire(now: number): void {
      if (++times < 3) wheel.add(this, now + 30, now);
    }
  }
  wheel.add(new Again(), 10, 0);
  await clock.advance(1000);
  assert.equal(times, 3);
  assert.equal(clock.pending, 0);
});

test('deadline wheel: a process that stood still for long misses none', async () => {
  const clock = new VirtualClock();
  let now = 0;
  const wheel = new DeadlineWheel(() => now, clock.schedule, 10);
  const entries = Array.from({ length: 100 }, () => new Entry());
  for (const [index, entry] of entries.entries()) wheel.add(entry, index * 100, 0);
  now = 50_000;
  await clock.advance(20);
  assert.ok(entries.every((entry) => entry.expiredAt === 50_000));
});

test('deadline wheel: thousands of entries added and removed at random keep their time', async () => {
  const random = seeded(3);
  const { clock, wheel } = open();
  const alive = new Set<Entry>();
  let expired = 0;
  for (let step = 0; step < 5000; step++) {
    const entry = new Entry(() => {
      alive.delete(entry);
      expired++;
      assert.ok(clock.now() - entry.expiresAt <= 11);
    });
    alive.add(entry);
    wheel.add(entry, clock.now() + random() * 8000, clock.now());
    if (random() < 0.5) {
      const [any] = alive;
      wheel.remove(any!);
      alive.delete(any!);
    }
    if (random() < 0.2) await clock.advance(random() * 20);
    assert.equal(wheel.size, alive.size);
  }
  await clock.advance(9000);
  assert.equal(wheel.size, 0);
  assert.ok(expired > 1000);
  assert.equal(clock.pending, 0);
});
