import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, createClient, defineService, openHttpTransport, rootCall, schema, type ClientOf } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { deadLetterContract, eventsMigrations, type DeadLetterContract } from '@mlab/events';
import { Type } from '@mlab/schema';
import { openDatabase } from '@mlab/sql';
import { plainTracer } from '@mlab/telemetry';
import { postgres } from './buses.ts';
import { listener, shop, unruly } from './shop.ts';
import { migrations, note, openProcess, openService, settingsOf, until, type TestService } from './stage.ts';

interface Scene {
  readonly client: ClientOf<DeadLetterContract>;
  readonly url: string;
  readonly teller: TestService;
  readonly query: (text: string) => Promise<readonly Record<string, unknown>[]>;
  readonly state: { healthy: boolean };
  /** Dead letters, once there are so many. */
  readonly letters: (count: number) => Promise<Awaited<ReturnType<ClientOf<DeadLetterContract>['listDeadLetters']>>['items']>;
}

/** A service on a host, over HTTP, that cannot handle anything until it is healthy. */
async function inScene(body: (scene: Scene) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { adminUrl, query, settings } = stack.use(await postgres.open());
  const facility = stack.use(await openProcess(adminUrl, settingsOf({ ...settings, maxAttempts: 1 })));
  const teller = stack.use(await openService(facility, adminUrl, { contract: unruly }));
  const state = { healthy: false };
  const service = defineService({
    contract: listener,
    needs: {},
    config: schema(Type.Object({})),
    database: { migrations },
    consumes: { placed: shop.events.placed },
    start: () => ({
      handlers: {},
      consumers: {
        placed: async ({ data }, { tx, attempt }) => {
          if (!state.healthy) throw new Error(`Order ${data.order} cannot be handled.`);
          await note(tx, `attempt ${attempt}`, String(data.order));
        },
      },
    }),
  });
  const { url } = stack.use(
    await startTest(service, {
      facilities: {
        openDatabase: (owner, folder) => openDatabase(owner, { adminUrl, systemMigrations: [eventsMigrations], migrations: folder }),
        openEvents: facility.openEvents,
      },
    }),
  );
  const contract = deadLetterContract(listener);
  const transport = stack.use(openHttpTransport(contract, { base: new URL(url) }));
  const client = createClient(contract, transport.call, 'test', plainTracer);
  const letters: Scene['letters'] = async (count) =>
    (
      await until(
        () => client.listDeadLetters({ limit: 200 }, rootCall('test')),
        ({ items }) => items.length === count,
      )
    ).items;
  await body({ client, url, teller, query, state, letters });
}

const call = () => rootCall('test');
const tell = ({ teller }: Scene, data: unknown, key?: string): Promise<void> =>
  teller.commit((tx) => teller.events.publish(tx, unruly.events.placed, data, key === undefined ? {} : { key, subject: `about ${key}` }));
const notes = async ({ query }: Scene): Promise<readonly Record<string, unknown>[]> =>
  query('SELECT consumer, note FROM listener.note ORDER BY seq');
const refusal = (code: string, sentence: RegExp) => (error: unknown) => {
  assert.ok(AppError.is(error), String(error));
  assert.equal(error.code, code);
  assert.match(error.message, sentence);
  return true;
};

test('dead letters are listed by page and by filter, and each can be looked at', () =>
  inScene(async (scene) => {
    const { client, letters } = scene;
    for (let order = 0; order < 5; order++) await tell(scene, { order }, `k${order % 2}`);
    const all = await letters(5);
    assert.deepEqual(
      all.map(({ key }) => key),
      ['k0', 'k1', 'k0', 'k1', 'k0'],
    );
    const first = await client.listDeadLetters({ limit: 2 }, call());
    const second = await client.listDeadLetters({ limit: 2, after: first.next ?? '' }, call());
    const third = await client.listDeadLetters({ limit: 2, after: second.next ?? '' }, call());
    assert.deepEqual([...first.items, ...second.items, ...third.items], all);
    assert.equal(third.next, undefined);
    assert.equal((await client.listDeadLetters({ limit: 50, key: 'k1' }, call())).items.length, 2);
    assert.equal((await client.listDeadLetters({ limit: 50, consumer: 'nobody' }, call())).items.length, 0);
    assert.equal((await client.listDeadLetters({ limit: 50, failedBefore: '2020-01-01T00:00:00Z' }, call())).items.length, 0);
    assert.equal(
      (await client.listDeadLetters({ limit: 50, failedAfter: '2020-01-01T00:00:00Z', type: 'shop.order-placed@1' }, call())).items.length,
      5,
    );

    const { id = '' } = all[1] ?? {};
    const detail = await client.getDeadLetter({ consumer: 'placed', id }, call());
    const { event, ...summary } = detail;
    assert.deepEqual(summary, all[1]);
    assert.equal(summary.subject, 'about k1');
    assert.equal(summary.attempts, 1);
    assert.equal(summary.error, 'Error: Order 1 cannot be handled.');
    assert.deepEqual((event as { data: unknown }).data, { order: 1 });

    await assert.rejects(
      client.listDeadLetters({ limit: 50, failedAfter: 'yesterday' }, call()),
      refusal('invalid', /^failedAfter must be a time/),
    );
    await assert.rejects(client.listDeadLetters({ limit: 50, after: 'x' }, call()), refusal('invalid', /^after must be/));
    await assert.rejects(client.listDeadLetters({ limit: 201 }, call()), refusal('invalid', /limit/));
    await assert.rejects(
      client.getDeadLetter({ consumer: 'placed', id: 'nothing' }, call()),
      refusal('not_found', /^placed has no dead letter nothing\.$/),
    );
  }));

