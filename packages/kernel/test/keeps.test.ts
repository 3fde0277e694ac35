import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  defineContract,
  defineService,
  event,
  operation,
  rootCall,
  schema,
  type ClientOf,
  type Discovery,
  type Facilities,
  type OpenedDatabase,
  type OpenedEvents,
} from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { reader, shelf, shelfService } from './sample-services.ts';

const diary = defineContract({
  name: 'diary',
  title: 'Diary',
  label: 'Diary',
  description: 'Keeps entries.',
  port: 18_103,
  wire: 'problem',
  operations: {},
  events: { written: event('diary.entry-written@1', { summary: 'An entry was written', data: Type.Object({}) }) },
});
const nothing = schema(Type.Object({}));
const migrations = new URL('.', import.meta.url);

const keeping = (optional: boolean) =>
  defineService({ contract: diary, needs: {}, config: nothing, database: { migrations, optional }, start: () => ({ handlers: {} }) });

/** Facilities that only write down what is done with them. */
function recording(): { readonly facilities: Facilities; readonly record: string[] } {
  const record: string[] = [];
  const opened = <T extends object>(name: string, parts: T): T & AsyncDisposable => ({
    ...parts,
    [Symbol.asyncDispose]: async () => void record.push(`${name} closed`),
  });
  const added = {
    operations: {
      letters: operation('GET /letters', { summary: 'Letters', scope: 'diary:letters', input: Type.Object({}), output: Type.Integer() }),
    },
    handlers: { letters: (() => 7) as never },
  };
  return {
    record,
    facilities: {
      openDatabase: async ({ name }) =>
        opened('database', {
          database: { name },
          checks: () => [{ name: 'database', ok: true, required: true, detail: 'is there' }],
        }) as unknown as OpenedDatabase,
      openEvents: async () =>
        opened('events', {
          events: {},
          added,
          consume: async ({ consumers }: { consumers: object }) => void record.push(`consumes ${Object.keys(consumers).join()}`),
          stop: async () => void record.push('stops'),
        }) as unknown as OpenedEvents,
    },
  };
}

test('a service that keeps data does not start where there is no database, and is told how to get one', async () => {
  await assert.rejects(startTest(keeping(false)), /^Error: diary keeps data and there is no database: set DATABASE_URL/);
});

test('a service whose database is optional starts without one', async () => {
  let had: unknown = 'not asked';
  const service = defineService({
    contract: diary,
    needs: {},
    config: nothing,
    database: { migrations, optional: true },
    start: ({ database }) => {
      had = database;
      return { handlers: {} };
    },
  });
  await using app = await startTest(service);
  assert.ok(app.url);
  assert.equal(had, undefined);
});

test('consuming without a database is a mistake of the declaration', async () => {
  const service = defineService({
    contract: reader,
    needs: {},
    config: nothing,
    consumes: { written: diary.events.written },
    start: () => ({ handlers: {}, consumers: { written: async () => {} } }),
  });
  await assert.rejects(startTest(service), /reader declares consumes and no database/);
});

test('what a service keeps opens before it, takes work once all serve, stops first and closes last', async () => {
  const { facilities, record } = recording();
  const service = defineService({
    contract: diary,
    needs: {},
    config: nothing,
    database: { migrations },
    consumes: { written: diary.events.written },
    start: () => {
      record.push('started');
      return {
        handlers: {},
        consumers: { written: async () => {} },
        [Symbol.asyncDispose]: async () => void record.push('ended'),
      };
    },
  });
  {
    await using app = await startTest(service, { facilities });
    assert.deepEqual(record, ['started', 'consumes written']);
    const letters = await fetch(`${app.url}/letters`);
    assert.equal(await letters.text(), '7', 'operations that a facility adds are served');
    const described = (await (await fetch(`${app.url}/openapi.json`)).json()) as { paths: object };
    assert.ok('/letters' in described.paths);
    assert.match(await (await fetch(`${app.url}/ready`)).text(), /is there/);
  }
  assert.deepEqual(record.slice(2), ['stops', 'ended', 'events closed', 'database closed']);
});

