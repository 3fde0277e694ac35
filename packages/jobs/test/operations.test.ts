import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defineContract, defineService, job, operation, schema } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { openDatabase } from '@mlab/sql';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { openJobsFacility } from '@mlab/jobs';
import { Type } from '@mlab/schema';
import { quick, until } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(() => db[Symbol.asyncDispose]());

const Order = Type.Object({ fail: Type.Boolean() });
const kitchen = defineContract({
  name: 'kitchen',
  title: 'Kitchen',
  label: 'Kitchen',
  description: 'Cooks.',
  port: 18_301,
  wire: 'problem',
  operations: {
    order: operation('POST /orders', {
      summary: 'Order',
      scope: 'kitchen:order',
      input: Order,
      output: Type.Object({ id: Type.String() }),
    }),
  },
});

const service = defineService({
  contract: kitchen,
  needs: {},
  config: schema(Type.Object({})),
  database: { migrations: new URL('migrations/', import.meta.url) },
  jobs: {
    cook: job({ summary: 'Cook', input: Order, output: Type.Object({ dish: Type.String() }), retry: { limit: 0 } }),
    clean: job({ summary: 'Clean', input: Type.Object({}), output: Type.Object({}), retry: { limit: 0 } }),
  },
  start: ({ database, jobs }) => ({
    handlers: {
      order: async (order, call) => ({ id: await database.transaction(call, (tx) => jobs.cook.send(tx, order)) }),
    },
    jobs: {
      cook: async ({ fail }) => {
        if (fail) throw new Error('burnt');
        return { dish: 'soup' };
      },
      clean: async () => ({}),
    },
  }),
});

test('whoever may can list, see, cancel and retry the jobs of a service over HTTP', async () => {
  const facility = openJobsFacility({ adminUrl: db.url, settings: quick });
  await using app = await startTest(service, {
    facilities: {
      openDatabase: (owner, migrations) =>
        openDatabase(owner, { adminUrl: db.url, migrations, systemMigrations: [facility.systemMigrations] }),
      openJobs: facility.openJobs,
    },
  });
  const ask = async (path: string, method = 'GET'): Promise<{ status: number; body: Record<string, unknown> }> => {
    const response = await fetch(`${app.url}${path}`, { method });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const order = async (fail: boolean): Promise<string> => {
    const response = await fetch(`${app.url}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ fail }),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const inState = (id: string, state: string) =>
    until(async () => {
      const { body } = await ask(`/jobs/${id}`);
      return body['state'] === state && body;
    }, state);

  const good = await order(false);
  const done = await inState(good, 'succeeded');
  assert.deepEqual(
    { ...done, createdAt: '', startedAt: '', endedAt: '' },
    {
      id: good,
      kind: 'cook',
      state: 'succeeded',
      input: { fail: false },
      output: { dish: 'soup' },
      attempts: 1,
      priority: 0,
      createdAt: '',
      startedAt: '',
      endedAt: '',
    },
  );
  assert.ok(!Number.isNaN(Date.parse(String(done['endedAt']))));

  const bad = await order(true);
  await inState(bad, 'failed');
  assert.deepEqual(
    await ask(`/jobs/${bad}/cancel`, 'POST'),
    problem(409, 'conflict', `The job ${bad} cannot be cancelled: it has already failed.`),
  );
  assert.deepEqual(
    await ask(`/jobs/${good}/retry`, 'POST'),
    problem(409, 'conflict', `The job ${good} cannot be retried: it is succeeded, neither failed nor cancelled.`),
  );
  assert.equal((await ask(`/jobs/${bad}/retry`, 'POST')).status, 200);
  const again = await until(async () => {
    const { body } = await ask(`/jobs/${bad}`);
    return body['attempts'] === 2 && body['state'] === 'failed' && body;
  }, 'the second failure');
  assert.equal(again['error'], 'Something went wrong inside this service; its log says more.');

  const items = async (query: string): Promise<unknown[]> =>
    ((await ask(`/jobs${query}`)).body['items'] as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(await items(''), [bad, good]);
  assert.deepEqual(await items('?state=failed'), [bad]);
  assert.deepEqual(await items('?kind=clean'), []);
  const first = await ask('/jobs?kind=cook&limit=1');
  assert.deepEqual(await items(`?kind=cook&limit=1&after=${String(first.body['next'])}`), [good]);

  for (const id of ['nonsense', '00000000-0000-4000-8000-000000000000'])
    for (const [path, method] of [
      ['', 'GET'],
      ['/cancel', 'POST'],
      ['/retry', 'POST'],
    ] as const)
      assert.deepEqual(await ask(`/jobs/${id}${path}`, method), problem(404, 'not_found', `kitchen has no job ${id}.`));
  const unknown = await ask('/jobs?kind=fry');
  assert.deepEqual([unknown.status, unknown.body['detail']], [400, 'kitchen has no jobs of the kind fry; it has cook, clean.']);
  for (const query of ['?state=burnt', '?limit=0', '?limit=1001', '?after=x'])
    assert.equal((await ask(`/jobs${query}`)).status, 400, query);

  const described = (await ask('/openapi.json')).body['paths'] as Record<string, unknown>;
  for (const path of ['/jobs', '/jobs/{id}', '/jobs/{id}/cancel', '/jobs/{id}/retry']) assert.ok(path in described, path);
});

function problem(status: number, code: string, detail: string): { status: number; body: Record<string, unknown> } {
  return { status, body: { title: code, status, detail, code } };
}