test('a dead letter is edited to what its contract asks for, redriven, and handled from its first attempt on', () =>
  inScene(async (scene) => {
    const { client, letters, state } = scene;
    state.healthy = true;
    await tell(scene, { order: 'seven' });
    const [letter] = await letters(1);
    const id = letter?.id ?? '';
    assert.match(letter?.error ?? '', /data\.order must be integer, got "seven"/);
    await assert.rejects(
      client.editDeadLetter({ consumer: 'placed', id, data: { order: 'eight' } }, call()),
      refusal('invalid', /^body\.data\.order must be integer, got "eight"\.$/),
    );
    await assert.rejects(
      client.editDeadLetter({ consumer: 'strange', id, data: { order: 8 } }, call()),
      refusal('conflict', /^strange is no consumer/),
    );
    const edited = await client.editDeadLetter({ consumer: 'placed', id, data: { order: 7 } }, call());
    assert.equal(edited.edited, true);
    assert.deepEqual((edited.event as { data: unknown }).data, { order: 7 });
    await client.editDeadLetter({ consumer: 'placed', id, data: { order: 77 } }, call());
    const again = await client.getDeadLetter({ consumer: 'placed', id }, call());
    assert.deepEqual((again.original as { data: unknown }).data, { order: 'seven' }, 'what was published is kept');
    assert.deepEqual(await client.redriveDeadLetter({ consumer: 'placed', id }, call()), { count: 1 });
    await until(
      () => notes(scene),
      (all) => all.length === 1,
    );
    assert.deepEqual(await notes(scene), [{ consumer: 'attempt 1', note: '77' }]);
    await assert.rejects(client.redriveDeadLetter({ consumer: 'placed', id }, call()), refusal('not_found', /has no dead letter/));
  }));

test('what is redriven waits behind what its key has received since, in its own order', () =>
  inScene(async (scene) => {
    const { client, letters, state, query } = scene;
    for (const order of [1, 2, 3]) await tell(scene, { order }, 'k');
    await letters(3);
    // Keeps the key's head back, so that more waits behind it.
    await query(`CREATE FUNCTION listener.later() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.available_at = now() + interval '1 hour'; RETURN NEW; END $$;
      CREATE TRIGGER later BEFORE INSERT ON listener.event_inbox FOR EACH ROW EXECUTE FUNCTION listener.later()`);
    await tell(scene, { order: 4 }, 'k');
    await until(
      () => query(`SELECT FROM listener.event_inbox WHERE state = 'pending'`),
      (all) => all.length === 1,
    );
    const waiting = (await query(`SELECT id FROM listener.event_inbox WHERE state = 'pending'`))[0]?.['id'] as string;
    await assert.rejects(
      client.redriveDeadLetter({ consumer: 'placed', id: waiting }, call()),
      refusal('conflict', /is no dead letter: it waits to be handled/),
    );
    await assert.rejects(client.deleteDeadLetter({ consumer: 'placed', id: waiting }, call()), refusal('conflict', /waits to be handled/));
    state.healthy = true;
    assert.deepEqual(await client.redriveDeadLetters({ key: 'k' }, call()), { count: 3 });
    await query(`UPDATE listener.event_inbox SET available_at = now()`);
    await until(
      () => notes(scene),
      (all) => all.length === 4,
    );
    assert.deepEqual(
      (await notes(scene)).map((line) => line['note']),
      ['4', '1', '2', '3'],
    );
  }));

test('dead letters are deleted one by one, by filter, or all when that is said', () =>
  inScene(async (scene) => {
    const { client, letters, state, url } = scene;
    for (let order = 0; order < 4; order++) await tell(scene, { order }, `k${order}`);
    const [first] = await letters(4);
    const id = first?.id ?? '';
    assert.deepEqual(await client.deleteDeadLetter({ consumer: 'placed', id }, call()), { count: 1 });
    await assert.rejects(client.deleteDeadLetter({ consumer: 'placed', id }, call()), refusal('not_found', /has no dead letter/));
    await assert.rejects(client.purgeDeadLetters({ all: false }, call()), refusal('invalid', /^body\.all must be true/));
    assert.deepEqual(await client.purgeDeadLetters({ all: false, key: 'k1' }, call()), { count: 1 });
    assert.deepEqual(await client.purgeDeadLetters({ all: true }, call()), { count: 2 });
    await letters(0);
    state.healthy = true;
    await tell(scene, { order: 9 });
    await until(
      () => notes(scene),
      (all) => all.length === 1,
    );
    assert.deepEqual(
      (await notes(scene)).map((line) => line['note']),
      ['9'],
      'what was deleted does not come again',
    );
    const documented = (await (await fetch(`${url}/openapi.json`)).json()) as { paths: object };
    assert.ok('/dead-letters/{consumer}/{id}/redrive' in documented.paths);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /mlab_event_handling_seconds_count\{consumer="placed",outcome="dead"\} 4/);
    assert.match(metrics, /mlab_events_received_total\{consumer="placed"\} 5/);
    assert.match(metrics, /mlab_events_outbox_depth 0/);
  }));
