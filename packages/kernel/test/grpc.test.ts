import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { create, toBinary } from '@bufbuild/protobuf';
import {
  AppError,
  defineContract,
  defineService,
  Host,
  rootCall,
  schema,
  type CallMeta,
  type Discovery,
  type Instance,
  type Issue,
} from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { Health, HealthCheckRequestSchema, HealthCheckResponse_ServingStatus as Serving } from '@mlab/protos/health';
import { PredictorService } from '@mlab/protos/predictor';
import { Type } from '@mlab/schema';
import { openLog } from '@mlab/telemetry';
import { ANSWERS, clientOf, framed, question, refusal, sample, sampleOf, send, withSession, type RawAnswer } from './grpc-sample.ts';
import { testCertificates, type TestCertificates } from './identity-settings.ts';

const SECRET = { MLAB_IDENTITY: 'secret', MLAB_IDENTITY_SECRET: 'a secret of thirty-two bytes, at least' };

const askerOf = (name: string) =>
  defineService({
    contract: defineContract({ name, title: name, label: name, description: '', port: 8991, wire: 'problem', operations: {} }),
    needs: { sample },
    config: schema(Type.Object({})),
    start: ({ peers }) => {
      copies = () => peers.sample.instances();
      return { handlers: {} };
    },
  });
let copies: () => readonly Pick<Instance<unknown>, 'id' | 'grpc'>[] = () => [];
const way = () => copies()[0]?.grpc?.client(PredictorService);

test('a question is answered for who asks, in his trace, and counted by its method', async () => {
  let seen: CallMeta | undefined;
  await using app = await startTest(
    sampleOf((input, call) => {
      seen = call;
      return `${input}!`;
    }),
  );
  await using asker = clientOf(app.grpcUrl, 'reader');
  const call = rootCall('test');
  assert.equal((await asker.client.predict({ input: 'hello' }, call)).message, 'hello!');
  assert.equal(seen?.caller, 'reader');
  assert.equal(seen.trace.traceId, call.trace.traceId);
  const metrics = await (await fetch(`${app.url}/metrics`)).text();
  assert.match(metrics, /mlab_request_duration_seconds_count\{operation="PredictorService\.Predict",transport="grpc",status="200"\} 1/);
});

test('each error has its status, and is the same error again for who knows us', async () => {
  const issues = [{ type: 'int_type', loc: ['body', 'rows', 0, 'age'], msg: 'Input should be a number', input: 'x' }];
  await using app = await startTest(
    sampleOf((code) => {
      if (code === 'crash') throw new Error('the password is 1234');
      if (code === 'long')
        throw new AppError('conflict', '長'.repeat(100_000), { issues: Array.from({ length: 9999 }, () => issues[0] as Issue) });
      throw new AppError(code as 'invalid', `It is ${code} – \ud800`, { retryAfter: 7, ...(code === 'invalid' ? { issues } : {}) });
    }),
  );
  await using asker = clientOf(app.grpcUrl);
  await withSession(app.grpcUrl, async (session) => {
    const statuses = {
      invalid: '3',
      not_found: '5',
      conflict: '9',
      forbidden: '7',
      unauthenticated: '16',
      unavailable: '14',
      exhausted: '8',
    };
    for (const [code, status] of Object.entries(statuses)) {
      assert.equal((await send(session, framed(question(code)))).status, status, code);
      const error = await refusal(asker.client.predict({ input: code }, rootCall('test')));
      assert.equal(error.code, code);
      assert.equal(error.retryAfter, 7);
      assert.equal(error.failure?.kind, 'answered');
      if (code === 'invalid') assert.deepEqual(error.issues, issues);
    }
    const crashed = await send(session, framed(question('crash')));
    assert.equal(crashed.status, '13');
    assert.doesNotMatch(JSON.stringify(crashed), /password/);
    // Clients take 8 KiB of trailers.
    const { trailers, message } = await send(session, framed(question('long')));
    assert.ok(Buffer.byteLength(JSON.stringify(trailers)) < 8000);
    assert.match(message, /^長+…$/);
    assert.match((await send(session, framed(question('invalid')))).message, /It is invalid – .* rows\.0\.age: Input should be a number/);
  });
});

