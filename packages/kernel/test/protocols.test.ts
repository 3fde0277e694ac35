import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AppError,
  defineContract,
  defineService,
  Host,
  operation,
  route,
  schema,
  type AnyService,
  type ForeignAnswer,
  type ForeignRequest,
} from '@mlab/kernel';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';

const MEGABYTE = 1024 * 1024;
/** More than any body that is taken as a whole. */
const LARGE = 8 * MEGABYTE;
const nothing = Type.Object({});

const telegraph = {
  title: 'Telegraph',
  root: '/telegraph',
  aliases: { '/again/': '/echo/' },
  routes: {
    echo: route('POST /echo/:word', { summary: 'Answers what it got', scope: 'first:use' }),
    wide: route('POST /wide', { summary: 'Takes more than others', scope: 'first:use', maxBodyBytes: 3 * MEGABYTE }),
    refuse: route('GET /refuse', { summary: 'Refuses', scope: 'first:use' }),
    upload: route('PUT /files/*', { summary: 'Takes a file', scope: 'first:use', body: 'stream' }),
    download: route('GET /files/*', { summary: 'Gives a file', scope: 'first:use' }),
    ticks: route('GET /ticks', { summary: 'Events as they come', scope: 'first:use' }),
  },
} as const;

const cable = {
  title: 'Telegraph',
  root: '/telegraph',
  routes: { second: route('GET /second', { summary: 'Of the other service', scope: 'second:use' }) },
} as const;

const first = defineContract({
  name: 'first',
  title: 'First',
  label: 'First',
  description: 'Speaks a foreign protocol.',
  port: 18_121,
  wire: 'problem',
  protocols: { telegraph },
  operations: {
    whoAmI: operation('GET /who', { summary: 'Who', scope: 'first:use', input: nothing, output: Type.Object({ caller: Type.String() }) }),
    secret: operation('POST /secret', { summary: 'Secret', scope: 'first:use', callers: ['front'], input: nothing, output: nothing }),
  },
});

const second = defineContract({
  name: 'second',
  title: 'Second',
  label: 'Second',
  description: 'Speaks the same protocol.',
  port: 18_122,
  wire: 'problem',
  protocols: { cable },
  operations: {},
});

const front = defineContract({
  name: 'front',
  title: 'Front',
  label: 'Front',
  description: 'Stands before both.',
  port: 18_123,
  wire: 'problem',
  operations: { own: operation('GET /own', { summary: 'Own', scope: 'front:use', input: nothing, output: nothing }) },
});

const json = (value: unknown, status = 200): ForeignAnswer => ({ status, contentType: 'application/json', body: JSON.stringify(value) });
const renderError = ({ code, message, reason }: AppError) => ({
  status: code === 'not_found' ? 404 : code === 'method_not_allowed' ? 405 : code === 'too_large' ? 413 : 418,
  contentType: 'text/telegraph',
  body: `STOP ${code} ${reason ?? '-'} ${message}`,
});

const seen: { uploads: string[]; gone: number } = { uploads: [], gone: 0 };

async function* bytes(count: number): AsyncGenerator<Uint8Array> {
  for (let left = count; left > 0; left -= 65_536) yield Buffer.alloc(Math.min(left, 65_536), 'x');
}

async function take({ params, stream, headers }: ForeignRequest): Promise<ForeignAnswer> {
  let size = 0;
  try {
    for await (const chunk of stream) {
      size += chunk.byteLength;
      if (params['*'] === 'refused') throw new AppError('too_large', 'Enough.');
    }
  } catch (error) {
    if (AppError.is(error)) throw error;
    seen.uploads.push(`${params['*'] ?? ''} broken`);
    throw error;
  }
  seen.uploads.push(`${params['*'] ?? ''} ${size}`);
  return json({ size, type: headers['content-type'] });
}

async function* ticks(signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for (let i = 0; ; i++) {
      yield Buffer.from(`tick ${i}\n`);
      await delay(20, undefined, { signal });
    }
  } finally {
    seen.gone++;
  }
}

