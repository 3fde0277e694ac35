import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { gateway } from '@mlab/contracts/gateway';
import { defineService, rootCall, schema, type EventType } from '@mlab/kernel';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import type { monitoring } from '@mlab/contracts/monitoring';
import { Type } from '@mlab/schema';
import { openFacilities } from '../../../apps/platform/facilities.ts';
import { service } from '#/service.ts';

type Batch = typeof gateway.events.inputsLogged extends EventType<infer T> ? T : never;

const stack = new AsyncDisposableStack();
let app: TestApp<typeof monitoring>;
let publish: (batch: Batch) => Promise<void>;

const { protocols: _, ...spokenTo } = gateway;

/** In the gateway's place: it only tells what the test says. */
const teller = defineService({
  contract: { ...spokenTo, operations: {} },
  needs: {},
  config: schema(Type.Object({})),
  database: { migrations: new URL('../../gateway/migrations/', import.meta.url) },
  start({ database, events }) {
    publish = (batch) => database.transaction(rootCall('test'), (tx) => events.publish(tx, gateway.events.inputsLogged, batch));
    return { handlers: {} };
  },
});

before(async () => {
  const database = stack.use(await openTestDatabase());
  const { logger } = openLog({ level: 'silent' });
  const services = [teller, service];
  const facilities = stack.use(await openFacilities({ env: { DATABASE_URL: database.url }, services, logger, version: '0.0.0' }));
  app = stack.use(await startTest(service, { neighbours: [teller], facilities, env: { MLAB_MONITORING_KEEP_DAYS: '36500' } }));
});
after(() => stack.disposeAsync());

const batch = (from: string, count: number, pending: number, byClass: Readonly<Record<string, number>> = {}): Batch => ({
  count,
  pending,
  byClass,
  from,
  to: from,
  firstId: 'a',
  lastId: 'b',
});

interface Traffic {
  readonly items: readonly { readonly from: string; readonly inputs: number; readonly predictions: readonly object[] }[];
}

const ask = async (query: string): Promise<Traffic> => (await (await fetch(`${app.url}/traffic?${query}`)).json()) as Traffic;

async function counted(query: string, inputs: number): Promise<Traffic> {
  const limit = performance.now() + 10_000;
  for (;;) {
    const traffic = await ask(query);
    if (traffic.items.reduce((sum, item) => sum + item.inputs, 0) === inputs) return traffic;
    assert.ok(performance.now() < limit, `not ${inputs} inputs: ${JSON.stringify(traffic)}`);
    await delay(20);
  }
}

test('inputs are counted once they are settled, per minute and class', async () => {
  await publish(batch('2026-01-01T10:00:01.000Z', 5, 5));
  await publish(batch('2026-01-01T10:00:02.000Z', 5, 0, { cat: 3, dog: 1 }));
  await publish(batch('2026-01-01T10:00:59.999Z', 2, 0, { dog: 2 }));
  await publish(batch('2026-01-01T10:01:00.000Z', 1, 0));
  const range = 'from=2026-01-01T10:00:00Z&to=2026-01-01T11:00:00Z';
  const traffic = await counted(range, 8);
  assert.deepEqual(traffic.items, [
    {
      from: '2026-01-01T10:00:00.000Z',
      inputs: 7,
      predictions: [
        { class: 'cat', count: 3 },
        { class: 'dog', count: 3 },
      ],
    },
    { from: '2026-01-01T10:01:00.000Z', inputs: 1, predictions: [] },
  ]);
  const hours = await ask(`${range}&step=hour`);
  assert.deepEqual(
    hours.items.map(({ from, inputs }) => ({ from, inputs })),
    [{ from: '2026-01-01T10:00:00.000Z', inputs: 8 }],
  );
});

test('batches that come together are all counted', async () => {
  const classes = ['cat', 'dog', 'bird', 'fish', 'rabbit'];
  await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      publish(batch('2026-02-01T00:00:00.000Z', 2, 0, { [classes[index % 5] ?? '']: 1, [classes[(index + 1) % 5] ?? '']: 1 })),
    ),
  );
  const { items } = await counted('from=2026-02-01T00:00:00Z&to=2026-02-01T00:01:00Z', 120);
  assert.deepEqual(
    items[0]?.predictions,
    classes.toSorted().map((name) => ({ class: name, count: 24 })),
  );
});

for (const [query, said] of [
  ['from=2026-01-01T10:00:00Z&to=2026-01-01T10:00:00Z', /from is not before to/],
  ['from=yesterday', /from|date-time/],
  ['from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z', /more than 1500/],
  ['step=week', /step|minute/],
] as const) {
  test(`${query}: 400 that names what is wrong`, async () => {
    const answer = await fetch(`${app.url}/traffic?${query}`);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), said);
  });
}

test('an empty time is an empty list', async () => {
  assert.deepEqual(await ask('from=2025-01-01T10:00:00Z&to=2025-01-01T11:00:00Z'), { items: [] });
});

test('minutes that are older than what is kept are forgotten', async () => {
  await publish(batch('1900-01-01T10:00:00.000Z', 3, 0, { cat: 3 }));
  await publish(batch('2026-03-01T00:00:00.000Z', 1, 0));
  await counted('from=2026-03-01T00:00:00Z&to=2026-03-01T00:01:00Z', 1);
  await counted('from=1900-01-01T10:00:00Z&to=1900-01-01T11:00:00Z', 0);
});
