import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defineContract, defineService, event, Host, rootCall, schema } from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openTestDatabase } from '@mlab/sql/testing';
import { openLog } from '@mlab/telemetry';
import { openFacilities } from '../../apps/platform/facilities.ts';
import { testCli, until, type TestCli } from './cli-for-test.ts';

const base = { title: 'T', label: 'T', description: 'T', port: 0, wire: 'problem', operations: {} } as const;
const config = schema(Type.Object({}));
const database = { migrations: new URL('../crash/audit-migrations/', import.meta.url) };

const shop = defineContract({
  ...base,
  name: 'shop',
  events: { sold: event('shop.item-sold@1', { summary: 'Sold', data: Type.Object({ price: Type.Integer() }) }) },
});
const books = defineContract({ ...base, name: 'books' });

const booked: number[] = [];
let sell: (price: number, key: string) => Promise<void>;

const shopService = defineService({
  contract: shop,
  needs: {},
  config,
  database,
  start({ database, events }) {
    sell = (price, key) => database.transaction(rootCall('test'), (tx) => events.publish(tx, shop.events.sold, { price }, { key }));
    return { handlers: {} };
  },
});
const booksService = defineService({
  contract: books,
  needs: {},
  config,
  database,
  consumes: { sold: shop.events.sold },
  start: () => ({
    handlers: {},
    consumers: {
      sold: async ({ data: { price } }) => {
        if (price < 0) throw new Error(`a price of ${price} is no price`);
        booked.push(price);
      },
    },
  }),
});

const stack = new AsyncDisposableStack();
let cli: TestCli;
let urls: { readonly books: string; readonly shop: string };

before(async () => {
  const { url } = stack.use(await openTestDatabase());
  const { logger } = openLog({ level: 'silent' });
  const services = [shopService, booksService];
  const env = { DATABASE_URL: url, MLAB_EVENTS_MAX_ATTEMPTS: '1' };
  const facilities = stack.use(await openFacilities({ env, services, logger, version: '0.0.0' }));
  const host = stack.use(await Host.start({ services, ports: { shop: 0, books: 0 }, env, logger, version: '0.0.0', facilities }));
  urls = { books: host.url('books'), shop: host.url('shop') };
  cli = stack.use(await testCli());
  for (const price of [-1, -2, -3]) await sell(price, `customer-${-price}`);
  await until('three dead letters', async () => (await letters()).length === 3);
});
after(() => stack.disposeAsync());

const run = (...args: readonly string[]): ReturnType<TestCli['run']> => cli.run(['dead-letters', ...args, '--url', urls.books]);

interface Letter {
  readonly consumer: string;
  readonly id: string;
  readonly key: string;
}

const letters = async (): Promise<readonly Letter[]> =>
  (JSON.parse((await run('list', 'books', '--json')).out) as { readonly items: readonly Letter[] }).items;

test('a list says what failed and why, filtered and page by page', async () => {
  const all = await run('list', 'books');
  assert.equal(all.code, 0, all.err);
  assert.match(all.out, /consumer +id +type +key +attempts/);
  assert.match(all.out, /sold +\S+ +shop\.item-sold@1 +customer-2 +1/);
  const one = await run('list', 'books', '--key', 'customer-3');
  assert.match(one.out, /customer-3/);
  assert.doesNotMatch(one.out, /customer-1/);
  const page = await run('list', 'books', '--limit', '2');
  const next = /--page (\S+)/.exec(page.out)?.[1] ?? '';
  assert.match((await run('list', 'books', '--limit', '2', '--page', next)).out, /customer-3/);
});

test('a letter is shown, edited and handled again', async () => {
  const [{ consumer, id } = { consumer: '', id: '' }] = await letters();
  const shown = await run('show', 'books', consumer, id);
  assert.match(shown.out, /"price": -1/);
  const wrong = await run('edit', 'books', consumer, id, '--data', '{"price": "much"}');
  assert.equal(wrong.code, 1);
  assert.match(wrong.err, /price/);
  const edited = await run('edit', 'books', consumer, id, '--data', '{"price": 10}');
  assert.equal(edited.code, 0, edited.err);
  const again = await run('redrive', 'books', consumer, id);
  assert.match(again.out, /^1 will be handled again\./);
  await until('the edited one is booked', () => booked.includes(10));
  assert.equal((await letters()).length, 2);
});

test('what is not there, what is not meant and what is not JSON is said in a sentence', async () => {
  for (const [args, said, code] of [
    [['show', 'books', 'sold', 'nothing'], /nothing/, 1],
    [['purge', 'books'], /or all with --all/, 2],
    [['edit', 'books', 'sold', 'x', '--data', '{'], /--data cannot be read as JSON/, 2],
    [['show', 'books', 'sold'], /named by its consumer and its id/, 2],
    [['burn', 'books'], /cannot "burn"; it can list, show, edit, redrive and purge/, 2],
  ] as const) {
    const ended = await run(...args);
    assert.match(ended.err, said);
    assert.equal(ended.code, code, ended.err);
    assert.doesNotMatch(ended.err, /\n +at /);
  }
  const none = await cli.run(['dead-letters', 'list', 'shop', '--url', urls.shop]);
  assert.match(none.err, /shop keeps no dead letters: it hears no events/);
  const away = await cli.run(['dead-letters']);
  assert.match(away.err, /Nothing runs here/);
});

test('purge deletes what matches', async () => {
  assert.match((await run('purge', 'books', '--key', 'customer-2')).out, /^1 deleted\./);
  assert.match((await run('purge', 'books', '--all')).out, /^1 deleted\./);
  assert.match((await run('list', 'books')).out, /no dead letters/);
});