test('a deadline ends a call on both sides, at the limit of the method at the latest', async () => {
  const reasons: string[] = [];
  const ended = (call: CallMeta): Promise<string> =>
    new Promise((resolve) => {
      const note = (): void => {
        reasons.push((call.signal.reason as AppError).code);
        resolve('too late');
      };
      if (call.signal.aborted) note();
      else call.signal.addEventListener('abort', note);
    });
  await using app = await startTest(sampleOf((_, call) => ended(call)));
  await using asker = clientOf(app.grpcUrl);
  const began = performance.now();
  assert.equal((await refusal(asker.client.predict({ input: '' }, rootCall('test', 100)))).code, 'deadline');
  assert.ok(performance.now() - began < 600);
  const limited = await withSession(app.grpcUrl, (session) => send(session, framed(question('')), { 'grpc-timeout': '90S' }));
  assert.equal(limited.status, '4');
  assert.ok(performance.now() - began < 2500);
  // A client whose own time is over also says so, and that may arrive before the server's clock has come as far.
  assert.match(reasons.join(), /^(deadline|cancelled),deadline$/);
});

test('a client that goes away cancels the work behind its call', async () => {
  const { promise: heard, resolve } = Promise.withResolvers<string>();
  const { promise: asked, resolve: arrived } = Promise.withResolvers<void>();
  await using app = await startTest(
    sampleOf(
      (_, call) =>
        new Promise(() => {
          call.signal.addEventListener('abort', () => resolve((call.signal.reason as AppError).code));
          arrived();
        }),
    ),
  );
  await using asker = clientOf(app.grpcUrl);
  const leaving = new AbortController();
  const answer = refusal(asker.client.predict({ input: '' }, rootCall('test', 5000, leaving.signal)));
  await asked;
  leaving.abort();
  assert.equal(await heard, 'cancelled');
  assert.equal((await answer).code, 'cancelled');
});

test('what is no call of ours is refused, and others go on', async () => {
  await using app = await startTest(sampleOf((input) => input));
  await withSession(app.grpcUrl, async (session) => {
    const refused = async (expected: string, body: Buffer | undefined, headers?: OutgoingHttpHeaders): Promise<RawAnswer> => {
      const answer = await send(session, body, headers);
      assert.equal(answer.status, expected, JSON.stringify(answer));
      return answer;
    };
    const garbage = await refused('3', framed(Buffer.from('ffffffffff0102', 'hex')));
    assert.match(garbage.message, /cannot be read as mlab\.predictor\.v1\.PredictRequest/);
    await refused('3', framed(Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x07])));
    await refused('8', framed(question('x'), { length: 0xffff_ffff }));
    await refused('8', framed(question('x'.repeat(100_001))));
    await refused('8', framed(gzipSync(question('x'.repeat(10_000_000))), { compressed: 1 }), { 'grpc-encoding': 'gzip' });
    assert.equal((await send(session, framed(gzipSync(question('x')), { compressed: 1 }), { 'grpc-encoding': 'gzip' })).status, '0');
    // Broken off within its frame, without one, or with more than one message.
    assert.notEqual((await send(session, framed(question('hello')).subarray(0, 8))).status, '0');
    assert.notEqual((await send(session, undefined)).status, '0');
    assert.notEqual((await send(session, framed(question('hello'), { compressed: 1 }), { 'grpc-encoding': 'gzip' })).status, '0');
    assert.notEqual((await send(session, framed(question('hello'), { compressed: 1 }), { 'grpc-encoding': 'snappy' })).status, '0');
    await refused('12', framed(question('x')), { ':path': `/${ANSWERS}/Nothing` });
    await refused('12', framed(question('x')), { ':path': '/\u00e9%00/../../etc/passwd' });
    assert.equal((await send(session, Buffer.from('{}'), { 'content-type': 'application/json' })).http, 415);
    assert.equal((await send(session, framed(question('fine')))).status, '0');
  });
  // What is not HTTP/2 at all.
  for (const bytes of [
    'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01',
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff',
  ]) {
    const socket = connectTcp(Number(new URL(app.grpcUrl).port), '127.0.0.1');
    socket.on('error', () => {});
    socket.write(bytes, 'latin1');
    socket.resume();
    setTimeout(() => socket.destroy(), 100);
    await once(socket, 'close');
  }
  await using asker = clientOf(app.grpcUrl);
  assert.equal((await asker.client.predict({ input: 'still here' }, rootCall('test'))).message, 'still here');
});

