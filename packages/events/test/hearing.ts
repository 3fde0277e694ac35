import assert from 'node:assert/strict';
import type { AnyListener } from '@mlab/kernel';
import { listen, outboxDepth, place, type Order, type Stage } from './scene.ts';
import { listener, packer, shop, unruly } from './shop.ts';
import { openService, until, type ServiceSpec } from './stage.ts';

type On = (name: string, body: (stage: Stage) => Promise<void>) => void;

/** A listener that the compiler lets pass, and that fails when nobody looks any more. */
const failingLater =
  (hear: (event: Order) => void): AnyListener =>
  (event: Order) => {
    hear(event);
    return Promise.reject(new Error('later'));
  };

/** What each instance of a service hears. */
export function hearingTests(on: On): void {
  on('every instance hears what comes from then on, once, whatever a listener does', async ({ bus, open, another }) => {
    const teller = await open({ contract: shop });
    await place(teller, 0);
    await until(
      () => outboxDepth(teller),
      (depth) => depth === 0,
    );
    const heard: Record<string, string[]> = { a1: [], a2: [], b: [], deaf: [] };
    const began = (name: string) =>
      until(
        () => heard[name],
        (lines) => lines?.[0] === 'missed',
      );
    const hearing = (contract: ServiceSpec['contract'], name: string): ServiceSpec => ({
      contract,
      hears: { placed: shop.events.placed, again: shop.events.placed },
      listeners: {
        missed: () => void heard[name]?.push('missed'),
        placed: listen(({ data, source, key }) => {
          heard[name]?.push(`${data.order} ${source} ${key}`);
          (data as { order: number }).order = 0;
          if (name === 'a1') throw new Error('deaf');
        }),
        again: failingLater(({ data }) => void heard[name]?.push(`again ${data.order}`)),
      },
    });
    await open(hearing(listener, 'a1'));
    await open(hearing({ ...packer, queues: {} }, 'b'));
    const elsewhere = await another();
    await using _a2 = await openService(elsewhere, bus.adminUrl, hearing(listener, 'a2'));
    const ended = await openService(elsewhere, bus.adminUrl, hearing(listener, 'deaf'));
    await Promise.all(['a1', 'a2', 'b', 'deaf'].map(began));
    await ended[Symbol.asyncDispose]();
    const wrong = await open({ contract: unruly });
    await wrong.commit((tx) => wrong.events.publish(tx, unruly.events.placed, { order: 'seven' }, { key: 'k' }));
    await until(
      () => outboxDepth(wrong),
      (depth) => depth === 0,
    );
    const told = performance.now();
    for (const order of [1, 2]) await place(teller, order, { key: 'k' });
    const expected = ['missed', '1 /services/shop k', 'again 1', '2 /services/shop k', 'again 2'];
    for (const name of ['a1', 'a2', 'b'])
      await until(
        () => heard[name],
        (lines) => lines?.length === expected.length,
      );
    // Who is not woken looks every two seconds.
    assert.ok(performance.now() - told < 1500, `heard at once, and not after ${performance.now() - told} ms`);
    assert.deepEqual(heard, { a1: expected, a2: expected, b: expected, deaf: ['missed'] });
    assert.deepEqual(await bus.query('SELECT FROM listener.event_inbox'), [], 'nothing is kept for who hears');
    await assert.rejects(
      open({ contract: listener, hears: { placed: shop.events.placed }, listeners: { missed: () => {} } }),
      /^Error: listener has nobody who hears placed\.$/,
    );
  });

  on('who hears is told that something may have been missed after the bus was away', async ({ bus, open }) => {
    if (bus.outage === undefined) return;
    const teller = await open({ contract: shop });
    const heard: (number | 'missed')[] = [];
    await open({
      contract: listener,
      hears: { placed: shop.events.placed },
      listeners: { missed: () => void heard.push('missed'), placed: listen(({ data }) => void heard.push(data.order)) },
    });
    const so = (...expected: typeof heard) =>
      until(
        () => heard,
        (lines) => lines.length === expected.length,
      ).then(() => assert.deepEqual(heard, expected));
    await so('missed');
    await place(teller, 1);
    await so('missed', 1);
    await bus.outage(200);
    await until(
      () => heard,
      (lines) => lines.at(-1) === 'missed',
    );
    const breaks = heard.length;
    await until(
      () =>
        place(teller, 2).then(
          () => true,
          () => false,
        ),
      (done) => done,
    );
    await until(
      () => heard,
      (lines) => lines.includes(2),
    );
    assert.ok(breaks > 2 && heard.at(-1) === 2);
  });
}
