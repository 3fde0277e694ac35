import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AppError,
  defineContract,
  defineService,
  download,
  rootCall,
  schema,
  type AnyService,
  type CallMeta,
  type ClientOf,
} from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';

const MEGABYTE = 1024 * 1024;

const pipe = defineContract({
  name: 'pipe',
  title: 'Pipe',
  label: 'Pipe',
  description: 'Answers with bytes.',
  port: 18_111,
  wire: 'problem',
  operations: {
    flow: download('GET /flow/:kind', {
      summary: 'Flow',
      scope: 'pipe:read',
      timeoutMs: 20_000,
      contentTypes: ['text/plain', 'application/octet-stream'],
      input: Type.Object({ kind: Type.String(), size: Type.Integer({ default: 0, minimum: 0 }) }),
    }),
    brief: download('POST /brief', {
      summary: 'Too slow for its time',
      scope: 'pipe:read',
      timeoutMs: 200,
      contentTypes: ['text/plain'],
      input: Type.Object({}),
    }),
  },
});

/** What happened inside of the handlers. */
const seen = { chunks: 0, ended: [] as string[] };

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

async function* flow(kind: string, size: number, { signal }: CallMeta): AsyncGenerator<Uint8Array> {
  seen.chunks = 0;
  try {
    if (kind === 'early') throw new AppError('conflict', 'Not today.', { retryAfter: 2 });
    if (kind === 'crash') throw new Error('secret');
    yield new Uint8Array(0);
    if (kind === 'words') for (const word of ['one ', 'two ', 'drei €']) yield text(word);
    for (let sent = 0; sent < size; sent += MEGABYTE) {
      seen.chunks++;
      yield new Uint8Array(MEGABYTE).fill(seen.chunks % 251);
    }
    if (kind === 'late') throw new AppError('conflict', 'Broken in the middle.');
    if (kind === 'hang') {
      yield text('begun');
      await delay(10_000, undefined, { signal, ref: false });
    }
  } finally {
    seen.ended.push(signal.aborted ? (signal.reason as AppError).code : 'whole');
  }
}

const pipeService = defineService({
  contract: pipe,
  needs: {},
  config: schema(Type.Object({})),
  start: () => ({
    handlers: {
      flow: ({ kind, size }, call) => {
        if (kind === 'refused') throw new AppError('not_found', 'There is no such flow.');
        if (kind === 'other-type') return { contentType: 'text/html', body: flow('words', 0, call) };
        return { contentType: 'text/plain; charset=utf-8', fileName: 'Übung "1".txt', body: flow(kind, size, call) };
      },
      brief: (_input, call) => ({ contentType: 'text/plain', body: flow('hang', 0, call) }),
    },
  }),
});

type Pipe = ClientOf<typeof pipe>;

const reader = defineContract({ ...pipe, name: 'reader', port: 18_112, operations: {} });

const readerService = (take: (client: Pipe) => void): AnyService =>
  defineService({
    contract: reader,
    needs: { pipe },
    config: schema(Type.Object({})),
    start: ({ clients }) => {
      take(clients.pipe);
      return { handlers: {} };
    },
  });

interface Way extends AsyncDisposable {
  readonly client: Pipe;
  readonly lines: () => readonly Record<string, unknown>[];
}

async function open(way: 'co-hosted' | 'apart'): Promise<Way> {
  let client: Pipe | undefined;
  const folder = await mkdtemp(join(tmpdir(), 'mlab-downloads-'));
  const file = join(folder, 'log');
  const log = openLog({ level: 'info', file });
  const { logger } = log;
  const lines = (): Record<string, unknown>[] => {
    const whole = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
    return whole.map((line) => JSON.parse(line) as Record<string, unknown>);
  };
  const removed = (): Promise<void> => rm(folder, { recursive: true });
  seen.ended = [];
  const take = (taken: Pipe): void => void (client = taken);
  if (way === 'co-hosted') {
    const app = await startTest(readerService(take), { neighbours: [pipeService], logger });
    return { client: client as unknown as Pipe, lines, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]().then(removed) };
  }
  const there = await startTest(pipeService, { logger });
  const here = await startTest(readerService(take), { peers: { pipe: there.url } });
  return {
    client: client as unknown as Pipe,
    lines,
    [Symbol.asyncDispose]: async () => {
      await here[Symbol.asyncDispose]();
      await there[Symbol.asyncDispose]();
      await removed();
    },
  };
}

