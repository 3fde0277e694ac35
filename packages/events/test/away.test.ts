import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, rootCall } from '@mlab/kernel';
import { postgres } from './buses.ts';
import { listening, outboxDepth, place } from './scene.ts';
import { packer, shop } from './shop.ts';
import { openProcess, openService, settingsOf } from './stage.ts';

test('without NATS a service starts and publishes; requests and new consumers are told why not', async () => {
  await using bus = await postgres.open();
  // Nobody listens on the port of the discard protocol.
  await using facility = await openProcess(bus.adminUrl, settingsOf({ bus: 'nats', natsUrl: 'nats://me:secret@127.0.0.1:9' }));
  await using teller = await openService(facility, bus.adminUrl, { contract: shop, needs: [packer] });
  await place(teller, 1);
  assert.equal(await outboxDepth(teller), 1);
  const bad = teller.opened.checks?.().find(({ name }) => name === 'bus');
  assert.deepEqual([bad?.ok, bad?.required], [false, false]);
  await assert.rejects(teller.events.request(rootCall('test'), packer.queues.pack, { order: 1 }), (error: unknown) => {
    assert.ok(AppError.is(error, 'unavailable'));
    assert.match(error.message, /^NATS at nats:\/\/127\.0\.0\.1:9 /);
    return true;
  });
  await assert.rejects(
    openService(facility, bus.adminUrl, listening()),
    /^Error: listener cannot begin to hear events: NATS at nats:\/\/127\.0\.0\.1:9 cannot be used/,
  );
});
