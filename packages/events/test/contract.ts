import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, rootCall } from '@mlab/kernel';
import type { EventsSettings } from '@mlab/events';
import type { BusKind } from './buses.ts';
import { handler, listening, noting, numbers, openStage, outboxDepth, place, type Order, type Stage } from './scene.ts';
import { hearingTests } from './hearing.ts';
import { listener, packer, shop, unruly } from './shop.ts';
import { note, openService, until, type ServiceSpec } from './stage.ts';

/** What both buses must do alike. */
export function contractSuite(kind: BusKind): void {
  const on = (name: string, body: (stage: Stage) => Promise<void>, changes: Partial<EventsSettings> = {}): void =>
    void test(`${kind.name}: ${name}`, async () => {
      await using stage = await openStage(kind, changes);
      await body(stage);
    });

  on('an event reaches each of its consumers once, with all that was said of it', async ({ open }) => {
    const seen: { event: Order; caller: string; traceparent: string; attempt: number }[] = [];
    const noteIt = handler(async (event, { call, attempt, tx }) => {
      seen.push({ event, caller: call.caller, traceparent: call.trace.traceparent, attempt });
      await note(tx, 'placed', String(event.data.order));
    });
    const teller = await open({ contract: shop });
    const hearer = await open({
      contract: listener,
      consumes: { placed: shop.events.placed, again: shop.events.placed },
      consumers: { placed: noteIt, again: noting('again') },
    });
    const other = await open({
      contract: packer,
      consumes: { orders: shop.events.placed },
      consumers: { orders: noting('orders') },
      workers: { pack: noting('') },
    });
    let told = '';
    await teller.commit(async (tx) => {
      told = tx.call.trace.traceId;
      await teller.events.publish(tx, shop.events.placed, { order: 1 }, { key: 'ключ', subject: 'order 1' });
    });
    await until(
      () => numbers(hearer),
      (all) => all.length === 2,
    );
    await until(
      () => numbers(other),
      (all) => all.length === 1,
    );
    const [first] = seen;
    assert.equal(first?.event.source, '/services/shop');
    assert.equal(first?.event.type, 'shop.order-placed@1');
    assert.equal(first?.event.key, 'ключ');
    assert.equal(first?.event.subject, 'order 1');
    assert.ok(Math.abs(first.event.time.getTime() - Date.now()) < 60_000);
    assert.deepEqual(first?.event.data, { order: 1 });
    assert.match(first?.event.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7/);
    assert.equal(first?.caller, 'shop');
    assert.equal(first?.traceparent.split('-')[1], told, 'what is handled belongs to the trace in which it was told');
    assert.equal(first?.attempt, 1);
    assert.deepEqual((await hearer.notes()).map(({ consumer }) => consumer).toSorted(), ['again', 'placed']);
  });

  on('what is rolled back is not told, and what is told begins with the first start', async ({ open }) => {
    const teller = await open({ contract: shop });
    await place(teller, 1);
    await until(
      () => outboxDepth(teller),
      (depth) => depth === 0,
    );
    const hearer = await open(listening());
    await assert.rejects(
      teller.commit(async (tx) => {
        await teller.events.publish(tx, shop.events.placed, { order: 2 });
        throw new Error('no');
      }),
      /^Error: no$/,
    );
    await place(teller, 3);
    await until(
      () => numbers(hearer),
      (all) => all.length > 0,
    );
    assert.deepEqual(await numbers(hearer), [3]);
  });

  on(
    'work that was given before its owner first ran is done; one that ended hears what came meanwhile',
    async ({ open, facility, bus }) => {
      const teller = await open({ contract: shop, needs: [packer] });
      await teller.commit((tx) => teller.events.send(tx, packer.queues.pack, { order: 1 }));
      await (await openService(facility, bus.adminUrl, listening()))[Symbol.asyncDispose]();
      await place(teller, 2);
      const worker = await open({
        contract: packer,
        workers: { pack: handler(async ({ data }, { tx }) => (await note(tx, 'pack', String(data.order)), { parcel: 'x' })) },
      });
      await until(
        () => numbers(worker),
        (all) => all.length === 1,
      );
      const hearer = await open(listening());
      await until(
        () => numbers(hearer),
        (all) => all.length === 1,
      );
      assert.deepEqual([await numbers(worker), await numbers(hearer)], [[1], [2]]);
    },
  );

  on(
    'events of one key come in their order, and a failing one keeps back only its own key',
    async ({ open }) => {
      let healed = false;
      const failedFirst = new Set<string>();
      const hearer = await open(
        listening({
          placed: handler(async ({ id, key, data }, { tx }) => {
            await note(tx, key ?? '', String(data.order));
            if (key === 'k0' && data.order === 3 && !healed) throw new Error('not yet');
            if (data.order % 7 === 0 && !failedFirst.has(id)) {
              failedFirst.add(id);
              throw new Error('once');
            }
            await new Promise((resolve) => setTimeout(resolve, Math.random() * 4));
          }),
        }),
      );
      const teller = await open({ contract: shop });
      for (let order = 0; order < 15; order++)
        await teller.commit(async (tx) => {
          for (let key = 0; key < 5; key++) await teller.events.publish(tx, shop.events.placed, { order }, { key: `k${key}` });
        });
      await until(
        () => numbers(hearer),
        (all) => all.length === 15 * 4 + 3,
      );
      assert.deepEqual(await numbers(hearer, 'k0'), [0, 1, 2]);
      healed = true;
      await until(
        () => numbers(hearer),
        (all) => all.length === 15 * 5,
      );
      for (let key = 0; key < 5; key++)
        assert.deepEqual(
          await numbers(hearer, `k${key}`),
          Array.from({ length: 15 }, (_, order) => order),
          `k${key}`,
        );
    },
    { maxAttempts: 1000, maxBackoffMs: 50 },
  );

  on('a queue is shared by the instances of its owner: each message is done once', async ({ bus, open, another }) => {
    const by = (name: string): ServiceSpec => ({
      contract: packer,
      workers: {
        pack: handler(async ({ data }, { tx }) => {
          await note(tx, name, String(data.order));
          await new Promise((resolve) => setTimeout(resolve, 5));
          return { parcel: 'x' };
        }),
      },
    });
    const one = await open(by('one'));
    await using two = await openService(await another(), bus.adminUrl, by('two'));
    const sender = await open({ contract: shop, needs: [packer] });
    const orders = Array.from({ length: 80 }, (_, order) => order);
    for (const order of orders) await sender.commit((tx) => sender.events.send(tx, packer.queues.pack, { order }));
    await until(
      () => numbers(one),
      (all) => all.length >= orders.length,
    );
    assert.deepEqual(
      (await numbers(one)).toSorted((a, b) => a - b),
      orders,
    );
    assert.ok((await numbers(one, 'one')).length > 0 && (await numbers(two, 'two')).length > 0, 'both took part');
  });

  on('a request is answered with the output, with the error, or at its deadline', async ({ open }) => {
    const attempts: number[] = [];
    const asker = await open({ contract: shop, needs: [packer] });
    const packing = await open({
      contract: packer,
      workers: {
        pack: handler(async ({ data, source }, { attempt, call, tx }) => {
          attempts.push(attempt);
          await note(tx, 'pack', String(data.order));
          if (data.note === 'conflict') throw new AppError('conflict', 'Order 2 is packed already.');
          if (data.note === 'twice' && attempt < 3) throw new AppError('unavailable', 'No paper.');
          if (data.note === 'bug') throw new TypeError('undefined is not a function');
          if (data.note === 'slow') await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
          if (data.note === 'wrong') return { box: 1 };
          return { parcel: `${source} ${data.order}` };
        }),
      },
    });
    const ask = (order: number, what?: string, call = rootCall('test', 8000)) =>
      asker.events.request(call, packer.queues.pack, { order, ...(what === undefined ? {} : { note: what }) });
    const failing = (code: string, message: RegExp) => (error: unknown) =>
      AppError.is(error) && error.code === code && message.test(error.message);

    assert.deepEqual(await Promise.all([ask(1), ask(11)]), [{ parcel: '/services/shop 1' }, { parcel: '/services/shop 11' }]);
    attempts.length = 0;
    const refused = await ask(2, 'conflict').catch((error: unknown) => error);
    assert.ok(failing('conflict', /^Order 2 is packed already\.$/)(refused));
    assert.deepEqual((refused as AppError).failure, { kind: 'answered', notSent: false, status: 409 });
    assert.deepEqual(attempts, [1], 'an answer is not asked for again');
    assert.deepEqual(await ask(3, 'twice'), { parcel: '/services/shop 3' });
    await assert.rejects(ask(4, 'bug'), failing('internal', /its log says more/));
    await assert.rejects(ask(5, 'wrong'), failing('internal', /its log says more/));
    await assert.rejects(ask(6, 'slow', rootCall('test', 400)), failing('deadline', /packer\.order-packing-asked@1/));
    const leaving = new AbortController();
    const left = ask(7, 'slow', rootCall('test', 5000, leaving.signal));
    leaving.abort();
    await assert.rejects(left, failing('cancelled', /went away/));
    await assert.rejects(
      asker.events.request(rootCall('t'), packer.queues.pack, { order: 'x' } as never),
      failing('invalid', /data\.order must be integer, got "x"/),
    );
    assert.deepEqual(
      (await numbers(packing)).toSorted((a, b) => a - b),
      [1, 3, 11],
      'only what succeeded has stayed',
    );
  });

  on('what comes twice is handled once, and what is no event stops nobody', async ({ open, bus }) => {
    const hearer = await open(listening());
    const teller = await open({ contract: shop });
    // As a relay does that was killed between appending and deleting: the same entries again.
    await bus.query(`CREATE FUNCTION shop.twice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF pg_trigger_depth() = 1 THEN INSERT INTO shop.event_outbox (id, channel, key, envelope, bytes) VALUES (NEW.id, NEW.channel, NEW.key, NEW.envelope, NEW.bytes); END IF;
        RETURN NULL; END $$;
      CREATE TRIGGER twice AFTER INSERT ON shop.event_outbox FOR EACH ROW EXECUTE FUNCTION shop.twice()`);
    for (let order = 0; order < 10; order++) await place(teller, order, { key: 'k' });
    await bus.query(`DROP TRIGGER twice ON shop.event_outbox`);
    for (const rubbish of ['no json', '[]', '{}', '{"specversion":"1.0","id":"","source":"/x","type":"shop.order-placed@1"}'])
      await bus.query(
        `INSERT INTO shop.event_outbox (id, channel, envelope, bytes) VALUES (gen_random_uuid(), 'shop.order-placed@1', '${rubbish}', 10)`,
      );
    await place(teller, 10, { key: 'k' });
    await until(
      () => numbers(hearer),
      (all) => all.includes(10),
    );
    assert.deepEqual(
      await numbers(hearer),
      Array.from({ length: 11 }, (_, order) => order),
    );
  });

  on('a poisonous event is a dead letter after its last attempt, and other keys flow', async ({ open, bus }) => {
    const attempts: number[] = [];
    const hearer = await open(
      listening({
        placed: handler(async ({ data, key }, { tx, attempt }) => {
          await note(tx, key ?? '', String(data.order));
          if (data.order !== 0) return;
          attempts.push(attempt);
          throw new Error('Poison\u0000 \ud800.');
        }),
      }),
    );
    const teller = await open({ contract: shop });
    await place(teller, 0, { key: 'bad' });
    await place(teller, 1, { key: 'bad' });
    await place(teller, 2, { key: 'good' });
    await until(
      () => numbers(hearer),
      (all) => all.length === 2,
    );
    assert.deepEqual(await numbers(hearer, 'bad'), [1], 'after its head is dead, a key goes on');
    assert.deepEqual(attempts, [1, 2, 3]);
    const letters = await bus.query(`SELECT state, attempts, error FROM listener.event_inbox`);
    assert.deepEqual(letters, [{ state: 'dead', attempts: 3, error: 'Error: Poison\\u0000 \ufffd.' }]);
  });

  on('data that is not what the contract says is a dead letter at once', async ({ open, bus }) => {
    const hearer = await open(listening());
    const teller = await open({ contract: unruly });
    await teller.commit((tx) => teller.events.publish(tx, unruly.events.placed, { order: 'seven' }));
    const letter = await until(
      () => bus.query(`SELECT attempts, error FROM listener.event_inbox WHERE state = 'dead'`),
      (all) => all.length === 1,
    );
    assert.deepEqual(letter, [
      { attempts: 1, error: 'invalid: shop.order-placed@1 is not what its contract says: data.order must be integer, got "seven".' },
    ]);
    assert.deepEqual(await hearer.notes(), []);
  });

  on('any data comes through as it was; what no bus would carry is refused', async ({ open }) => {
    const heard: unknown[] = [];
    await open({
      contract: listener,
      consumes: { anything: shop.events.anything },
      consumers: { anything: async ({ data }) => void heard.push(data) },
    });
    const teller = await open({ contract: shop });
    let deep: unknown = 'bottom';
    for (let level = 0; level < 1000; level++) deep = [deep];
    const all = [
      { nul: 'a\u0000b', 'key\u0000': '\ud800 and \udfff', emoji: '🦀' },
      'x'.repeat(1_000_000),
      deep,
      null,
      '',
      0.1,
      { __proto__: null, toString: 1 },
    ];
    for (const data of all) await teller.commit((tx) => teller.events.publish(tx, shop.events.anything, data, { key: 'k' }));
    await until(
      () => heard.length,
      (length) => length === all.length,
    );
    assert.deepEqual(heard, JSON.parse(JSON.stringify(all)));

    const refused = (data: unknown, options: object, expected: RegExp) =>
      assert.rejects(
        teller.commit((tx) => teller.events.publish(tx, shop.events.anything, data, options)),
        expected,
      );
    await refused(
      'x'.repeat(1_050_000),
      {},
      /^AppError: shop\.anything-said@1 cannot be published: it has \d+ bytes and may have 1040384\.$/,
    );
    await refused(1, { key: 'k'.repeat(513) }, /its key may have 512 characters and has 513\.$/);
    await refused(1, { key: '' }, /its key must not be empty\.$/);
    await refused(1, { subject: 'a\nb' }, /its subject may not hold control characters/);
    await refused(undefined, {}, /its data is undefined, which JSON cannot say\.$/);
    const circle: { self?: unknown } = {};
    circle.self = circle;
    await refused(circle, {}, /its data cannot be written as JSON\.$/);
    await assert.rejects(
      teller.commit((tx) => teller.events.publish(tx, shop.events.placed, { order: 'x' } as never)),
      /^Error: shop may not publish shop\.order-placed@1 so: data\.order must be integer, got "x"\.$/,
    );
    await assert.rejects(
      teller.commit((tx) => teller.events.publish(tx, { ...shop.events.placed, type: 'packer.order-packed@1' }, { order: 1 })),
      /^Error: shop may not publish packer\.order-packed@1: it is no event of its own contract\.$/,
    );
  });

  on(
    'a handler that takes too long is tried again, and nothing of it stays',
    async ({ open }) => {
      const hearer = await open(
        listening({
          placed: handler(async (_event, { tx, attempt }) => {
            await note(tx, 'placed', String(attempt));
            if (attempt === 1) await new Promise(() => {});
          }),
        }),
      );
      const teller = await open({ contract: shop });
      await place(teller, 1);
      await until(
        () => numbers(hearer),
        (all) => all.length === 1,
      );
      assert.deepEqual(await numbers(hearer), [2]);
    },
    { handlerMs: 150 },
  );

  on('stopping lets what is being handled end, and what waits is left for the next', async ({ bus, another, open }) => {
    const began = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = await openService(
      await another({ concurrency: 1 }),
      bus.adminUrl,
      listening({
        placed: handler(async ({ data }, { tx }) => {
          began.resolve();
          await goOn.promise;
          await note(tx, 'first', String(data.order));
        }),
      }),
    );
    const teller = await open({ contract: shop });
    await place(teller, 1, { key: 'k' });
    await place(teller, 2, { key: 'k' });
    await began.promise;
    const stopping = first[Symbol.asyncDispose]();
    goOn.resolve();
    await stopping;
    const second = await open(listening({ placed: noting('second') }));
    await until(
      () => numbers(second),
      (all) => all.length === 2,
    );
    assert.deepEqual(await second.notes(), [
      { consumer: 'first', note: '1' },
      { consumer: 'second', note: '2' },
    ]);
  });

  on('a reader that was away for longer than the bus keeps anything says so and goes on', async ({ bus, open, another, facility }) => {
    await (await openService(facility, bus.adminUrl, listening()))[Symbol.asyncDispose]();
    const teller = await open({ contract: shop });
    await place(teller, 1);
    await until(
      () => outboxDepth(teller),
      (depth) => depth === 0,
    );
    if (bus.settings.bus === 'postgres') await bus.query(`UPDATE mlab_events.message SET at = now() - interval '2 hours'`);
    // Another process with the same stream and less patience.
    const strict = await another({ retentionHours: bus.settings.bus === 'postgres' ? 1 : 0.0003 });
    const late = async () => openService(strict, bus.adminUrl, listening());
    if (bus.settings.bus === 'postgres')
      await until(
        () => bus.query('SELECT cut FROM mlab_events.log WHERE cut > 0'),
        (rows) => rows.length === 1,
      );
    else await new Promise((resolve) => setTimeout(resolve, 2500));
    await using hearer = await late();
    await until(
      () => hearer.opened.checks?.() ?? [],
      (checks) => checks.some(({ detail, ok }) => !ok && detail.startsWith('has missed events')),
    );
    await place(teller, 2);
    await until(
      () => numbers(hearer),
      (all) => all.length > 0,
    );
    assert.deepEqual(await numbers(hearer), [2]);
  });

  on(
    'a consumer that an existing service declares anew hears what comes from then on, whoever reads the bus',
    async ({ bus, open, another }) => {
      await (await open(listening()))[Symbol.asyncDispose]();
      const teller = await open({ contract: shop });
      await place(teller, 1);
      await until(
        () => outboxDepth(teller),
        (depth) => depth === 0,
      );
      const both: ServiceSpec = {
        contract: listener,
        consumes: { placed: shop.events.placed, again: shop.events.placed },
        consumers: { placed: noting('placed'), again: noting('again') },
      };
      const first = await open(both);
      await place(teller, 2);
      await until(
        () => numbers(first),
        (all) => all.length === 3,
      );
      assert.deepEqual([(await numbers(first, 'placed')).toSorted((a, b) => a - b), await numbers(first, 'again')], [[1, 2], [2]]);

      // The older version still reads the bus, and knows nothing of the newest consumer.
      await using newer = await openService(await another(), bus.adminUrl, {
        contract: listener,
        consumes: { ...both.consumes, anything: shop.events.anything },
        consumers: { ...both.consumers, anything: async (_event, { tx }) => note(tx, 'anything', '9') },
      });
      await teller.commit((tx) => teller.events.publish(tx, shop.events.anything, 'x'));
      await until(
        () => numbers(newer, 'anything'),
        (all) => all.length === 1,
        5000,
      );
    },
  );

  hearingTests(on);

  on('what nobody declares or can come again any more is forgotten, dead letters are not', async ({ bus, open }) => {
    await (await open({ ...listening(), idle: true }))[Symbol.asyncDispose]();
    await bus.query(`
      INSERT INTO listener.event_consumer (log, consumer, channel, position, seen_at) VALUES ('old', 'gone', 'a.b@1', 0, now() - interval '30 days');
      INSERT INTO listener.event_inbox (consumer, id, type, envelope, state) VALUES ('gone', '1', 'a.b@1', '{}', 'pending'), ('gone', '2', 'a.b@1', '{}', 'dead');
      INSERT INTO listener.event_seen (consumer, id, received_at) VALUES
        ('placed', 'long ago', now() - interval '30 days'), ('placed', 'lately', now()), ('gone', '2', now() - interval '30 days')`);
    await open(listening());
    const seen = () => bus.query('SELECT id FROM listener.event_seen ORDER BY id');
    await until(seen, (rows) => rows.length === 2);
    assert.deepEqual(await seen(), [{ id: '2' }, { id: 'lately' }]);
    assert.deepEqual(await bus.query('SELECT id FROM listener.event_inbox'), [{ id: '2' }]);
    assert.deepEqual(await bus.query('SELECT DISTINCT consumer FROM listener.event_consumer'), [{ consumer: 'placed' }]);
  });
}
