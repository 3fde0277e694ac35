import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Discovery } from '@mlab/kernel';
import { openDatabase, openListener } from '@mlab/sql';
import { openTestDatabase, testOwner, type TestDatabase } from '@mlab/sql/testing';
import { Client } from 'pg';
import { migrations, openDiscovery } from '#/discovery.ts';

let database: TestDatabase;
before(async () => void (database = await openTestDatabase()));
after(() => database[Symbol.asyncDispose]());

/** The discovery of one process; `crash` forgets it without a word. */
async function openOne(): Promise<Discovery & AsyncDisposable> {
  const owner = await testOwner('mlab-discovery');
  const { clock, random, telemetry } = owner;
  const { log } = telemetry;
  const opened = await openDatabase(owner, { adminUrl: database.url, migrations });
  const listen = (channel: string, onNotify: () => void): Promise<AsyncDisposable> =>
    openListener({ url: opened.url, name: 'test', channels: [channel], onNotify, onReconnect: onNotify, clock, random, log });
  const discovery = await openDiscovery({ database: opened.database, listen, process: randomUUID(), clock, log });
  return {
    ...discovery,
    [Symbol.asyncDispose]: async () => {
      await discovery[Symbol.asyncDispose]();
      await opened[Symbol.asyncDispose]();
    },
  };
}

async function until(what: string, seen: () => boolean, ms = 5000): Promise<number> {
  const began = performance.now();
  while (!seen()) {
    assert.ok(performance.now() - began < ms, `${what}: not within ${ms} ms`);
    await delay(5);
  }
  return performance.now() - began;
}

test('an instance that makes itself known and withdraws is seen by other processes at once', async () => {
  await using here = await openOne();
  await using there = await openOne();
  const seen: (readonly string[])[] = [];
  await using watch = await there.watch('predictor', (urls) => seen.push(urls));
  assert.ok(watch);
  assert.deepEqual(seen, [[]]);
  const one = await here.announce('predictor', 'http://127.0.0.1:8001');
  const took = await until('the first', () => seen.length === 2);
  assert.ok(took < 500, `${took} ms: by notification, not by the next look`);
  const two = await here.announce('predictor', 'http://127.0.0.1:8002');
  const other = await here.announce('gateway', 'http://127.0.0.1:8000');
  await until('the second', () => seen.length === 3);
  assert.deepEqual(seen[2], ['http://127.0.0.1:8001', 'http://127.0.0.1:8002']);
  await one[Symbol.asyncDispose]();
  await until('the first has left', () => seen.length === 4);
  assert.deepEqual(seen[3], ['http://127.0.0.1:8002']);
  await two[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
});

test('a process that dies without a word is forgotten when its lease ends', async () => {
  await using there = await openOne();
  let urls: readonly string[] = [];
  await using watch = await there.watch('trainer', (now) => void (urls = now));
  assert.ok(watch);
  {
    await using here = await openOne();
    await here.announce('trainer', 'http://127.0.0.1:9');
    await until('it is known', () => urls.length === 1);
  }
  const took = await until('it is forgotten', () => urls.length === 0, 9000);
  assert.ok(took > 2000, `${took} ms`);
});

test('an instance that is restarted on the same URL is not withdrawn by its predecessor', async () => {
  await using first = await openOne();
  await using second = await openOne();
  let urls: readonly string[] = [];
  await using watch = await second.watch('store', (now) => void (urls = now));
  assert.ok(watch);
  const old = await first.announce('store', 'http://127.0.0.1:10');
  await using renewed = await second.announce('store', 'http://127.0.0.1:10');
  assert.ok(renewed);
  await old[Symbol.asyncDispose]();
  await delay(1500);
  assert.deepEqual(urls, ['http://127.0.0.1:10']);
});

test('while connections break, what was known stays known and what is new comes later', async () => {
  await using here = await openOne();
  await using there = await openOne();
  const seen: (readonly string[])[] = [];
  await using watch = await there.watch('batch', (urls) => seen.push(urls));
  assert.ok(watch);
  await using one = await here.announce('batch', 'http://127.0.0.1:11');
  assert.ok(one);
  await until('it is known', () => seen.at(-1)?.length === 1);
  const admin = new Client({ connectionString: database.url });
  await admin.connect();
  for (let round = 0; round < 5; round++) {
    await admin.query(
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
    );
    await delay(100);
  }
  await admin.end();
  await using two = await here.announce('batch', 'http://127.0.0.1:12');
  assert.ok(two);
  await until('the new one is known', () => seen.at(-1)?.length === 2, 10_000);
  assert.ok(seen.slice(1).every((urls) => urls.length > 0));
});