test('pages of others are kept out by the host and the origin that they name', async () => {
  await using app = await startTest(sampleOf((input) => input));
  await withSession(app.grpcUrl, async (session) => {
    assert.equal((await send(session, framed(question('x')), { ':authority': 'evil.example.org:9001' })).status, '7');
    assert.equal((await send(session, framed(question('x')), { origin: 'https://evil.example.org' })).status, '7');
    assert.equal((await send(session, framed(question('x')), { ':authority': 'localhost:9001' })).status, '0');
  });
});

test('a message that does not arrive in time is not waited for', async () => {
  await using app = await startTest(
    sampleOf((input) => input),
    { env: { MLAB_HTTP_REQUEST_TIMEOUT_MS: '200' } },
  );
  await withSession(app.grpcUrl, async (session) => {
    const stream = session.request({ ':method': 'POST', ':path': `/${ANSWERS}/Predict`, 'content-type': 'application/grpc' });
    stream.on('error', () => {});
    stream.write(framed(question('x')).subarray(0, 3));
    const [head] = (await once(stream, 'response')) as [IncomingHttpHeaders];
    assert.equal(head['grpc-status'], '4');
    stream.destroy();
  });
});

test('health is asked for as by all of gRPC, by those who prove nothing too', async () => {
  let well = true;
  await using app = await startTest(
    sampleOf(
      (input) => input,
      () => well,
    ),
    { env: { ...SECRET, MLAB_IDENTITY_REQUIRE: 'true' } },
  );
  await using asker = clientOf(app.grpcUrl);
  const state = async (service = ''): Promise<Serving> => (await asker.health.check({ service }, rootCall('test'))).status;
  assert.equal(await state(), Serving.SERVING);
  well = false;
  assert.equal(await state(ANSWERS), Serving.NOT_SERVING);
  assert.equal((await refusal(state('unheard.of'))).code, 'not_found');
  assert.equal((await refusal(asker.client.predict({ input: '' }, rootCall('test')))).code, 'unauthenticated');
  // Who watches is told of the next change.
  const { method } = Health;
  await withSession(app.grpcUrl, async (session) => {
    const stream = session.request({ ':method': 'POST', ':path': '/grpc.health.v1.Health/Watch', 'content-type': 'application/grpc' });
    stream.end(framed(toBinary(method.watch.input, create(HealthCheckRequestSchema))));
    const states: number[] = [];
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      states.push(chunk.at(-1) as number);
      well = true;
      if (states.length === 2) break;
    }
    assert.deepEqual(states, [Serving.NOT_SERVING, Serving.SERVING]);
  });
});

/** Starts a service that calls the sample, which runs in the same process or elsewhere. */
async function startAsker(name: string, env: Readonly<Record<string, string>>, peer?: { readonly http: string; readonly grpc: string }) {
  return startTest(askerOf(name) as never, {
    env,
    neighbours: peer === undefined ? [sampleOf((input) => `${input}, here`)] : [],
    ...(peer === undefined ? {} : { peers: { sample: peer.http }, grpcPeers: { sample: [Number(new URL(peer.grpc).port)] } }),
  });
}

test('a neighbour is asked over gRPC wherever it is, and known by its token', async () => {
  {
    await using _ = await startAsker('reader', {});
    assert.equal((await way()?.predict({ input: 'co-hosted' }, rootCall('test')))?.message, 'co-hosted, here');
  }
  await using there = await startTest(
    sampleOf((input) => `${input}, there`),
    { env: SECRET },
  );
  const peer = { http: there.url, grpc: there.grpcUrl };
  {
    await using _ = await startAsker('reader', SECRET, peer);
    assert.equal((await way()?.predict({ input: 'apart' }, rootCall('test')))?.message, 'apart, there');
    assert.equal((await way()?.predictRows({}, rootCall('test')))?.model, 'reader');
  }
  {
    await using _ = await startAsker('stranger', SECRET, peer);
    assert.equal((await refusal(way()?.predictRows({}, rootCall('test')) as Promise<unknown>)).code, 'forbidden');
  }
  await using liar = clientOf(there.grpcUrl, 'reader');
  assert.equal((await refusal(liar.client.predictRows({}, rootCall('test')))).code, 'unauthenticated');
});

