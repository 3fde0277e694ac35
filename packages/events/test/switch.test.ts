import assert from 'node:assert/strict';
import { test } from 'node:test';
import { natsIfPresent } from './buses.ts';
import { listening, numbers, outboxDepth, place } from './scene.ts';
import { shop } from './shop.ts';
import { openProcess, openService, settingsOf, until } from './stage.ts';

const nats = natsIfPresent;
if (nats !== undefined)
  test('from one bus to the other and back: what waited in outboxes is heard, and nothing twice', async () => {
    await using bus = await nats.open();
    const run = async (kind: 'postgres' | 'nats', orders: readonly number[], expected: number): Promise<readonly number[]> => {
      await using facility = await openProcess(bus.adminUrl, settingsOf({ ...bus.settings, bus: kind }));
      // The teller comes first: what it tells is on the new bus before anybody hears there.
      await using teller = await openService(facility, bus.adminUrl, { contract: shop });
      for (const order of orders) await place(teller, order, { key: 'k' });
      await until(
        () => outboxDepth(teller),
        (depth) => depth === 0,
      );
      await using hearer = await openService(facility, bus.adminUrl, listening());
      return await until(
        () => numbers(hearer),
        (all) => all.length >= expected,
      );
    };
    {
      await using facility = await openProcess(bus.adminUrl, settingsOf({ ...bus.settings, bus: 'postgres' }));
      await using hearer = await openService(facility, bus.adminUrl, listening());
      void hearer;
    }
    assert.deepEqual(await run('postgres', [1, 2], 2), [1, 2]);
    assert.deepEqual(await run('nats', [3, 4], 4), [1, 2, 3, 4]);
    assert.deepEqual(await run('postgres', [5], 5), [1, 2, 3, 4, 5]);
    assert.deepEqual(await run('nats', [6], 6), [1, 2, 3, 4, 5, 6]);
  });
