import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rootCall } from '@mlab/kernel';
import { openTestDatabase } from '@mlab/sql/testing';
import { listener, packer, shop } from './shop.ts';
import { note, openProcess, openService, settingsOf, until } from './stage.ts';

test('smoke', async () => {
  await using db = await openTestDatabase();
  await using facility = await openProcess(db.url, settingsOf({ ...(process.env['BUS'] === 'nats' ? { bus: 'nats' as const, natsUrl: 'nats://127.0.0.1:4333' } : {}) }));
  await using a = await openService(facility, db.url, { contract: shop, needs: [packer] });
  await using b = await openService(facility, db.url, {
    contract: listener,
    consumes: { placed: shop.events.placed },
    consumers: { placed: async ({ data }, { tx }) => note(tx, 'placed', String((data as { order: number }).order)) },
  });
  await using c = await openService(facility, db.url, {
    contract: packer,
    workers: { pack: async ({ data }) => ({ parcel: `p${(data as { order: number }).order}` }) },
  });
  void c;
  await a.commit((tx) => a.events.publish(tx, shop.events.placed, { order: 1 }, { key: 'k' }));
  await until(b.notes, (n) => n.length === 1);
  let t = performance.now();
  assert.deepEqual(await a.events.request(rootCall('t', 5000), packer.queues.pack, { order: 7 }), { parcel: 'p7' });
  console.log('first request ms', performance.now() - t);
  t = performance.now();
  assert.deepEqual(await a.events.request(rootCall('t', 5000), packer.queues.pack, { order: 7 }), { parcel: 'p7' });
  console.log('request ms', performance.now() - t);
  t = performance.now();
});
