import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, suite, test } from 'node:test';
import { processInput } from './ask.ts';
import { answering, hangingUp, silent, startFakeB, type Behaviour, type FakeB } from './fake-b.ts';
import { startHere, type PlatformHere } from './platform-here.ts';
import { startProcess } from './platform-process.ts';
import { metric, waitUntil } from './wait.ts';

type Env = Readonly<Record<string, string>>;

/** Service B is elsewhere in all of them: one that is named wins over one in the same process. */
const ALONE = 'gateway';
const CO_HOSTED = 'gateway,predictor';

const startGateway = (url: string, env: Env = {}, target = ALONE): Promise<PlatformHere> =>
  startHere({ target, env: { SERVICE_B_URL: url, ...env } });

const OTHER = JSON.stringify({ prediction: { class: 'x', confidence: 1, input_length: 1, logits: [1, 2] }, message: 'm', model: 'mine' });
const ISSUES = JSON.stringify({ detail: [{ type: 'missing', loc: ['body', 'input'], msg: 'Field required', input: null }] });

const ROWS: readonly (readonly [what: string, Behaviour, status: number, body: unknown])[] = [
  [
    'more fields than ours',
    answering(200, OTHER),
    200,
    { status: 'Input logged successfully', model_prediction: JSON.parse(OTHER) as unknown },
  ],
  ['500', answering(500, '{"detail":"x at 10.0.0.1:99 in file.py"}'), 503, { detail: 'Service B is unavailable: it answered 500' }],
  ['503 as HTML', answering(503, '<h1>Service Unavailable</h1>'), 503, { detail: 'Service B is unavailable: it answered 503' }],
  ['a connection that it closes', hangingUp, 503, { detail: 'Service B is unavailable: it closed the connection before it answered' }],
  ['422', answering(422, ISSUES), 502, undefined],
  ['404', answering(404, '{"detail":"Not Found"}'), 502, undefined],
  ['200 with something else', answering(200, '{"ok":true}'), 502, undefined],
  ['200 with no JSON', answering(200, 'fine'), 502, undefined],
];

suite('alone, in a process of its own, and co-hosted', () => {
  const stack = new AsyncDisposableStack();
  const gateways: PlatformHere[] = [];
  let b: FakeB;
  before(async () => {
    b = stack.use(await startFakeB());
    // One after the other asks what fails: no breaker may answer in the place of Service B.
    const env = { MLAB_GATEWAY_BREAKER_CONSECUTIVE_FAILURES: '1000', MLAB_GATEWAY_BREAKER_MINIMUM_VOLUME: '1000' };
    gateways.push(stack.use(await startProcess({ target: ALONE, env: { SERVICE_B_URL: b.url, ...env } })));
    for (const target of [ALONE, CO_HOSTED]) gateways.push(stack.use(await startGateway(b.url, env, target)));
  });
  after(() => stack.disposeAsync());

  for (const [what, behaviour, status, body] of ROWS)
    test(`Service B answers ${what}: ${status}`, async () => {
      b.become(behaviour);
      const texts = new Set<string>();
      for (const { urls } of gateways) {
        const before = b.arrivals();
        const answer = await processInput(urls['gateway'] ?? '', 'x');
        const text = await answer.text();
        assert.equal(answer.status, status, text);
        assert.ok(b.arrivals() > before, 'it is the Service B outside that was asked');
        if (body !== undefined) assert.deepEqual(JSON.parse(text), body);
        else assert.match((JSON.parse(text) as { detail: string }).detail, /^Service B /);
        assert.doesNotMatch(text, /10\.0\.0\.1|file\.py|127\.0\.0\.1|node_modules/);
        texts.add(text);
      }
      assert.equal(texts.size, 1, 'the same answer from each');
    });
});

for (const target of [ALONE, CO_HOSTED]) {
  test(`${target}: a failed call is repeated once, on another instance, and the client does not notice`, async () => {
    await using bad = await startFakeB(answering(500, '{}'));
    await using good = await startFakeB();
    await using gateway = await startGateway(`${bad.url} ${good.url}`, {}, target);
    const a = gateway.urls['gateway'] ?? '';
    for (let i = 0; i < 20; i++) assert.equal((await processInput(a, 'x')).status, 200);
    assert.ok(bad.arrivals() >= 1 && bad.arrivals() < 20, `${bad.arrivals()} calls reached the bad one`);
    assert.ok(((await metric(a, 'mlab_upstream_events_total', 'event="retry"')) ?? 0) >= 1);
  });

  test(`${target}: a client that goes away cancels the call to Service B`, async () => {
    await using b = await startFakeB(silent);
    await using gateway = await startGateway(b.url, {}, target);
    const { hostname, port } = new URL(gateway.urls['gateway'] ?? '');
    const socket = connect({ host: hostname, port: Number(port) });
    await once(socket, 'connect');
    socket.write('POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"data":"x"}');
    await waitUntil('the call reaches B', 2000, () => b.arrivals() === 1);
    socket.destroy();
    await waitUntil('B is let go', 1000, () => b.abandoned() === 1);
    assert.equal(await metric(gateway.urls['gateway'] ?? '', 'mlab_upstream_in_flight'), 0);
  });
}