async function until(what: string, condition: () => boolean): Promise<void> {
  const limit = performance.now() + 3000;
  while (!condition()) {
    assert.ok(performance.now() < limit, `not within three seconds: ${what}`);
    await delay(2);
  }
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const described = (error: unknown): object => {
  assert.ok(AppError.is(error), String(error));
  const { code, message, retryAfter, failure } = error;
  return { code, message, retryAfter, failure };
};

for (const way of ['co-hosted', 'apart'] as const) {
  test(`${way}: a download comes whole, with its type and its name, and its bytes are in the log`, async () => {
    await using lab = await open(way);
    const { contentType, fileName, body } = await lab.client.flow({ kind: 'words', size: 0 }, rootCall('test'));
    assert.deepEqual({ contentType, fileName }, { contentType: 'text/plain; charset=utf-8', fileName: 'Übung "1".txt' });
    assert.equal((await collect(body)).toString(), 'one two drei €');
    await until('it is logged', () => lab.lines().some(({ msg, bytes, status }) => msg === 'request' && bytes === 16 && status === 200));
  });

  test(`${way}: an empty download is an empty body`, async () => {
    await using lab = await open(way);
    const { body } = await lab.client.flow({ kind: 'nothing', size: 0 }, rootCall('test'));
    assert.equal((await collect(body)).length, 0);
  });

  for (const [kind, expected] of [
    ['refused', { code: 'not_found', message: 'There is no such flow.', retryAfter: undefined, status: 404 }],
    ['early', { code: 'conflict', message: 'Not today.', retryAfter: 2, status: 409 }],
    [
      'crash',
      { code: 'internal', message: 'Something went wrong inside this service; its log says more.', retryAfter: undefined, status: 500 },
    ],
    [
      'other-type',
      { code: 'internal', message: 'Something went wrong inside this service; its log says more.', retryAfter: undefined, status: 500 },
    ],
  ] as const) {
    test(`${way}: what fails before the first byte (${kind}) is answered as any error`, async () => {
      await using lab = await open(way);
      const { status, ...error } = expected;
      const got = await lab.client.flow({ kind, size: 0 }, rootCall('test')).then(() => assert.fail('it came'), described);
      assert.deepEqual(got, { ...error, failure: { kind: 'answered', notSent: false, status } });
    });
  }

  test(`${way}: what fails in the middle is seen as incomplete by who reads, and logged with its cause`, async () => {
    await using lab = await open(way);
    const { body } = await lab.client.flow({ kind: 'late', size: 2 * MEGABYTE }, rootCall('test'));
    assert.deepEqual(await collect(body).then(() => assert.fail('it ended well'), described), {
      code: 'unavailable',
      message: 'It broke off in the middle of its answer.',
      retryAfter: undefined,
      failure: { kind: 'reset', notSent: false },
    });
    await until('it is logged', () =>
      lab.lines().some((line) => line['detail'] === 'Broken in the middle.' && line['bytes'] === 2 * MEGABYTE),
    );
  });

  test(`${way}: who reads slowly slows the writer, and who stops ends it`, async () => {
    await using lab = await open(way);
    const { body } = await lab.client.flow({ kind: 'much', size: 200 * MEGABYTE }, rootCall('test'));
    const iterator = body[Symbol.asyncIterator]();
    await iterator.next();
    await settled(() => seen.chunks);
    assert.ok(seen.chunks < 40, `${seen.chunks} MB were made although one chunk was read`);
    await iterator.return?.();
    await until('the writer ends', () => seen.ended.length === 1);
    assert.deepEqual(seen.ended, ['cancelled']);
    await until('it is logged', () => lab.lines().some(({ error, status }) => error === 'cancelled' && status === 499));
  });

  test(`${way}: the signal of the caller ends it on both sides`, async () => {
    await using lab = await open(way);
    const controller = new AbortController();
    const { body } = await lab.client.flow({ kind: 'hang', size: 0 }, rootCall('test', 5000, controller.signal));
    const iterator = body[Symbol.asyncIterator]();
    assert.equal(Buffer.from((await iterator.next()).value as Uint8Array).toString(), 'begun');
    const next = iterator.next();
    controller.abort();
    await assert.rejects(next, (error) => AppError.is(error, 'cancelled'));
    await until('the writer ends', () => seen.ended.length === 1);
    assert.deepEqual(seen.ended, ['cancelled']);
  });

  test(`${way}: the time of the operation, and that of the caller, is for all of it`, async () => {
    await using lab = await open(way);
    const own = await lab.client.brief({}, rootCall('test'));
    await assert.rejects(collect(own.body), (error) => AppError.is(error, 'unavailable'));
    const asked = await lab.client.flow({ kind: 'hang', size: 0 }, rootCall('test', 150));
    await assert.rejects(collect(asked.body), (error) => AppError.is(error, 'deadline'));
    await until('both writers end', () => seen.ended.length === 2);
    assert.equal(seen.ended[0], 'deadline');
  });

  test(`${way}: 50 MB come unchanged, and memory stays where it was`, async () => {
    await using lab = await open(way);
    const { body } = await lab.client.flow({ kind: 'much', size: 50 * MEGABYTE }, rootCall('test', 20_000));
    let bytes = 0;
    let right = true;
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    for await (const chunk of body) {
      right &&= chunk[0] === (Math.floor(bytes / MEGABYTE) + 1) % 251;
      bytes += chunk.length;
      most = Math.max(most, seen.chunks - bytes / MEGABYTE);
    }
    assert.equal(bytes, 50 * MEGABYTE);
    assert.ok(right, 'each chunk is where it belongs');
    assert.ok(most < 20, `${most} MB were on the way at once`);
    assert.ok(process.memoryUsage().arrayBuffers - before < 200 * MEGABYTE);
    assert.deepEqual(seen.ended, ['whole']);
  });
}

/** Waits until a number has stood still for a while. */
async function settled(read: () => number): Promise<void> {
  let before = -1;
  for (let still = 0; still < 10;) {
    await delay(10);
    still = read() === before ? still + 1 : 0;
    before = read();
  }
}

test('a client that goes away in the middle ends the iterator', async () => {
  await using app = await startTest(pipeService);
  seen.ended = [];
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.write('GET /flow/much?size=209715200 HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await new Promise((resolve) => socket.once('data', resolve));
  socket.destroy();
  await until('the writer ends', () => seen.ended.length === 1);
  assert.deepEqual(seen.ended, ['cancelled']);
});

test('the description names the types, the headers are harmless, and the bytes are counted', async () => {
  await using app = await startTest(pipeService);
  const { paths } = (await (await fetch(`${app.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, { responses: Record<string, { content: object }> }>>;
  };
  assert.deepEqual(Object.keys(paths['/flow/{kind}']?.['get']?.responses['200']?.content ?? {}), [
    'text/plain',
    'application/octet-stream',
  ]);
  const answer = await fetch(`${app.url}/flow/words`);
  assert.equal(
    answer.headers.get('content-disposition'),
    `attachment; filename="_bung _1_.txt"; filename*=UTF-8''%C3%9Cbung%20%221%22.txt`,
  );
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(await answer.text(), 'one two drei €');
  assert.match(await (await fetch(`${app.url}/metrics`)).text(), /mlab_download_bytes_total\{operation="flow"\} 16/);
});
