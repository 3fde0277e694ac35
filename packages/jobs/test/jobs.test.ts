import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { job } from '@mlab/kernel';
import { openTestDatabase, type TestDatabase } from '@mlab/sql/testing';
import { Type } from 'typebox';
import { call, openInstance, until } from './stage.ts';

let db: TestDatabase;
before(async () => void (db = await openTestDatabase()));
after(async () => db[Symbol.asyncDispose]());

const jobs = {
  bake: job({
    summary: 'Bake',
    input: Type.Object({ loaves: Type.Integer({ minimum: 1 }), kind: Type.String({ default: 'rye' }) }),
    output: Type.Object({ baked: Type.Integer() }),
    retry: { limit: 2, delayMs: 20 },
  }),
};

test('a job that is sent is done, and its status tells how it went', async () => {
  await using bakery = await openInstance({
    url: db.url,
    jobs,
    runners: { bake: async ({ loaves }, run) => ({ baked: loaves * run.attempt }) },
  });
  const id = await bakery.database.transaction(call(), (tx) => bakery.queues.bake.send(tx, { loaves: 3, kind: 'rye' }));
  const done = await until(async () => {
    const status = await bakery.queues.bake.find(call(), id);
    return status?.state === 'succeeded' && status;
  }, 'success');
  assert.deepEqual(done.output, { baked: 3 });
});
