import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { after, before, test } from 'node:test';
import { readConfig, httpSettings } from '@mlab/kernel';
import { startTest, type TestApp } from '@mlab/kernel/testing';
import { openGate } from '../src/http/gate.ts';
import { sendBytes, sendRequest } from './raw-request.ts';
import { shelf, shelfService } from './sample-services.ts';

let app: TestApp<typeof shelf>;
before(async () => {
  app = await startTest(shelfService);
});
after(() => app[Symbol.asyncDispose]());

const hostsTo = (url: string, host: string, target = 'GET /health'): Promise<number> =>
  sendRequest(url, target, [`Host: ${host}`]).then(({ status }) => status);

test('a server on loopback answers as loopback, whatever the port and the spelling', async () => {
  for (const host of ['localhost', 'localhost:8000', 'LOCALHOST:1', 'localhost.', '127.0.0.1', '127.9.8.7:80', '[::1]', '[::1]:8000']) {
    assert.equal(await hostsTo(app.url, host), 200, host);
  }
});

test('a name that was made to lead here (DNS rebinding) is refused for pages, operations and all else', async () => {
  const targets = [
    'GET /',
    'GET /health',
    'GET /ready',
    'GET /metrics',
    'GET /docs',
    'GET /openapi.json',
    'GET /who-calls',
    'POST /items',
    'GET /nothing',
    'GET /%zz',
    'OPTIONS *',
  ];
  for (const target of targets) {
    const { status, head, body } = await sendRequest(app.url, target, ['Host: evil.example:8000']);
    assert.equal(status, 403, target);
    assert.match(head, /content-type: application\/problem\+json/);
    assert.match((JSON.parse(body) as { detail: string }).detail, /does not answer as "evil\.example"; MLAB_HTTP_ALLOWED_HOSTS/);
  }
  for (const host of [
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'evil-localhost',
    '0.0.0.0',
    '[::]',
    '[::ffff:10.0.0.1]',
    '10.0.0.1',
    '2130706433',
    '0x7f.1',
    '127.1',
  ]) {
    assert.equal(await hostsTo(app.url, host), 403, host);
  }
});

test('a Host that is none, is missing or is there twice is malformed', async () => {
  for (const host of [
    '',
    'localhost:abc',
    'user@localhost',
    'localhost/',
    'local host',
    '[::1',
    '::1',
    'localhost:8000:8000',
    'é',
    'a'.repeat(254),
  ]) {
    assert.equal(await hostsTo(app.url, host), 400, host);
  }
  assert.equal((await sendRequest(app.url, 'GET /health', [])).status, 400);
  const twice = await sendRequest(app.url, 'GET /health', ['Host: localhost', 'host: evil.example']);
  assert.equal(twice.status, 400);
  assert.match(twice.body, /more than once/);
  assert.equal((await sendRequest(app.url, 'GET /health', ['Host: localhost', 'Host: localhost'])).status, 400);
});

test('without a Host only HTTP/1.0 is answered, which no browser speaks', async () => {
  assert.equal((await sendBytes(app.url, 'GET /health HTTP/1.0\r\n\r\n')).status, 200);
  assert.equal((await sendBytes(app.url, 'GET /health HTTP/1.0\r\nHost: evil.example\r\n\r\n')).status, 403);
  assert.equal((await sendBytes(app.url, 'GET /health HTTP/1.0\r\nOrigin: http://evil.example\r\n\r\n')).status, 403);
});

test('a target with a host of its own is held to it, and to the Host header', async () => {
  assert.equal(await hostsTo(app.url, 'localhost', 'GET http://localhost:8000/health'), 200);
  assert.equal(await hostsTo(app.url, 'localhost', 'GET http://evil.example/health'), 403);
  assert.equal(await hostsTo(app.url, 'localhost', 'GET HTTPS://evil.example/health'), 403);
  assert.equal(await hostsTo(app.url, 'evil.example', 'GET http://localhost/health'), 403);
  assert.equal(await hostsTo(app.url, 'localhost', 'GET http://localhost@evil.example/health'), 400);
});

test('what was refused stays refused, and what was let in stays in, however many others ask', async () => {
  for (let i = 0; i < 200; i++) assert.equal(await hostsTo(app.url, `localhost:${i}`), 200);
  assert.equal(await hostsTo(app.url, 'evil.example'), 403);
  assert.equal(await hostsTo(app.url, 'localhost:1'), 200);
});

test('methods that no operation has are refused, whatever they are and whatever they bring', async () => {
  const { host } = new URL(app.url);
  for (const method of ['QUERY', 'TRACE', 'PROPFIND', 'PUT']) {
    for (const headers of [[], ['Content-Type: text/plain'], ['Content-Length: 0']]) {
      assert.equal((await sendRequest(app.url, `${method} /crash`, [`Host: ${host}`, ...headers])).status, 405, method);
      assert.equal((await sendRequest(app.url, `${method} /nothing`, [`Host: ${host}`, ...headers])).status, 404, method);
    }
  }
});

test('requests of pages elsewhere are refused; those of our own pages and of programs are not', async () => {
  const { host } = new URL(app.url);
  const from = async (origin: string, target: string): Promise<number> =>
    (await sendRequest(app.url, target, [`Host: ${host}`, `Origin: ${origin}`])).status;
  for (const target of ['POST /crash', 'GET /health', 'OPTIONS /crash']) {
    const own = { 'POST /crash': 500, 'GET /health': 200, 'OPTIONS /crash': 405 }[target];
    assert.equal(await from(`http://${host}`, target), own, target);
    assert.equal(await from(`https://${host}`, target), own, `${target}, behind a proxy that ends the TLS`);
    for (const origin of [
      'null',
      'http://evil.example',
      'http://localhost:1',
      `http://${host}.evil.example`,
      `http://evil.example:80/${host}`,
      '',
      'file://',
    ]) {
      assert.equal(await from(origin, target), 403, `${target} from "${origin}"`);
    }
  }
  const twice = await sendRequest(app.url, 'POST /crash', [`Host: ${host}`, `Origin: http://${host}`, 'Origin: http://evil.example']);
  assert.equal(twice.status, 403);
});

