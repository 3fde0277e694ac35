import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createPlainServer, type Server, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { connect, type ConnectionOptions } from 'node:tls';
import { AppError, rootCall, type Clock, type Discovery } from '@mlab/kernel';
import { serviceNamesOf } from '../src/identity/spiffe.ts';
import { makeCertificates } from '../../../apps/cli/src/certs/make-certificates.ts';
import { startCallers, startShelf } from './callers.ts';
import { testCertificates, type TestCertificates } from './identity-settings.ts';
import { sendBytes, sendRequest, type RawAnswer } from './raw-request.ts';

const DAY_MS = 86_400_000;
const PROCESSES = { there: ['shelf'], here: ['reader', 'stranger'], alone: ['stranger'] };

let ours: TestCertificates;
let theirs: TestCertificates;
before(async () => {
  ours = await testCertificates(PROCESSES);
  theirs = await testCertificates(PROCESSES);
});
after(() => {
  ours[Symbol.dispose]();
  theirs[Symbol.dispose]();
});

const read = (file: string): string => readFileSync(file, 'utf8');

/** How a client connects that trusts our authority, with the certificate of a process if it has one. */
function client(process?: string, from = ours): ConnectionOptions {
  const { cert, key } = from.files(process ?? 'here');
  return { ca: read(ours.files('here').ca), ...(process === undefined ? {} : { cert: read(cert), key: read(key) }) };
}

const discard = (url: string, options: ConnectionOptions, headers: readonly string[] = []): Promise<RawAnswer> =>
  sendRequest(url, 'POST /discard', ['Host: localhost', ...headers], options);

const outcome = (answer: Promise<unknown>): Promise<AppError> =>
  answer.then(
    () => assert.fail('it was answered'),
    (error: unknown) => {
      assert.ok(AppError.is(error), String(error));
      return error;
    },
  );

test('a service proves by the certificate of its process who it is, and is let in where the contract names it', async () => {
  await using there = await startShelf(ours.env('there'));
  assert.match(there.url, /^https:/);
  await using here = await startCallers({ env: ours.env('here'), shelf: there.url });
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });
  assert.equal((await here.clients.stranger.whoCalls({}, rootCall('test'))).caller, 'stranger');
  assert.equal((await outcome(here.clients.stranger.discard({}, rootCall('test')))).code, 'forbidden');
});

test('localhost and addresses lead to the same service, whose name counts and not the host', async () => {
  await using there = await startShelf(ours.env('there'));
  const { port } = new URL(there.url);
  for (const host of ['localhost', '127.0.0.1', '127.0.0.1.']) {
    await using here = await startCallers({ env: ours.env('here'), shelf: `https://${host}:${port}` });
    assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' }, host);
  }
});

test('who has no certificate is anonymous, whatever it says; pages stay open', async () => {
  await using there = await startShelf(ours.env('there'));
  assert.equal((await sendRequest(there.url, 'GET /health', ['Host: localhost'], client())).status, 200);
  const claimed = await sendRequest(there.url, 'GET /who-calls', ['Host: localhost', 'mlab-caller: reader'], client());
  assert.equal((JSON.parse(claimed.body) as { caller: string }).caller, 'claimed:reader');
  const refused = await discard(there.url, client(), ['mlab-caller: reader']);
  assert.equal(refused.status, 401);
  assert.match(refused.body, /nothing proves who calls/);
});

test('a resumed session of who had no certificate proves nothing either', async () => {
  await using there = await startShelf(ours.env('there'));
  const { hostname, port } = new URL(there.url);
  const first = connect({ host: hostname, port: Number(port), ...client() });
  const [session] = (await once(first, 'session')) as [Buffer];
  first.destroy();
  const again = connect({ host: hostname, port: Number(port), ...client(), session });
  await once(again, 'secureConnect');
  assert.equal(again.isSessionReused(), true);
  again.destroy();
  assert.equal((await discard(there.url, { ...client(), session }, ['mlab-caller: reader'])).status, 401);
});