const firstService = defineService({
  contract: first,
  needs: {},
  config: schema(nothing),
  start: () => ({
    handlers: { whoAmI: (_input, { caller }) => ({ caller }), secret: () => ({}) },
    protocols: {
      telegraph: {
        renderError,
        handlers: {
          echo: ({ params, query, body, origin }) => json({ word: params['word'], query, body: body.toString(), origin }),
          wide: ({ body }) => json({ size: body.length }),
          refuse: () => {
            throw new AppError('conflict', 'no', { reason: 'BUSY', retryAfter: 2 });
          },
          upload: take,
          download: ({ params, headers }) =>
            params['*'] === 'part'
              ? {
                  status: 206,
                  contentType: 'text/plain',
                  headers: { 'content-range': headers.range ?? '', 'content-length': '3' },
                  body: bytes(3),
                }
              : { status: 200, contentType: 'application/octet-stream', body: bytes(Number(params['*'])) },
          ticks: (_request, { signal }) => ({ status: 200, contentType: 'text/event-stream', body: ticks(signal) }),
        },
      },
    },
  }),
});

const secondService = defineService({
  contract: second,
  needs: {},
  config: schema(nothing),
  start: () => ({ handlers: {}, protocols: { cable: { renderError, handlers: { second: () => json({ service: 'second' }) } } } }),
});

const frontService = defineService({
  contract: front,
  needs: {},
  forwards: [first, second],
  config: schema(nothing),
  start: () => ({ handlers: { own: () => ({}) } }),
});

const { logger } = openLog({ level: 'silent' });
const env = { MLAB_HTTP_REQUEST_TIMEOUT_MS: '500' };
const start = (services: readonly AnyService[], peers: Readonly<Record<string, string>> = {}): Promise<Host> =>
  Host.start({ services, peers, ports: { first: 0, second: 0, front: 0 }, logger, version: '0.0.0', env });

/** Where requests come in: straight at the service, through a door in the same process, through a door elsewhere. */
const ways = {
  direct: async (stack: AsyncDisposableStack) => {
    const host = stack.use(await start([firstService]));
    return host.url('first');
  },
  'handed on in one process': async (stack: AsyncDisposableStack) => {
    const host = stack.use(await start([firstService, secondService, frontService]));
    return host.url('front');
  },
  'handed on over HTTP': async (stack: AsyncDisposableStack) => {
    const behind = stack.use(await start([firstService, secondService]));
    const host = stack.use(await start([frontService], { first: behind.url('first'), second: behind.url('second') }));
    return host.url('front');
  },
};

