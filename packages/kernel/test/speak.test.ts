import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError, defineContract, defineService, rootCall, route, schema, type ForeignQuestion, type Instance } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Type } from '@mlab/schema';

const about = { description: '', port: 0, wire: 'problem', operations: {} } as const;

const signals = {
  title: 'Signals',
  root: '/signals',
  routes: {
    echo: route('POST /echo/:flag/*', { summary: 'Answers what it got', scope: 'ship:use', maxBodyBytes: 2_000_000 }),
    parts: route('GET /parts', { summary: 'Answers in parts', scope: 'ship:use' }),
    refuse: route('POST /refuse', { summary: 'Refuses', scope: 'ship:use' }),
    wait: route('GET /wait', { summary: 'Never answers', scope: 'ship:use' }),
  },
} as const;

const ship = defineContract({ ...about, name: 'ship', title: 'Ship', label: 'Ship', protocols: { signals } });
const shore = defineContract({ ...about, name: 'shore', title: 'Shore', label: 'Shore' });
const config = schema(Type.Object({}));

interface Seen {
  readonly caller: string;
  readonly flag: string | undefined;
  readonly rest: string | undefined;
  readonly query: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

function theShip(seen: Seen[], aborted: PromiseWithResolvers<void>) {
  return defineService({
    contract: ship,
    needs: {},
    config,
    start: () => ({
      handlers: {},
      protocols: {
        signals: {
          renderError: ({ code, message }) => ({
            status: code === 'invalid' ? 418 : 503,
            contentType: 'text/flags',
            body: `${code}: ${message}`,
          }),
          handlers: {
            echo: ({ params, query, headers, body }, { caller }) => {
              seen.push({ caller: caller.replace(/^claimed:/, ''), flag: params['flag'], rest: params['*'], query, headers });
              return { status: 299, contentType: 'application/x-flags', headers: { 'X-Length': String(body.length) }, body };
            },
            parts: () => ({
              status: 200,
              contentType: 'text/plain',
              body: (async function* () {
                yield Buffer.from('one ');
                yield Buffer.from('two');
              })(),
            }),
            refuse: () => {
              throw new AppError('unavailable', 'Fog.', { retryAfter: 7 });
            },
            wait: (_request, { signal }) => {
              signal.addEventListener('abort', () => aborted.resolve());
              return new Promise(() => {});
            },
          },
        },
      },
    }),
  });
}

type Speaking = Pick<Instance<unknown>, 'speak'>;

/** Apart and in one process: whoever asks must not see which. */
async function bothWays(scenario: (instance: Speaking, seen: Seen[], aborted: Promise<void>) => Promise<unknown>): Promise<void> {
  const results: unknown[] = [];
  for (const apart of [true, false]) {
    const seen: Seen[] = [];
    const aborted = Promise.withResolvers<void>();
    let instance: Speaking | undefined;
    const asking = defineService({
      contract: shore,
      needs: { ship },
      config,
      start: ({ peers }) => {
        [instance] = peers.ship.instances();
        return { handlers: {} };
      },
    });
    const service = theShip(seen, aborted);
    await using other = apart ? await startTest(service) : undefined;
    await using _app = await startTest(asking, other === undefined ? { neighbours: [service] } : { peers: { ship: other.url } });
    assert.ok(instance);
    results.push(await scenario(instance, seen, aborted.promise));
  }
  assert.deepEqual(results[0], results[1], 'the same apart and co-hosted');
}

test('a question in a foreign protocol comes as it was asked, and so does its answer', () =>
  bothWays(async ({ speak }, seen) => {
    const body = Buffer.from([0, 255, 1, 254, 13, 10]);
    const question: ForeignQuestion = {
      params: { flag: 'a/b ü?', '*': 'c/d e' },
      query: 'x=%20y',
      headers: {
        'inference-header-content-length': '3',
        'content-encoding': 'gzip',
        'content-type': 'application/octet-stream',
        'transfer-encoding': 'chunked',
        'content-length': '999',
        host: 'elsewhere',
        connection: 'x-secret',
        'x-secret': '1',
        'mlab-caller': 'root',
      },
      body,
    };
    const answer = await speak(signals, 'echo', question, rootCall('nobody'));
    const { headers, ...rest } = seen[0] as Seen;
    assert.deepEqual(rest, { caller: 'shore', flag: 'a/b ü?', rest: 'c/d e', query: 'x=%20y' }, 'who asks is the service');
    assert.equal(headers['inference-header-content-length'], '3');
    assert.equal(headers['content-encoding'], 'gzip');
    assert.equal(headers['content-type'], 'application/octet-stream');
    assert.equal(headers['content-length'], '6');
    for (const name of ['transfer-encoding', 'x-secret']) assert.equal(headers[name], undefined, name);
    assert.deepEqual([answer.status, answer.contentType, answer.headers?.['x-length']], [299, 'application/x-flags', '6']);
    assert.deepEqual(Buffer.from(answer.body), body);
    const parts = await speak(signals, 'parts', {}, rootCall('nobody'));
    return [answer.status, Buffer.from(parts.body).toString()];
  }));

test('an error comes in the words of the protocol, and no answer is an error of the call', () =>
  bothWays(async ({ speak }, _seen, aborted) => {
    const refusal = await speak(signals, 'refuse', { body: Buffer.from('x') }, rootCall('nobody'));
    assert.deepEqual([refusal.status, refusal.contentType, refusal.headers?.['retry-after']], [503, 'text/flags', '7']);
    const large = await speak(signals, 'echo', { params: { flag: 'f', '*': 'r' }, body: Buffer.alloc(2_000_001) }, rootCall('nobody'));
    let late: unknown;
    // On a busy machine the other side may notice it first by far, and then its own words are the answer.
    for (let tries = 0; tries < 20 && !AppError.is(late, 'deadline'); tries++)
      late = await speak(signals, 'wait', {}, rootCall('nobody', 60)).catch((error: unknown) => error);
    assert.ok(AppError.is(late, 'deadline'));
    assert.equal(late.failure?.kind, 'timeout');
    await aborted;
    const leaving = new AbortController();
    const left = speak(signals, 'wait', {}, rootCall('nobody', 5000, leaving.signal)).catch((error: unknown) => error);
    leaving.abort();
    const cancelled = await left;
    assert.ok(AppError.is(cancelled, 'cancelled'));
    await assert.rejects(speak(signals, 'echo', {}, rootCall('nobody')), /does not say :flag/);
    return [Buffer.from(refusal.body).toString(), Buffer.from(large.body).toString(), late.message, cancelled.message];
  }));
