import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, defineContract, defineService, openApi, rootCall, schema, upload, type AnyService, type ClientOf } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { request } from 'undici';

const MEGABYTE = 1024 * 1024;

const sink = defineContract({
  name: 'sink',
  title: 'Sink',
  label: 'Sink',
  description: 'Takes bytes.',
  port: 18_121,
  wire: 'problem',
  operations: {
    pour: upload('PUT /pots/:name', {
      summary: 'Pour',
      scope: 'sink:write',
      input: Type.Object({
        name: Type.String(),
        limit: Type.Integer({ default: 1_000_000_000, minimum: 1 }),
        tags: Type.Array(Type.String(), { default: [] }),
      }),
      output: Type.Object({ name: Type.String(), bytes: Type.Integer(), tags: Type.Array(Type.String()) }),
    }),
  },
});

/** What was heard of bodies that did not come to their end. */
const broken: unknown[] = [];

const sinkService = defineService({
  contract: sink,
  needs: {},
  config: schema(Type.Object({})),
  start: () => ({
    handlers: {
      pour: async ({ name, limit, tags, body }) => {
        if (name === 'closed') throw new AppError('conflict', 'The pot is closed.');
        let bytes = 0;
        try {
          for await (const chunk of body) {
            bytes += chunk.byteLength;
            if (bytes > limit) throw new AppError('too_large', `More than ${limit} bytes.`);
          }
        } catch (error) {
          broken.push(error);
          throw error;
        }
        return { name, bytes, tags };
      },
    },
  }),
});

type Sink = ClientOf<typeof sink>;

const writer = (take: (client: Sink) => void): AnyService =>
  defineService({
    contract: defineContract({ ...sink, name: 'writer', port: 18_122, operations: {} }),
    needs: { sink },
    config: schema(Type.Object({})),
    start: ({ clients }) => {
      take(clients.sink);
      return { handlers: {} };
    },
  });

interface Way extends AsyncDisposable {
  readonly client: Sink;
}

async function open(way: 'co-hosted' | 'apart'): Promise<Way> {
  let client: Sink | undefined;
  const take = (taken: Sink): void => void (client = taken);
  const there = way === 'apart' ? await startTest(sinkService) : undefined;
  const here = await startTest(writer(take), there === undefined ? { neighbours: [sinkService] } : { peers: { sink: there.url } });
  return {
    client: client as unknown as Sink,
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]();
      await there?.[Symbol.asyncDispose]();
    },
  };
}

async function* megabytes(count: number, after?: Error): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < count; sent++) yield new Uint8Array(MEGABYTE);
  if (after !== undefined) throw after;
}

const call = (): ReturnType<typeof rootCall> => rootCall('test', 10_000);

for (const way of ['co-hosted', 'apart'] as const) {
  test(`${way}: bytes arrive with the rest of the input`, async () => {
    await using opened = await open(way);
    const answer = await opened.client.pour({ name: 'a b/ü', limit: 9 * MEGABYTE, tags: ['x', 'y&z'], body: megabytes(5) }, call());
    assert.deepEqual(answer, { name: 'a b/ü', bytes: 5 * MEGABYTE, tags: ['x', 'y&z'] });
  });

  test(`${way}: an empty body is one too`, async () => {
    await using opened = await open(way);
    const { bytes } = await opened.client.pour({ name: 'p', limit: 1, tags: [], body: megabytes(0) }, call());
    assert.equal(bytes, 0);
  });

  test(`${way}: what is refused before or while it is read is refused with the reason`, async () => {
    await using opened = await open(way);
    const pour = (name: string, limit: number): Promise<unknown> =>
      opened.client.pour({ name, limit, tags: [], body: megabytes(20) }, call());
    await assert.rejects(pour('closed', 10), { code: 'conflict', message: 'The pot is closed.' });
    await assert.rejects(pour('p', MEGABYTE), { code: 'too_large', message: `More than ${MEGABYTE} bytes.` });
    await assert.rejects(pour('p', 0), { code: 'invalid' });
    assert.deepEqual(await opened.client.pour({ name: 'q', limit: 10, tags: [], body: megabytes(0) }, call()), {
      name: 'q',
      bytes: 0,
      tags: [],
    });
  });

  test(`${way}: where its source breaks, the sender has his own error and the other side hears that no more comes`, async () => {
    await using opened = await open(way);
    broken.length = 0;
    const own = new Error('the disk of the sender');
    const limit = 9 * MEGABYTE;
    await assert.rejects(opened.client.pour({ name: 'p', limit, tags: [], body: megabytes(2, own) }, call()), (error) => error === own);
    for (let tries = 0; broken.length === 0 && tries < 500; tries++) await new Promise((resolve) => void setTimeout(resolve, 2));
    assert.ok(AppError.is(broken[0], 'cancelled'), String(broken[0]));
  });

  test(`${way}: one that takes too long ends at its deadline`, async () => {
    await using opened = await open(way);
    const body = (async function* (): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(10);
      await new Promise((resolve) => void setTimeout(resolve, 1000).unref());
    })();
    await assert.rejects(opened.client.pour({ name: 'p', limit: 100, tags: [], body }, rootCall('test', 100)), { code: 'deadline' });
  });
}

test('over HTTP any media type will do, and a mistake in the query names it', async () => {
  await using app = await startTest(sinkService);
  const put = async (query: string): Promise<{ status: number; body: unknown }> => {
    const { statusCode, body } = await request(`${app.url}/pots/p${query}`, {
      method: 'PUT',
      body: 'words',
      headers: { 'content-type': 'text/csv' },
    });
    return { status: statusCode, body: await body.json() };
  };
  assert.deepEqual(await put('?tags=a'), { status: 200, body: { name: 'p', bytes: 5, tags: ['a'] } });
  const { status, body } = await put('?limit=none');
  assert.equal(status, 400);
  assert.match((body as { detail: string }).detail, /^query\.limit must be integer/);
});

test('its documentation shows the query and the bytes', () => {
  const { put } = (openApi(sink, '1')['paths'] as Record<string, Record<string, Record<string, unknown>>>)['/pots/{name}'] ?? {};
  assert.deepEqual(
    ((put?.['parameters'] ?? []) as { name: string; in: string }[]).map(({ name, in: place }) => `${place} ${name}`),
    ['path name', 'query limit', 'query tags'],
  );
  assert.deepEqual(put?.['requestBody'], {
    required: true,
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  });
});