for (const [way, open] of Object.entries(ways)) {
  test(`a foreign protocol, ${way}`, async (t) => {
    await using stack = new AsyncDisposableStack();
    const url = await open(stack);
    const root = `${url}/telegraph`;

    await t.test('a request comes as it was sent, an answer goes as it was given', async () => {
      const answer = await fetch(`${root}/echo/a%20b?x=1&y=%20`, { method: 'POST', body: 'NaN' });
      assert.equal(answer.status, 200);
      assert.deepEqual(await answer.json(), { word: 'a b', query: 'x=1&y=%20', body: 'NaN', origin: url });
    });

    await t.test('another beginning of its path stands for the same', async () => {
      const answer = await fetch(`${root}/again/b`, { method: 'POST', body: '' });
      assert.deepEqual(await answer.json(), { word: 'b', query: '', body: '', origin: url });
    });

    await t.test('errors are in its own form, also for what nobody takes', async () => {
      const refused = await fetch(`${root}/refuse`);
      assert.deepEqual(
        [refused.status, refused.headers.get('content-type'), refused.headers.get('retry-after'), await refused.text()],
        [418, 'text/telegraph', '2', 'STOP conflict BUSY no'],
      );
      assert.match(await (await fetch(`${root}/nothing`)).text(), /^STOP not_found no_route There is nothing at GET \/telegraph\/nothing/);
      const wrong = await fetch(`${root}/wide`);
      assert.deepEqual([wrong.status, wrong.headers.get('allow')], [405, 'POST']);
      assert.equal((await fetch(`${url}/telegraphs`)).headers.get('content-type'), 'application/problem+json');
    });

    await t.test('bodies are bounded, by route', async () => {
      const post = async (path: string, size: number): Promise<readonly [number, string]> => {
        const answer = await fetch(`${root}${path}`, { method: 'POST', body: Buffer.alloc(size) });
        return [answer.status, await answer.text()];
      };
      assert.equal((await post('/echo/x', 2 * MEGABYTE))[0], 413);
      assert.deepEqual(await post('/wide', 2 * MEGABYTE), [200, `{"size":${2 * MEGABYTE}}`]);
      assert.equal((await post('/wide', 4 * MEGABYTE))[0], 413);
    });

    await t.test('a file is streamed in, however long it is, and however slowly', async () => {
      seen.uploads.length = 0;
      const slow = async function* (): AsyncGenerator<Uint8Array> {
        for (let i = 0; i < 8; i++) {
          yield Buffer.alloc(10);
          await delay(100);
        }
      };
      const [large, slowly] = await Promise.all([
        fetch(`${root}/files/a/b`, { method: 'PUT', body: Buffer.alloc(LARGE), headers: { 'content-type': 'text/x' } }),
        fetch(`${root}/files/slow`, { method: 'PUT', body: slow(), duplex: 'half' }),
      ]);
      assert.deepEqual(await large.json(), { size: LARGE, type: 'text/x' });
      assert.equal(slowly.status, 200);
      assert.deepEqual(seen.uploads, [`a/b ${LARGE}`, 'slow 80']);
    });

    await t.test('who stops sending is told 408; who is refused is told why although he still sends', async () => {
      const socket = connect(Number(new URL(url).port), '127.0.0.1');
      socket.write('PUT /telegraph/files/stuck HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc');
      let said = '';
      socket.on('data', (chunk) => (said += String(chunk)));
      await once(socket, 'close');
      assert.match(said, /^HTTP\/1\.1 408 /);
      const refused = await fetch(`${root}/files/refused`, { method: 'PUT', body: Buffer.alloc(8 * MEGABYTE) });
      assert.deepEqual([refused.status, await refused.text()], [413, 'STOP too_large - Enough.']);
      assert.equal((await fetch(`${root}/second`)).status, way === 'direct' ? 404 : 200);
    });

    await t.test('a file is streamed out, also a part of it', async () => {
      const whole = await fetch(`${root}/files/${LARGE}`);
      assert.equal((await whole.arrayBuffer()).byteLength, LARGE);
      const part = await fetch(`${root}/files/part`, { headers: { range: 'bytes=0-2' } });
      assert.deepEqual([part.status, part.headers.get('content-range'), await part.text()], [206, 'bytes=0-2', 'xxx']);
    });

    await t.test('events arrive as they come, and who leaves is noticed', async () => {
      seen.gone = 0;
      const stop = new AbortController();
      const answer = await fetch(`${root}/ticks`, { signal: stop.signal });
      const reader = answer.body?.getReader();
      // On a busy machine the next may have come along.
      assert.match(Buffer.from((await reader?.read())?.value ?? []).toString(), /^tick 0\n/);
      await reader?.read();
      stop.abort();
      for (let i = 0; i < 500 && seen.gone === 0; i++) await delay(10);
      assert.equal(seen.gone, 1);
    });
  });
}

for (const way of ['handed on in one process', 'handed on over HTTP'] as const) {
  test(`a whole service stands below its name, ${way}`, async () => {
    await using stack = new AsyncDisposableStack();
    const url = await ways[way](stack);
    const get = async (path: string, init?: RequestInit): Promise<unknown> => await (await fetch(url + path, init)).json();
    assert.deepEqual(await get('/first/health'), { service: 'First', status: 'healthy' });
    assert.deepEqual(await get('/second/'), { service: 'Second', status: 'running' });
    assert.deepEqual(await get('/own'), {});
    assert.match(await (await fetch(`${url}/first/docs`)).text(), /docs\/swagger-ui/);
    // Nobody becomes the service that hands his request on, and nobody becomes somebody else by what he says.
    assert.deepEqual(await get('/first/who', { headers: { 'mlab-caller': 'front' } }), { caller: 'forwarded:front' });
    const secret = await fetch(`${url}/first/secret`, { method: 'POST', headers: { 'mlab-caller': 'front' } });
    assert.equal(secret.status, 401);
    assert.match(await (await fetch(`${url}/metrics`)).text(), /operation="forward first",transport="http",status="200"/);
  });
}

test('a service that is away is a 503 that says which, and what it had is there when it is back', async () => {
  await using host = await start([frontService], { first: 'http://127.0.0.1:9', second: 'http://127.0.0.1:9' });
  const answer = await fetch(`${host.url('front')}/first/health`);
  assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, '1']);
  assert.match(await answer.text(), /First cannot be reached/);
  const upload = await fetch(`${host.url('front')}/telegraph/files/x`, { method: 'PUT', body: Buffer.alloc(2 * MEGABYTE) });
  assert.equal(upload.status, 503);
  await using alone = await start([frontService]);
  assert.equal((await fetch(`${alone.url('front')}/first/health`)).status, 503);
});