test('the fallback answers while Service B is away, and says what it is', async () => {
  await using gateway = await startGateway('http://127.0.0.1:9/predict', {
    MLAB_GATEWAY_FALLBACK_CLASS: 'cat',
    MLAB_GATEWAY_FALLBACK_CONFIDENCE: '0.5',
  });
  const a = gateway.urls['gateway'] ?? '';
  const answer = await processInput(a, '日本🐟');
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), {
    status: 'Input logged successfully',
    model_prediction: {
      prediction: { class: 'cat', confidence: 0.5, input_length: 3 },
      message: 'Fallback class: cat, because Service B is unavailable',
    },
  });
  assert.equal(await metric(a, 'mlab_fallbacks_total'), 1);
});

test('a client above its rate is answered 429 and told in headers when to come back', async () => {
  await using gateway = await startGateway('http://127.0.0.1:9/predict', {
    MLAB_GATEWAY_RATE_LIMIT_LIMIT: '60',
    MLAB_GATEWAY_RATE_LIMIT_WINDOW_MS: '60000',
    MLAB_GATEWAY_RATE_LIMIT_BURST: '3',
  });
  const a = gateway.urls['gateway'] ?? '';
  const ask = (): Promise<Response> => processInput(a, { data: 'x', forward_to_model: false });
  const answers = [await ask(), await ask(), await ask(), await ask()];
  assert.deepEqual(
    answers.map(({ status, headers }) => [status, headers.get('ratelimit-limit'), headers.get('ratelimit-remaining')]),
    [
      [200, '3', '2'],
      [200, '3', '1'],
      [200, '3', '0'],
      [429, '3', '0'],
    ],
  );
  const refused = answers[3] as Response;
  assert.equal(refused.headers.get('retry-after'), '1');
  assert.match(refused.headers.get('ratelimit-policy') ?? '', /^60;w=60/);
  assert.ok(Number(refused.headers.get('ratelimit-reset')) >= 1);
  assert.match(((await refused.json()) as { detail: string }).detail, /^Too many requests/);
  assert.equal((await fetch(`${a}/health`)).status, 200, 'health is not limited');
});

test('more calls than may be under way or wait are shed at once with Retry-After', async () => {
  await using b = await startFakeB(silent);
  await using gateway = await startGateway(b.url, {
    MLAB_GATEWAY_ADMISSION_MAX_IN_FLIGHT: '2',
    MLAB_GATEWAY_ADMISSION_MAX_QUEUE: '1',
    MLAB_GATEWAY_ADMISSION_MAX_WAIT_MS: '900',
    MLAB_GATEWAY_DEADLINE_MS: '1800',
  });
  const a = gateway.urls['gateway'] ?? '';
  const began = performance.now();
  const timed = async (): Promise<readonly [number, number, string | null]> => {
    const answer = await processInput(a, 'x');
    return [answer.status, performance.now() - began, answer.headers.get('retry-after')];
  };
  const all = await Promise.all([timed(), timed(), timed(), timed(), timed()]);
  const quick = all.filter(([, ms]) => ms < 800);
  assert.equal(quick.length, 2, JSON.stringify(all));
  assert.ok(quick.every(([status, , retryAfter]) => status === 503 && retryAfter !== null));
  assert.ok(all.every(([status]) => status === 503));
});

test('a name that resolves is one instance, and one that does not is a clear 503', async () => {
  await using b = await startFakeB();
  await using gateway = await startGateway(b.url.replace('127.0.0.1', 'localhost'));
  assert.equal((await processInput(gateway.urls['gateway'] ?? '', 'x')).status, 200);
  await using lost = await startGateway('http://service-b.invalid:8001/predict');
  const answer = await processInput(lost.urls['gateway'] ?? '', 'x');
  assert.equal(answer.status, 503);
  assert.match(((await answer.json()) as { detail: string }).detail, /^Service B is unavailable: /);
});