test('the header chooses among the services of a certificate, and no other', async () => {
  await using there = await startShelf(ours.env('there'));
  assert.equal((await discard(there.url, client('here'), ['mlab-caller: reader'])).status, 200);
  assert.equal((await discard(there.url, client('here'), ['mlab-caller: stranger'])).status, 403);
  assert.equal((await discard(there.url, client('alone'))).status, 403, 'a certificate for one needs no header');
  for (const [process, header] of [
    ['alone', 'reader'],
    ['here', 'shelf'],
    ['here', 'anonymous'],
    ['there', 'reader'],
  ] as const) {
    const { status, body } = await discard(there.url, client(process), [`mlab-caller: ${header}`]);
    assert.equal(status, 401, `${process} as ${header}`);
    assert.match(body, /^\{.*The certificate of this connection is for .*, and the call says that it is by /);
  }
  assert.equal((await discard(there.url, client('here'))).status, 401, 'several services, and no word which of them');
});

test('a certificate of another authority, or one that has ended, is worse than none', async () => {
  using old = await testCertificates(PROCESSES, new Date(Date.now() - 100 * DAY_MS));
  await using there = await startShelf(ours.env('there'));
  const foreign = await discard(there.url, client('here', theirs), ['mlab-caller: reader']);
  assert.equal(foreign.status, 401);
  assert.match(foreign.body, /is not accepted: /);
  assert.equal((await sendRequest(there.url, 'GET /who-calls', ['Host: localhost'], client('here', theirs))).status, 401);

  // The same authority, long ago: put in its place, so that only the date is wrong.
  await using trusting = await startShelf({ ...ours.env('there'), MLAB_IDENTITY_CA: bundle(ours.files('here').ca, old.files('here').ca) });
  const ended = await discard(trusting.url, client('here', old), ['mlab-caller: reader']);
  assert.equal(ended.status, 401);
  assert.match(ended.body, /CERT_HAS_EXPIRED/);
});

function bundle(...files: readonly string[]): string {
  const file = `${ours.folder}/bundle.crt`;
  writeFileSync(file, files.map(read).join(''));
  return file;
}

test('where certificates are required nobody gets in without one, not even to a page', async () => {
  await using there = await startShelf({ ...ours.env('there'), MLAB_IDENTITY_REQUIRE: 'true' });
  for (const options of [client(), client('here', theirs)]) {
    assert.equal((await sendRequest(there.url, 'GET /health', ['Host: localhost'], options)).status, 0);
    assert.equal((await discard(there.url, options, ['mlab-caller: reader'])).status, 0);
  }
  assert.equal((await sendRequest(there.url, 'GET /health', ['Host: localhost'], client('alone'))).status, 200);
  await using here = await startCallers({ env: ours.env('here'), shelf: there.url });
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });
});

test('protected by certificates, a service may listen beyond loopback', async () => {
  const env = { ...ours.env('there'), MLAB_LISTEN: '0.0.0.0' };
  await assert.rejects(startShelf(env), /^Error: Listening on 0\.0\.0\.0 would let anybody/);
  await using there = await startShelf({ ...env, MLAB_IDENTITY_REQUIRE: 'true' });
  const url = there.url.replace('0.0.0.0', '127.0.0.1');
  assert.equal((await sendRequest(url, 'GET /health', ['Host: shelf:8000'], client('alone'))).status, 200);
  assert.equal((await sendRequest(url, 'GET /health', ['Host: shelf:8000'], client())).status, 0);
});

test('an impostor gets no call: the certificate of the callee must name it', async () => {
  for (const [why, { cert, key }] of [
    ['another service', ours.files('alone')],
    ['another authority', theirs.files('there')],
  ] as const) {
    await using impostor = await startImpostor(createServer({ cert: read(cert), key: read(key) }));
    await using here = await startCallers({ env: ours.env('here'), shelf: `https://127.0.0.1:${impostor.port}` });
    const error = await outcome(here.clients.reader.discard({}, rootCall('test')));
    assert.equal(error.code, 'unavailable', why);
    assert.deepEqual(error.failure, { kind: 'refused', notSent: true }, why);
    assert.equal(impostor.requests(), 0, why);
  }
});

interface Impostor extends AsyncDisposable {
  readonly port: number;
  readonly requests: () => number;
}