/** What all instances know of each other, without a database. */
function openDiscovery(): Discovery {
  const known = new Map<string, Set<string>>();
  const watchers: (() => void)[] = [];
  const at = (service: string): Set<string> => known.get(service) ?? known.set(service, new Set()).get(service) ?? new Set();
  return {
    announce: async (service, url) => {
      at(service).add(url);
      for (const tell of watchers) tell();
      return {
        [Symbol.asyncDispose]: async () => {
          at(service).delete(url);
          for (const tell of watchers) tell();
        },
      };
    },
    watch: async (service, onChange) => {
      const tell = (): void => onChange([...at(service)]);
      tell();
      watchers.push(tell);
      return { [Symbol.asyncDispose]: async () => void watchers.splice(watchers.indexOf(tell), 1) };
    },
  };
}

test('each copy that has made itself known is asked at its own address', async () => {
  const facilities = { discovery: openDiscovery() };
  await using _ = await startTest(askerOf('reader') as never, { facilities });
  assert.equal(way(), undefined);
  await using first = await startTest(
    sampleOf(() => 'the first'),
    { facilities },
  );
  await using second = await startTest(
    sampleOf(() => 'the second'),
    { facilities },
  );
  const answers = new Map<string, string>();
  for (const { id, grpc } of copies()) {
    const answer = await grpc?.client(PredictorService).predict({}, rootCall('test'));
    answers.set(id, answer?.message ?? '');
  }
  assert.deepEqual(Object.fromEntries(answers), { [new URL(first.url).host]: 'the first', [new URL(second.url).host]: 'the second' });
});

let certificates: TestCertificates;
before(async () => {
  certificates = await testCertificates({ there: ['sample'], here: ['reader'], others: ['stranger'] });
});
after(() => certificates[Symbol.dispose]());

test('certificates prove both sides', async () => {
  await using there = await startTest(
    sampleOf((input) => input),
    { env: certificates.env('there') },
  );
  assert.match(there.grpcUrl, /^https:/);
  const peer = { http: there.url, grpc: there.grpcUrl };
  {
    await using _ = await startAsker('reader', certificates.env('here'), peer);
    assert.equal((await way()?.predictRows({}, rootCall('test')))?.model, 'reader');
  }
  {
    await using _ = await startAsker('stranger', certificates.env('others'), peer);
    assert.equal((await refusal(way()?.predictRows({}, rootCall('test')) as Promise<unknown>)).code, 'forbidden');
  }
  // Somebody else's certificate in the neighbour's place.
  await using wrong = await startTest(askerOf('stranger') as never, {
    env: certificates.env('others'),
    neighbours: [],
    peers: { sample: there.url },
    grpcPeers: { sample: [Number(new URL(there.url).port)] },
  });
  assert.ok(wrong.url !== '');
  assert.ok(
    ['unavailable', 'bad_gateway'].includes((await refusal(way()?.predict({ input: '' }, rootCall('test')) as Promise<unknown>)).code),
  );
});

test('nobody there, and a port that is taken, are told in a sentence', async () => {
  const app = await startTest(sampleOf((input) => input));
  const { port } = new URL(app.grpcUrl);
  const options = { services: [sampleOf((input) => input)], ports: { sample: 0 }, grpcPorts: { sample: Number(port) }, version: '0' };
  await assert.rejects(
    Host.start({ ...options, logger: openLog({ level: 'silent' }).logger }),
    new RegExp(`Port ${port} for sample \\(gRPC\\) is taken by another program: end it, or choose another with MLAB_SAMPLE_GRPC_PORT`),
  );
  await using asker = clientOf(app.grpcUrl);
  assert.equal((await asker.client.predict({ input: 'x' }, rootCall('test'))).message, 'x');
  await app[Symbol.asyncDispose]();
  // What is lost of the old connection is known only when it is used.
  await refusal(asker.client.predict({ input: 'x' }, rootCall('test')));
  const error = await refusal(asker.client.predict({ input: 'x' }, rootCall('test')));
  assert.equal(error.code, 'unavailable');
  assert.deepEqual([error.failure?.kind, error.failure?.notSent], ['refused', true]);
});

test('a shutdown lets calls under way end', async () => {
  const { promise: asked, resolve: arrived } = Promise.withResolvers<void>();
  const { promise: go, resolve: answer } = Promise.withResolvers<string>();
  const app = await startTest(
    sampleOf(() => {
      arrived();
      return go;
    }),
  );
  await using asker = clientOf(app.grpcUrl);
  const answered = asker.client.predict({ input: '' }, rootCall('test'));
  await asked;
  const down = app[Symbol.asyncDispose]();
  answer('until the end');
  assert.equal((await answered).message, 'until the end');
  await down;
});