test('refusals are counted, and a refused body does not spoil the connection for the next request', async () => {
  const { host } = new URL(app.url);
  const refused = `POST /items HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\n\r\nabcde`;
  const both = await sendBytes(app.url, `${refused}GET /health HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  assert.equal(both.status, 403);
  assert.match(both.body, /HTTP\/1\.1 200/);
  const { body } = await sendRequest(app.url, 'GET /metrics', [`Host: ${host}`]);
  assert.match(body, /mlab_request_duration_seconds_count\{.*operation="refused".*\} [1-9]/);
});

test('settings name further hosts and origins', async () => {
  const env = { MLAB_HTTP_ALLOWED_HOSTS: 'Lab.example.org, ml.example.org:8443', MLAB_HTTP_ALLOWED_ORIGINS: 'https://console.example.org' };
  await using open = await startTest(shelfService, { env });
  assert.equal(await hostsTo(open.url, 'lab.example.org'), 200);
  assert.equal(await hostsTo(open.url, 'lab.example.org:1'), 200);
  assert.equal(await hostsTo(open.url, 'ml.example.org:8443'), 200);
  assert.equal(await hostsTo(open.url, 'ml.example.org'), 403);
  assert.equal(await hostsTo(open.url, 'localhost'), 200);
  const ask = (origin: string): Promise<number> =>
    sendRequest(open.url, 'GET /health', ['Host: localhost', `Origin: ${origin}`]).then(({ status }) => status);
  assert.equal(await ask('https://console.example.org'), 200);
  assert.equal(await ask('http://console.example.org'), 403);
});

test('elsewhere than on loopback the Host counts only where hosts are named, and the address itself always does', async () => {
  const env = { MLAB_LISTEN: '0.0.0.0', MLAB_ALLOW_UNPROTECTED: 'yes' };
  await using open = await startTest(shelfService, { env });
  const url = open.url.replace('0.0.0.0', '127.0.0.1');
  assert.equal(await hostsTo(url, 'service_b:8001'), 200);
  assert.equal((await sendRequest(url, 'GET /health', ['Host: service_b:8001', 'Origin: http://evil.example'])).status, 403);
  await using named = await startTest(shelfService, { env: { ...env, MLAB_HTTP_ALLOWED_HOSTS: 'lab.example.org' } });
  const namedUrl = named.url.replace('0.0.0.0', '127.0.0.5');
  assert.equal(await hostsTo(namedUrl, 'lab.example.org'), 200);
  assert.equal(await hostsTo(namedUrl, 'service_b:8001'), 403);
  assert.equal(await hostsTo(namedUrl, '127.0.0.1'), 200, 'probes of containers');
  assert.equal(await hostsTo(namedUrl, '10.9.8.7'), 403, 'an address that is not ours');
});

test('the address that a request came to is ours, whichever it is', () => {
  const gate = openGate(readConfig('http', httpSettings, { MLAB_LISTEN: '0.0.0.0', MLAB_HTTP_ALLOWED_HOSTS: 'lab.example.org' }), false);
  const ask = (host: string, localAddress: string): string | undefined => {
    const request = { headers: { host }, rawHeaders: ['Host', host], url: '/', httpVersion: '1.1', socket: { localAddress } };
    return gate(request as unknown as IncomingMessage)?.code;
  };
  assert.equal(ask('10.1.2.3:8001', '10.1.2.4'), 'forbidden');
  assert.equal(ask('10.1.2.3:8001', '10.1.2.3'), undefined);
  assert.equal(ask('10.1.2.5', '::ffff:10.1.2.5'), undefined);
  assert.equal(ask('[fd00::7]:8001', 'fd00::7'), undefined);
  assert.equal(ask('service.example', 'service.example'), 'forbidden', 'only addresses');
});

test('settings that cannot be are refused with a sentence', async () => {
  const refusal = (env: Readonly<Record<string, string>>): Promise<string> =>
    startTest(shelfService, { env }).then(
      async (started) => {
        await started[Symbol.asyncDispose]();
        return 'it started';
      },
      (error: Error) => error.message,
    );
  assert.match(await refusal({ MLAB_HTTP_ALLOWED_HOSTS: 'https://x' }), /^MLAB_HTTP_ALLOWED_HOSTS has "https:\/\/x"; it takes names/);
  for (const origin of ['null', 'https://x.org/path', 'x.org', 'file:///'])
    assert.match(await refusal({ MLAB_HTTP_ALLOWED_ORIGINS: origin }), /^MLAB_HTTP_ALLOWED_ORIGINS has ".*"; it takes origins such as/);
  assert.match(
    await refusal({ MLAB_LISTEN: '0.0.0.0' }),
    /^Listening on 0\.0\.0\.0 would let anybody .* MLAB_IDENTITY_REQUIRE=true .* MLAB_ALLOW_UNPROTECTED=yes/,
  );
  assert.match(await refusal({ MLAB_LISTEN: '::', MLAB_IDENTITY: 'mtls' }), /^Listening on ::/);
  assert.match(await refusal({ MLAB_LISTEN: '::', MLAB_IDENTITY: 'secret', MLAB_IDENTITY_REQUIRE: 'true' }), /^Listening on ::/);
});
