import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openGroupCommit, type GroupCommit } from '@mlab/group-commit';
import { openHeld } from '#/domain/input-log/held.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

interface Stage {
  readonly clock: VirtualClock;
  readonly group: GroupCommit<string>;
  /** What was begun to be written. */
  readonly batches: (readonly string[])[];
  /** Ends the oldest write under way. */
  readonly finish: (outcome?: Error | ReadonlyMap<string, Error>) => Promise<void>;
}

function stage(options: Partial<{ gatherMs: number; maxItems: number; maxBytes: number }> = {}): Stage {
  const clock = new VirtualClock();
  const batches: (readonly string[])[] = [];
  const underWay: PromiseWithResolvers<ReadonlyMap<string, Error>>[] = [];
  const group = openGroupCommit<string>({
    write: (items) => {
      batches.push([...items]);
      const one = Promise.withResolvers<ReadonlyMap<string, Error>>();
      underWay.push(one);
      return one.promise;
    },
    schedule: clock.schedule,
    gatherMs: 5,
    maxItems: 100,
    maxBytes: 1000,
    ...options,
  });
  return {
    clock,
    group,
    batches,
    finish: async (outcome = new Map()) => {
      if (outcome instanceof Error) underWay.shift()?.reject(outcome);
      else underWay.shift()?.resolve(outcome);
      await settle();
    },
  };
}

const names = (count: number, from = 0): string[] => Array.from({ length: count }, (_, index) => `i${from + index}`);

/** Items that come together, so that more are expected. */
async function warm(stage: Stage): Promise<void> {
  for (const name of names(8)) stage.group.add(name, 1);
  await stage.clock.advance(5);
  await stage.finish();
  stage.batches.length = 0;
}

test('an item that comes alone is written at once', async () => {
  const { clock, group, batches, finish } = stage();
  const batch = group.add('a', 1);
  assert.equal(batch.begun, false, 'what comes in the same moment goes with it');
  await clock.advance(0);
  assert.deepEqual(batches, [['a']]);
  assert.equal(batch.begun, true);
  await finish();
  assert.equal((await batch.done).size, 0);
});

test('while one batch is written the next gathers, and begins when the first has ended', async () => {
  const { clock, group, batches, finish } = stage();
  group.add('a', 1);
  await clock.advance(0);
  group.add('b', 1);
  group.add('c', 1);
  await clock.advance(100);
  assert.deepEqual(batches, [['a']], 'one at a time');
  await finish();
  assert.deepEqual(batches, [['a'], ['b', 'c']]);
});

test('while items come in numbers a batch waits for more, and not longer than it may', async () => {
  const play = stage();
  await warm(play);
  play.group.add('a', 1);
  await play.clock.advance(4);
  play.group.add('b', 1);
  assert.deepEqual(play.batches, []);
  await play.clock.advance(1);
  assert.deepEqual(play.batches, [['a', 'b']]);
});

test('a batch waits no longer when as many have come as last time', async () => {
  const play = stage();
  await warm(play);
  for (const name of names(7)) play.group.add(name, 1);
  await play.clock.advance(1);
  assert.deepEqual(play.batches, []);
  play.group.add('i7', 1);
  assert.deepEqual(play.batches, [names(8)]);
});

test('a batch that was small lets the next begin at once again', async () => {
  const play = stage();
  await warm(play);
  play.group.add('a', 1);
  await play.clock.advance(5);
  await play.finish();
  play.group.add('b', 1);
  await play.clock.advance(0);
  assert.deepEqual(play.batches, [['a'], ['b']]);
});

for (const [what, options, sizes] of [
  ['items', { maxItems: 3 }, [1, 1, 1, 1]],
  ['bytes', { maxBytes: 30 }, [10, 10, 10, 10]],
  ['an item too large for the batch before it', { maxBytes: 30 }, [10, 10, 11, 1]],
] as const) {
  test(`a batch that is full by ${what} does not wait`, async () => {
    const play = stage(options);
    await warm(stage(options));
    for (const name of names(8)) play.group.add(name, 0.1);
    await play.clock.advance(5);
    for (let left = 3; left > 0; left--) await play.finish();
    play.batches.length = 0;
    for (const [index, size] of sizes.entries()) play.group.add(`x${index}`, size);
    await settle();
    const first = what.startsWith('an item') ? ['x0', 'x1'] : ['x0', 'x1', 'x2'];
    assert.deepEqual(play.batches, [first]);
    await play.clock.advance(5);
    await play.finish();
    assert.equal(play.batches.flat().length, 4, 'and the rest follows');
  });
}

test('an item larger than any batch goes alone', async () => {
  const { clock, group, batches } = stage({ maxBytes: 10 });
  group.add('huge', 100);
  await clock.advance(0);
  assert.deepEqual(batches, [['huge']]);
});

test('a batch that fails fails for its own, and the next is written all the same', async () => {
  const { clock, group, batches, finish } = stage();
  const first = group.add('a', 1);
  await clock.advance(0);
  const second = group.add('b', 1);
  await finish(new Error('away'));
  await assert.rejects(first.done, /away/);
  await clock.advance(5);
  const refused = new Map([['b', new Error('not this one')]]);
  await finish(refused);
  assert.equal(await second.done, refused);
  assert.deepEqual(batches, [['a'], ['b']]);
});

test('draining writes all that waits, whatever its time', async () => {
  const play = stage();
  await warm(play);
  play.group.add('a', 1);
  let drained = false;
  void play.group.drain().then(() => (drained = true));
  await settle();
  assert.deepEqual(play.batches, [['a']]);
  play.group.add('b', 1);
  await play.finish();
  assert.equal(drained, false);
  await play.finish();
  assert.deepEqual(play.batches, [['a'], ['b']]);
  assert.equal(drained, true);
});

test('what is held is released once, after its time and before twice its time, unless it is taken', async () => {
  const clock = new VirtualClock();
  const released: [string, number][] = [];
  const held = openHeld<string>(20, clock.schedule, (item) => void released.push([item, clock.now()]));
  held.add('a');
  await clock.advance(15);
  held.add('b');
  held.add('c');
  assert.equal(held.take('c'), true);
  assert.equal(held.take('c'), false);
  await clock.advance(200);
  assert.deepEqual(
    released.map(([name]) => name),
    ['a', 'b'],
  );
  for (const [name, at] of released) {
    const waited = at - (name === 'a' ? 0 : 15);
    assert.ok(waited >= 20 && waited <= 40, `${name} waited ${waited} ms`);
  }
  assert.equal(clock.pending, 0, 'no timer runs while nothing is held');
  held.add('d');
  held.releaseAll();
  assert.equal(released.at(-1)?.[0], 'd');
});