test('a service cannot have an operation where a facility adds one', async () => {
  const { facilities } = recording();
  const own = operation('GET /letters', { summary: 'Mine', scope: 'diary:read', input: Type.Object({}), output: Type.Integer() });
  const service = defineService({
    contract: { ...diary, operations: { mine: own } },
    needs: {},
    config: nothing,
    database: { migrations },
    start: () => ({ handlers: { mine: () => 1 } }),
  });
  await assert.rejects(startTest(service, { facilities }), /diary may not have letters \(GET \/letters\) of its own/);
});

test('a service that has jobs as its subject says itself what one is', async () => {
  const { facilities } = recording();
  const added = operation('GET /jobs', { summary: 'All', scope: 'diary:jobs', input: Type.Object({}), output: Type.Integer() });
  const more = { ...added, path: '/jobs/more' };
  const openJobs: Facilities['openJobs'] = () =>
    Promise.resolve({
      queues: {},
      added: { operations: { listJobs: added, more }, handlers: { listJobs: async () => 1, more: async () => 2 } },
      work: async () => {},
      stop: async () => {},
      [Symbol.asyncDispose]: async () => {},
    });
  const diaryOf = (listJobs: typeof added) =>
    defineService({
      contract: { ...diary, operations: { listJobs } },
      needs: {},
      config: nothing,
      database: { migrations },
      jobs: {},
      start: () => ({ handlers: { listJobs: () => 3 }, jobs: {} }),
    });
  await using app = await startTest(diaryOf(added), { facilities: { ...facilities, openJobs } });
  assert.equal(await (await fetch(`${app.url}/jobs`)).text(), '3', 'its own stands');
  assert.equal(await (await fetch(`${app.url}/jobs/more`)).text(), '2', 'the others are added');
  const elsewhere = { ...added, path: '/tasks' };
  await assert.rejects(startTest(diaryOf(elsewhere), { facilities: { ...facilities, openJobs } }), /may not have listJobs \(GET \/jobs\)/);
});

test('a process that cannot carry events says so', async () => {
  const { facilities } = recording();
  const { openDatabase } = facilities;
  await assert.rejects(
    startTest(keeping(false), { facilities: openDatabase === undefined ? {} : { openDatabase } }),
    /diary has events, and this process has nothing that carries events/,
  );
});

test('a neighbour that makes itself known is found, and the last one known is kept when none is left', async () => {
  const watchers: ((urls: readonly string[]) => void)[] = [];
  const announced: string[] = [];
  const discovery: Discovery = {
    announce: async (service) => {
      announced.push(service);
      return { [Symbol.asyncDispose]: async () => void announced.push(`${service} left`) };
    },
    watch: async (_service, onChange) => {
      watchers.push(onChange);
      return { [Symbol.asyncDispose]: async () => {} };
    },
  };
  await using one = await startTest(shelfService);
  let client: ClientOf<typeof shelf> | undefined;
  const service = defineService({
    contract: reader,
    needs: { shelf },
    config: nothing,
    start: ({ clients }) => {
      client = clients.shelf;
      return { handlers: {} };
    },
  });
  {
    await using app = await startTest(service, { facilities: { discovery } });
    assert.ok(app.url);
    assert.deepEqual(announced, ['reader']);
    const ask = (): Promise<unknown> | undefined => client?.get({ id: 1, tags: [], loud: false }, rootCall('test'));
    await assert.rejects(async () => ask(), { code: 'unavailable', message: 'No instance of Shelf is known.' });
    watchers[0]?.([one.url]);
    assert.deepEqual(await ask(), { id: 1, name: 'item', tags: [] });
    watchers[0]?.([]);
    assert.deepEqual(await ask(), { id: 1, name: 'item', tags: [] });
  }
  assert.deepEqual(announced, ['reader', 'reader left']);
});