/** Answers whatever comes, as the shelf would. */
async function startImpostor(server: Server): Promise<Impostor> {
  let requests = 0;
  server.on('request', (_request, response: ServerResponse) => {
    requests++;
    response.setHeader('content-type', 'application/json').end('{"by":"impostor"}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    requests: () => requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

test('over http nothing can be proven, so it is not called, however it was found', async () => {
  await using impostor = await startImpostor(createPlainServer());
  const discovery: Discovery = {
    announce: async () => ({ [Symbol.asyncDispose]: async () => {} }),
    watch: async (_service, onChange) => {
      onChange([`http://127.0.0.1:${impostor.port}`]);
      return { [Symbol.asyncDispose]: async () => {} };
    },
  };
  await using plain = await startCallers({ discovery });
  assert.deepEqual(await plain.clients.reader.discard({}, rootCall('test')), { by: 'impostor' }, 'it could be called');
  await using here = await startCallers({ env: ours.env('here'), discovery });
  assert.equal((await outcome(here.clients.reader.discard({}, rootCall('test')))).code, 'unavailable');
  assert.equal(impostor.requests(), 1);
  await assert.rejects(
    startCallers({ env: ours.env('here'), shelf: 'http://127.0.0.1:9' }),
    /^Error: The peer shelf is at http:\/\/127\.0\.0\.1:9; with MLAB_IDENTITY=mtls neighbours are called by https only\.$/,
  );
});

test('what is no TLS is hung up on, and others are served meanwhile', async () => {
  await using there = await startShelf(ours.env('there'));
  assert.equal((await sendBytes(there.url, 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n')).status, 0);
  assert.equal((await sendBytes(there.url, '\u0016\u0003\u0001garbage garbage garbage garbage')).status, 0);
  const { head } = await sendRequest(there.url, 'GET /health', ['Host: localhost'], client());
  assert.match(head, /^HTTP\/1\.1 200/);
  assert.equal((await sendBytes(there.url, 'no HTTP\r\n\r\n', client())).status, 400);
  assert.equal((await sendRequest(there.url, 'GET /health', ['Host: evil.example'], client())).status, 403);
  const { port } = new URL(there.url);
  const own = (origin: string): Promise<RawAnswer> =>
    sendRequest(there.url, 'GET /health', [`Host: localhost:${port}`, `Origin: ${origin}`], client());
  assert.equal((await own(`https://localhost:${port}`)).status, 200);
  assert.equal((await own(`http://localhost:${port}`)).status, 403, 'a page without TLS is another one');
});

test('replaced files are used for new connections on both sides; half of them, or none, change nothing', async () => {
  using changing = await testCertificates(PROCESSES);
  const tasks: (() => void)[] = [];
  const clock: Clock = { now: () => new Date(), monotonic: () => performance.now(), schedule: (_ms, task) => (tasks.push(task), () => {}) };
  const reread = (): void => tasks.splice(0).forEach((task) => task());
  await using there = await startShelf(changing.env('there'), clock);
  await using here = await startCallers({ env: changing.env('here'), shelf: there.url, clock });
  const { cert, key, ca } = changing.files('there');
  const serial = async (): Promise<string> => {
    const { hostname, port } = new URL(there.url);
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const found = socket.getPeerX509Certificate()?.serialNumber ?? '';
    socket.destroy();
    return found;
  };
  const serialOf = (file: string): string => new X509Certificate(read(file)).serialNumber;
  const first = serialOf(cert);
  assert.equal(await serial(), first);
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });

  const before = { cert: read(cert), key: read(key) };
  const processes = Object.entries(PROCESSES).map(([name, services]) => ({ name, services }));
  await makeCertificates({ folder: changing.folder, processes, hosts: [], force: true, now: new Date() });
  const renewed = read(cert);
  writeFileSync(cert, before.cert);
  reread();
  assert.equal(await serial(), first, 'an old certificate with a new key');
  writeFileSync(cert, '');
  reread();
  assert.equal(await serial(), first, 'an empty file');
  const authority = read(ca);
  writeFileSync(ca, '');
  writeFileSync(cert, renewed);
  reread();
  assert.equal(await serial(), first, 'no authority');
  writeFileSync(ca, authority);
  writeFileSync(cert, '');
  writeFileSync(cert, renewed);
  reread();
  assert.equal(await serial(), serialOf(cert));
  assert.notEqual(serialOf(cert), first);
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });

  // Another authority altogether: who reads it first is a stranger to the others until they have read it too.
  for (const process of ['there', 'here']) {
    copyFileSync(theirs.files(process).cert, changing.files(process).cert);
    copyFileSync(theirs.files(process).key, changing.files(process).key);
  }
  copyFileSync(theirs.files('here').ca, ca);
  reread();
  assert.equal(await serial(), serialOf(theirs.files('there').cert));
  const { reader } = here.clients;
  const busy = new AbortController();
  const waiting = reader.wait({ ms: 1500 }, rootCall('test', 2000, busy.signal)).catch(() => {});
  assert.deepEqual(await reader.discard({}, rootCall('test')), { by: 'reader' }, 'over a new connection, since the old one is taken');
  busy.abort();
  await waiting;
  await using newcomer = await startCallers({ env: theirs.env('here'), shelf: there.url });
  assert.deepEqual(await newcomer.clients.reader.discard({}, rootCall('test')), { by: 'reader' });
  await using latecomer = await startCallers({ env: ours.env('here'), shelf: there.url });
  assert.equal((await outcome(latecomer.clients.reader.discard({}, rootCall('test')))).code, 'unavailable');
});

test('only URIs of ours name services, and none that is hidden in another name', () => {
  const rows: readonly (readonly [subjectAltName: string | undefined, services: readonly string[]])[] = [
    ['URI:spiffe://mlab/service/a, DNS:localhost, URI:spiffe://mlab/service/feature-store', ['a', 'feature-store']],
    ['DNS:reader, email:reader@x, URI:https://mlab/service/a, URI:spiffe://other/service/a, URI:spiffe://mlab/user/a', []],
    ['URI:spiffe://mlab/service/a/b, URI:spiffe://mlab/service/, URI:spiffe://mlab/service/A, URI:spiffe://mlab/service/a?b', []],
    ['DNS:"x, URI:spiffe://mlab/service/a, y", DNS:z', []],
    [String.raw`DNS:"x\", URI:spiffe://mlab/service/a, y", URI:spiffe://mlab/service/b`, ['b']],
    ['', []],
    [undefined, []],
  ];
  for (const [subjectAltName, services] of rows) assert.deepEqual(serviceNamesOf(subjectAltName), services, subjectAltName);
});

test('what cannot be a certificate stops the start with a sentence', async () => {
  const env = ours.env('there');
  const refusal = (changed: Readonly<Record<string, string>>): Promise<string> =>
    startShelf({ ...env, ...changed }).then(
      async (started) => {
        await started[Symbol.asyncDispose]();
        return 'it started';
      },
      (error: Error) => error.message,
    );
  for (const variable of ['MLAB_IDENTITY_CERT', 'MLAB_IDENTITY_KEY', 'MLAB_IDENTITY_CA']) {
    assert.match(await refusal({ [variable]: '' }), new RegExp(`^MLAB_IDENTITY=mtls needs ${variable}, a PEM file; mlab certs makes one`));
    assert.match(
      await refusal({ [variable]: '/nowhere.pem' }),
      new RegExp(`^${variable} is /nowhere\\.pem, which cannot be read \\(ENOENT\\)\\.$`),
    );
  }
  assert.match(await refusal({ MLAB_IDENTITY_KEY: ours.files('here').key }), /are no certificate with its key and its authority: /);
  assert.match(await refusal({ MLAB_IDENTITY_CA: bundle() }), /are no certificate with its key and its authority: /);
  assert.match(await refusal({ MLAB_IDENTITY_CERT: ours.files('here').key }), /are no certificate with its key and its authority: /);
  assert.match(
    await refusal(ours.env('here')),
    /is for reader, stranger, and shelf runs here too; it needs the URI spiffe:\/\/mlab\/service\/shelf\.$/,
  );
  using old = await testCertificates(PROCESSES, new Date(Date.now() - 100 * DAY_MS));
  assert.match(await refusal(old.env('there')), /^The certificate in .* ended at .*; renew it \(mlab certs\)\.$/);
});
