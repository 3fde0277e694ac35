import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { defineContract, defineService, download, Host, operation, schema, type AnyService, type CallMeta } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';

const ticker = defineContract({
  name: 'ticker',
  title: 'Ticker',
  label: 'Ticker',
  description: 'Tells events for ever.',
  port: 18_121,
  wire: 'problem',
  operations: {
    listen: download('GET /listen', {
      summary: 'Listen',
      scope: 'ticker:read',
      contentTypes: ['text/event-stream'],
      headers: { after: 'last-event-id' },
      input: Type.Object({ after: Type.Optional(Type.Integer({ minimum: 0 })) }),
    }),
    large: operation('PUT /large', {
      summary: 'Takes much',
      scope: 'ticker:write',
      maxBodyBytes: 3_000_000,
      input: Type.Object({ text: Type.String() }),
      output: Type.Object({ length: Type.Integer() }),
    }),
    small: operation('PUT /small', {
      summary: 'Takes little',
      scope: 'ticker:write',
      input: Type.Object({ text: Type.String() }),
      output: Type.Object({ length: Type.Integer() }),
    }),
  },
});

const front = defineContract({ ...ticker, name: 'front', port: 18_122, operations: {} });

async function* tick(after: number, { signal }: CallMeta): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`id: ${after + 1}\n\n`);
  if (!signal.aborted) await once(signal, 'abort');
}

const config = schema(Type.Object({}));
const tickerService = defineService({
  contract: ticker,
  needs: {},
  config,
  start: () => ({
    handlers: {
      listen: ({ after = 0 }, call) => ({ contentType: 'text/event-stream', body: tick(after, call) }),
      large: ({ text }) => ({ length: text.length }),
      small: ({ text }) => ({ length: text.length }),
    },
  }),
});
const frontService = defineService({ contract: front, needs: {}, forwards: [ticker], config, start: () => ({ handlers: {} }) });

const start = (services: readonly AnyService[], peers: Readonly<Record<string, string>> = {}): Promise<Host> =>
  Host.start({ services, peers, ports: { ticker: 0, front: 0 }, logger: openLog({ level: 'silent' }).logger, version: '0.0.0' });

async function firstEvent(url: string, headers: Readonly<Record<string, string>> = {}) {
  const answer = await fetch(url, { headers });
  const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
  const { value } = await reader.read();
  return { text: Buffer.from(value ?? []).toString(), headers: answer.headers, reader };
}

test('a part of the input may come as a header, which counts more than the query, and is checked as such', async () => {
  await using app = await startTest(tickerService);
  for (const [query, headers, said] of [
    ['', {}, 'id: 1\n\n'],
    ['?after=4', {}, 'id: 5\n\n'],
    ['?after=4', { 'Last-Event-ID': '7' }, 'id: 8\n\n'],
  ] as const) {
    const { text, reader, headers: answered } = await firstEvent(`${app.url}/listen${query}`, headers);
    assert.equal(text, said);
    assert.equal(answered.get('x-accel-buffering'), 'no');
    await reader.cancel();
  }
  const refused = await fetch(`${app.url}/listen`, { headers: { 'Last-Event-ID': 'seven' } });
  assert.equal(refused.status, 400);
  const { paths } = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
    readonly paths: Record<string, Record<string, { readonly parameters: readonly object[] }>>;
  };
  const parameters = paths['/listen']?.['get']?.parameters as readonly { readonly name: string; readonly in: string }[];
  assert.deepEqual(
    parameters.map((one) => `${one.in} ${one.name}`),
    ['query after', 'header last-event-id'],
  );
});

test('an operation may take a larger body than others', async () => {
  await using app = await startTest(tickerService);
  const put = (path: string, length: number): Promise<Response> =>
    fetch(app.url + path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ text: 'x'.repeat(length) }),
    });
  assert.deepEqual(await (await put('/large', 2_000_000)).json(), { length: 2_000_000 });
  assert.equal((await put('/large', 3_000_000)).status, 413);
  assert.equal((await put('/small', 2_000_000)).status, 413);
});

for (const way of ['directly', 'handed on in one process', 'handed on to another process'] as const) {
  test(`a stream of events that is listened to (${way}) ends when its server ends, and does not hold it up`, async () => {
    const there = await start(way === 'handed on in one process' ? [tickerService, frontService] : [tickerService]);
    const here = way === 'handed on to another process' ? await start([frontService], { ticker: there.url('ticker') }) : there;
    const url = way === 'directly' ? `${there.url('ticker')}/listen` : `${here.url('front')}/ticker/listen`;
    const { text, reader } = await firstEvent(url, { 'last-event-id': '1' });
    assert.equal(text, 'id: 2\n\n');
    const ended = reader.read().catch(() => undefined);
    const before = performance.now();
    await here[Symbol.asyncDispose]();
    const took = performance.now() - before;
    await ended;
    await there[Symbol.asyncDispose]();
    assert.ok(took < 3000, `it took ${took} ms`);
  });
}
