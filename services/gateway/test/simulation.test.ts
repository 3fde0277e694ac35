import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallFailure } from '#/domain/call-failure.ts';
import { testUpstream } from './test-upstream.ts';
import type { TestUpstream } from './test-upstream.ts';
import { seeded } from './virtual-clock.ts';

/** One call as its caller saw it. */
interface Seen {
  readonly at: number;
  readonly ms: number;
  readonly ok: boolean;
}

type Mode = 'well' | 'slow' | 'erring' | 'half erring' | 'dead' | 'silent';

/** Three instances with a changing mode, and everything that callers saw. */
class World {
  readonly up: TestUpstream;
  readonly modes: Record<string, Mode> = { a: 'well', b: 'well', c: 'well' };
  readonly seen: Seen[] = [];
  readonly sent: { readonly at: number; readonly id: string }[] = [];
  readonly safe: boolean;
  readonly #random: () => number;

  constructor(seed: number, safe: boolean) {
    this.up = testUpstream(Object.keys(this.modes), {}, seed);
    this.safe = safe;
    this.#random = seeded(seed + 1000);
  }

  /** Mean 40 ms, with the tail that services have. */
  #latency(): number {
    return 20 - 20 * Math.log(1 - this.#random());
  }

  async #answer(id: string, signal: AbortSignal): Promise<void> {
    const { clock } = this.up;
    this.sent.push({ at: clock.now(), id });
    const mode = this.modes[id]!;
    if (mode === 'silent') return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    if (mode === 'dead') {
      await clock.sleep(0.2);
      throw new CallFailure('refused');
    }
    await clock.sleep(mode === 'slow' ? 2000 + this.#latency() : this.#latency());
    // Killed while it worked.
    if (this.modes[id] === 'dead') throw new CallFailure('reset');
    if (mode === 'erring' || (mode === 'half erring' && this.#random() < 0.5)) throw new CallFailure('status', { status: 500 });
  }

  async #call(): Promise<boolean> {
    const { clock, upstream } = this.up;
    const at = clock.now();
    const ok = await upstream
      .call(({ id }, signal) => this.#answer(id, signal), { safe: this.safe })
      .then(
        () => true,
        () => false,
      );
    this.seen.push({ at, ms: clock.now() - at, ok });
    return ok;
  }

  /** Callers that come when they come, whether others wait or not: so many per second. */
  async open(rate: number, ms: number): Promise<void> {
    const end = this.up.clock.now() + ms;
    while (this.up.clock.now() < end) {
      void this.#call();
      await this.up.clock.advance((-Math.log(1 - this.#random()) * 1000) / rate);
    }
  }

  /** So many callers that each ask again when they have their answer, as load generators do. */
  async closed(callers: number, ms: number): Promise<void> {
    const { clock } = this.up;
    const end = clock.now() + ms;
    const loop = async (): Promise<void> => {
      while (clock.now() < end) {
        if (!(await this.#call())) await clock.sleep(100);
      }
    };
    for (let index = 0; index < callers; index++) void loop();
    await clock.advance(ms);
  }

  /** p99 of the calls begun in a time, and the share of those that were answered. */
  between(from: number, to: number): { p99: number; answered: number; count: number } {
    const calls = this.seen.filter(({ at }) => at >= from && at < to);
    const sorted = calls.map(({ ms }) => ms).toSorted((x, y) => x - y);
    return {
      p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
      answered: calls.filter(({ ok }) => ok).length / calls.length,
      count: calls.length,
    };
  }

  share(id: string, from: number, to: number): number {
    const sent = this.sent.filter(({ at }) => at >= from && at < to);
    return sent.filter((one) => one.id === id).length / sent.length;
  }
}

const loads: [name: string, seeds: number[], run: (world: World, ms: number) => Promise<void>][] = [
  ['12 callers in a loop', [1], (world, ms) => world.closed(12, ms)],
  ['100 calls per second', [1], (world, ms) => world.open(100, ms)],
];
const faults: Mode[] = ['slow', 'erring', 'half erring', 'dead', 'silent'];

for (const [load, seeds, run] of loads) {
  for (const fault of faults) {
    test(`three instances, one of them in trouble: ${fault}, ${load}: within 5 s p99 is below three times the healthy one, and traffic returns after recovery`, async () => {
      for (const seed of seeds) {
        const world = new World(seed, true);
        const start = (): number => world.up.clock.now();
        await run(world, 3000);
        const healthy = world.between(500, 1500);
        assert.equal(healthy.answered, 1);
        for (const id of ['a', 'b', 'c']) assert.ok(world.share(id, 0, 3000) > 0.25, `${id} has its share`);
        world.modes['a'] = fault;
        const broken = start();
        await run(world, 10_000);
        world.modes['a'] = 'well';
        const repaired = start();
        await run(world, 14_000);
        await world.up.clock.advance(4000);

        const suffering = world.between(broken + 5000, broken + 10_000);
        assert.ok(suffering.p99 < 3 * healthy.p99, `p99 ${suffering.p99} after ${healthy.p99}`);
        assert.ok(suffering.answered > 0.995, `answered ${suffering.answered}`);
        // Slow to return may be only what was ejected again and again.
        const later = world.share('a', repaired + 11_000, repaired + 14_000);
        assert.ok(later > 0.2, `a has ${later} of the traffic`);
        const recovered = world.between(repaired + 11_000, repaired + 13_000);
        assert.equal(recovered.answered, 1);
        assert.ok(recovered.p99 < 2 * healthy.p99);
        assert.equal(world.up.upstream.snapshot().inFlight, 0);
        assert.equal(world.up.clock.pending, 0);
      }
    });
  }
}

test('three instances, one of them in trouble: all at once: one slow, one erring, one dead and back', async () => {
  const world = new World(1, true);
  await world.closed(12, 5000);
  const healthy = world.between(1000, 5000);
  Object.assign(world.modes, { a: 'slow', b: 'erring' });
  await world.closed(12, 15_000);
  const two = world.between(10_000, 20_000);
  assert.ok(two.p99 < 3 * healthy.p99, `p99 ${two.p99} after ${healthy.p99}`);
  world.modes['c'] = 'dead';
  await world.closed(12, 3000);
  Object.assign(world.modes, { a: 'well', b: 'well', c: 'well' });
  const repaired = world.up.clock.now();
  await world.closed(12, 25_000);
  await world.up.clock.advance(4000);
  assert.equal(world.between(repaired + 2000, repaired + 20_000).answered, 1);
  for (const id of ['a', 'b', 'c']) assert.ok(world.share(id, repaired + 20_000, repaired + 25_000) > 0.2, `${id} has its share`);
});

test('one instance: dead for 5 s: every call ends quickly, few reach it, and 2 s after its return all are answered', async () => {
  for (const safe of [true, false]) {
    const world = new World(1, safe);
    world.up.upstream.setInstances([{ id: 'a' }]);
    await world.open(500, 2000);
    world.modes['a'] = 'dead';
    const broken = world.up.clock.now();
    await world.open(500, 5000);
    world.modes['a'] = 'well';
    const repaired = world.up.clock.now();
    await world.open(500, 5000);
    await world.up.clock.advance(4000);
    assert.ok(world.between(broken, repaired).p99 < 130);
    const knocks = world.sent.filter(({ at }) => at >= broken + 100 && at < repaired).length;
    assert.ok(knocks <= 10, `${knocks} calls to a dead instance`);
    assert.equal(world.between(repaired + 1300, repaired + 5000).answered, 1);
  }
});

test('one instance: silent: nobody waits longer than the deadline, and what is under way is bounded', async () => {
  const world = new World(1, false);
  world.up.upstream.setInstances([{ id: 'a' }]);
  world.modes['a'] = 'silent';
  let most = 0;
  for (let index = 0; index < 200; index++) {
    await world.open(2000, 50);
    const { inFlight, queued } = world.up.upstream.snapshot();
    most = Math.max(most, inFlight + queued);
  }
  await world.up.clock.advance(4000);
  assert.ok(most <= 512, String(most));
  assert.ok(world.seen.every(({ ms, ok }) => !ok && ms <= 3011));
  assert.equal(world.up.upstream.snapshot().inFlight, 0);
  assert.equal(world.up.clock.pending, 0);
});

test('one instance: flooded: as many as it can do are answered, the rest is refused soon', async () => {
  const world = new World(1, false);
  world.up.upstream.setInstances([{ id: 'a' }]);
  await world.closed(1000, 1500);
  await world.up.clock.advance(4000);
  const { answered, count } = world.between(500, 1500);
  // 256 places of 40 ms each, for 1 s.
  assert.ok(answered * count > 0.9 * 256 * 25, `${answered * count} of ${count}`);
  assert.ok(world.seen.every(({ ms }) => ms < 500));
  assert.ok(world.up.upstream.snapshot().shed.queue_full > 0);
});
