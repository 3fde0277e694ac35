import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, rootCall } from '@mlab/kernel';
import type { BusKind } from './buses.ts';
import { startChild } from './processes.ts';
import { handler, listening, noting, numbers, openStage, outboxDepth, place, type Stage } from './scene.ts';
import { packer, shop } from './shop.ts';
import { note, openService, until } from './stage.ts';

/** How long the bus is away, in ms. Ten seconds show no more, and cost the suite more than all the rest. */
const OUTAGE_MS = Number(process.env['MLAB_TEST_OUTAGE_MS'] ?? 3000);

/** What must hold while processes and servers end at the worst moment. */
export function faultSuite(kind: BusKind): void {
  const on = (name: string, body: (stage: Stage) => Promise<void>): void =>
    void test(`${kind.name}: ${name}`, async () => {
      await using stage = await openStage(kind);
      await body(stage);
    });

  on('a consumer that is killed in the middle of a message leaves it to another, and nothing of its work', async ({ bus, open }) => {
    await using child = startChild('listener', bus);
    await child.said('ready');
    const teller = await open({ contract: shop });
    await place(teller, 1, { key: 'k', note: 'hang' });
    await place(teller, 2, { key: 'k' });
    await child.said('began 1');
    await child.kill();
    const attempts: number[] = [];
    const hearer = await open(
      listening({
        placed: handler(async ({ data }, { tx, attempt }) => {
          attempts.push(attempt);
          await note(tx, 'placed', String(data.order));
        }),
      }),
    );
    await until(
      () => numbers(hearer),
      (all) => all.length === 2,
    );
    assert.deepEqual(await numbers(hearer), [1, 2]);
    assert.deepEqual(attempts, [2, 1]);
  });

  on('a message that kills its process each time is a dead letter in the end, and the others are handled', async ({ bus, open }) => {
    const teller = await open({ contract: shop });
    let lives = 0;
    await using first = startChild('listener', bus);
    await first.said('ready');
    for (let order = 0; order < 12; order++) await place(teller, order, { key: `k${order}`, ...(order === 3 ? { note: 'kill' } : {}) });
    await first.ended;
    const rows = () =>
      bus.query(`SELECT state, attempts FROM listener.event_inbox WHERE state = 'dead' OR available_at < now() + interval '1 day'`);
    for (lives = 1; lives < 10; lives++) {
      await using child = startChild('listener', bus);
      const over = child.ended.then(() => 'ended');
      const settled = until(rows, (left) => left.length === 1 && left[0]?.['state'] === 'dead').then(() => 'settled');
      settled.catch(() => {});
      if ((await Promise.race([over, settled])) === 'settled') break;
    }
    assert.deepEqual(await bus.query(`SELECT state, attempts, crashes FROM listener.event_inbox`), [
      { state: 'dead', attempts: 3, crashes: 3 },
    ]);
    const handled = await bus.query('SELECT note::int AS n FROM listener.note ORDER BY 1');
    assert.deepEqual(
      handled.map(({ n }) => n),
      [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11],
    );
    assert.equal(lives, 3, 'it took three lives');
  });

  on('a database that has lost its last commits is believed, whatever was read before', async ({ bus, open }) => {
    const hearer = await open(listening());
    const teller = await open({ contract: shop });
    const settled = (wanted: readonly number[]) =>
      until(
        () => numbers(hearer),
        (all) => all.length === wanted.length,
      );
    await place(teller, 1, { key: 'k' });
    await settled([1]);
    const [before] = await bus.query('SELECT max(position)::text AS position FROM listener.event_consumer');
    for (const order of [2, 3]) await place(teller, order, { key: 'k' });
    await settled([1, 2, 3]);
    // As a server comes back that was killed before its last commits were on the disk; the intake has heard nothing of it.
    await bus.query(`BEGIN;
      UPDATE listener.event_consumer SET position = ${String(before?.['position'])};
      DELETE FROM listener.event_seen;
      DELETE FROM listener.note; COMMIT`);
    await place(teller, 4, { key: 'k' });
    await settled([2, 3, 4]);
    assert.deepEqual(await numbers(hearer), [2, 3, 4]);
  });

  on('a relay that is killed between appending and deleting appends again, and nobody hears it twice', async ({ bus, open }) => {
    const hearer = await open(listening());
    const child = startChild('shop', bus);
    await child.said('ready');
    // The commit of the relay's transaction, which deletes, takes long; by then the entries are on the bus.
    await bus.query(`
      CREATE FUNCTION shop.linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(60); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER linger AFTER DELETE ON shop.event_outbox DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION shop.linger()`);
    await bus.query(`INSERT INTO shop.event_outbox (id, channel, key, envelope, bytes) VALUES ('e1', 'shop.order-placed@1', 'k',
      '{"specversion":"1.0","id":"e1","source":"/services/shop","type":"shop.order-placed@1","partitionkey":"k","data":{"order":1}}', 100)`);
    await until(
      () => numbers(hearer),
      (all) => all.length === 1,
    );
    await child.kill();
    await bus.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'`);
    await until(
      () => bus.query(`SELECT FROM pg_stat_activity WHERE query = 'COMMIT' AND state = 'active'`),
      (rows) => rows.length === 0,
    );
    assert.deepEqual(await bus.query(`SELECT id FROM shop.event_outbox`), [{ id: 'e1' }], 'it is still in the outbox');
    await bus.query('DROP TRIGGER linger ON shop.event_outbox');
    const teller = await open({ contract: shop });
    await place(teller, 2, { key: 'k' });
    await until(
      () => numbers(hearer),
      (all) => all.length > 1,
    );
    assert.deepEqual(await numbers(hearer), [1, 2]);
    if (kind.name === 'postgres')
      assert.deepEqual(await bus.query(`SELECT count(*)::int AS n FROM mlab_events.message WHERE id = 'e1'`), [{ n: 2 }], 'it came twice');
  });

  on(`nothing is lost, doubled or out of order when the bus is away for ${OUTAGE_MS / 1000} s`, async ({ bus, open }) => {
    if (bus.outage === undefined) return;
    const hearer = await open(listening());
    const teller = await open({ contract: shop, needs: [packer] });
    const packing = await open({ contract: packer, workers: { pack: async () => ({ parcel: 'p' }) } });
    void packing;
    let next = 0;
    const told: number[] = [];
    const perhaps = new Set<number>();
    const tell = async (): Promise<void> => {
      const order = next++;
      // With the bus in PostgreSQL, the publisher's own database is away too: then its transaction fails, and nothing was told.
      await place(teller, order, { key: 'k' }).then(
        () => told.push(order),
        (error: unknown) => {
          if (!AppError.is(error)) throw error;
          if (error.message.includes('did not confirm')) perhaps.add(order);
        },
      );
    };
    await tell();
    await until(
      () => numbers(hearer),
      (all) => all.length === 1,
    );
    const state = { back: false };
    const outage = bus.outage(OUTAGE_MS).then(() => (state.back = true));
    let refused = false;
    while (!state.back) {
      await tell();
      await teller.events.request(rootCall('test', 300), packer.queues.pack, { order: 1 }).catch((error: unknown) => {
        refused ||= AppError.is(error, 'unavailable') || AppError.is(error, 'deadline');
      });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await outage;
    assert.ok(refused, 'a request says that the bus is away');
    await until(
      async () => (await tell(), told.length),
      (count) => count > 3,
    );
    const last = told.at(-1) as number;
    await until(
      () => numbers(hearer),
      (all) => all.includes(last),
    );
    assert.deepEqual(
      (await numbers(hearer)).filter((order) => !perhaps.has(order)),
      told,
    );
    assert.equal(await outboxDepth(teller), 0);
    assert.deepEqual(await teller.events.request(rootCall('test', 10_000), packer.queues.pack, { order: 1 }), { parcel: 'p' });
  });

  on('a requester that is killed gets no answer, and the worker does not mind', async ({ bus, open }) => {
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const packing = await open({
      contract: packer,
      workers: {
        pack: handler(async ({ data }, { tx }) => {
          began.resolve();
          await goOn.promise;
          await note(tx, 'pack', String(data.order));
          return { parcel: 'p' };
        }),
      },
    });
    await using child = startChild('requester', bus);
    await began.promise;
    await child.kill();
    goOn.resolve();
    await until(
      () => numbers(packing),
      (all) => all.length === 1,
    );
    await until(
      () => outboxDepth(packing),
      (depth) => depth === 0,
    );
    const asker = await open({ contract: shop, needs: [packer] });
    assert.deepEqual(await asker.events.request(rootCall('test', 10_000), packer.queues.pack, { order: 2 }), { parcel: 'p' });
  });

  on('when the instance that reads the bus is killed, another takes over', async ({ bus, another, open }) => {
    await using child = startChild('listener', bus);
    await child.said('ready');
    const teller = await open({ contract: shop });
    await place(teller, 1, { key: 'k' });
    await child.said('done 1');
    await using second = await openService(await another(), bus.adminUrl, listening({ placed: noting('second') }));
    const killed = child.kill();
    for (let order = 2; order < 30; order++) await place(teller, order, { key: 'k' });
    await killed;
    await until(
      () => numbers(second),
      (all) => all.length === 29,
    );
    assert.deepEqual(
      await numbers(second),
      Array.from({ length: 29 }, (_, order) => order + 1),
    );
  });
}
