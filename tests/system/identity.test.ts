import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { SecureContextOptions } from 'node:tls';
import { certificateFiles, identityVariables } from '../../apps/cli/src/certs/certificate-files.ts';
import { makeCertificates } from '../../apps/cli/src/certs/make-certificates.ts';
import { processInput } from './ask.ts';
import { startProcess, type PlatformProcess } from './platform-process.ts';
import { waitUntil } from './wait.ts';

const SECRET = 'the secret of two processes in a test';
const callerOf = (output: string): readonly string[] =>
  output
    .split('\n')
    .filter((line) => line.includes('"operation":"predict"'))
    .map((line) => (JSON.parse(line) as { caller: string }).caller);

/** A token as the gateway makes it, with what is said otherwise. */
function token(claims: object = {}, secret = SECRET, alg = 'HS256'): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg, typ: 'mlab-identity+jwt' })}.${part({ iss: 'gateway', aud: 'predictor', iat: now, exp: now + 60, ...claims })}`;
  return `${signed}.${alg === 'none' ? '' : createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

test('secret: the gateway is known to the predictor, and a stranger is not', async () => {
  const env = { MLAB_IDENTITY: 'secret', MLAB_IDENTITY_SECRET: SECRET, MLAB_IDENTITY_REQUIRE: 'true' };
  await using predictor = await startProcess({ target: 'predictor', env });
  const b = predictor.urls['predictor'] ?? '';
  await using gateway = await startProcess({
    target: 'gateway',
    // People call the gateway, and prove nothing.
    env: { ...env, MLAB_IDENTITY_REQUIRE: 'false', SERVICE_B_URL: `${b}/predict` },
  });
  const a = gateway.urls['gateway'] ?? '';
  const predict = (headers: Readonly<Record<string, string>>): Promise<Response> =>
    fetch(`${b}/predict`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: '{"input":"x"}' });

  for (let i = 0; i < 3; i++) assert.equal((await processInput(a, 'x')).status, 200);
  await waitUntil('the log says who called', 5000, () => callerOf(predictor.output()).length === 3);
  assert.deepEqual(callerOf(predictor.output()), ['gateway', 'gateway', 'gateway']);
  assert.equal((await predict({ 'mlab-identity': token() })).status, 200, 'so the ones below fail for what is wrong with them');

  const past = Math.floor(Date.now() / 1000) - 100;
  const refused: Readonly<Record<string, Readonly<Record<string, string>>>> = {
    'no token': { 'mlab-caller': 'gateway' },
    'another secret': { 'mlab-identity': token({}, `${SECRET}!`) },
    expired: { 'mlab-identity': token({ iat: past - 60, exp: past }) },
    'for another service': { 'mlab-identity': token({ aud: 'gateway' }) },
    'alg none': { 'mlab-identity': token({}, SECRET, 'none') },
  };
  for (const [why, headers] of Object.entries(refused)) {
    const answer = await predict({ 'mlab-caller': 'gateway', ...headers });
    assert.equal(answer.status, 401, why);
    assert.equal(typeof ((await answer.json()) as { detail: unknown }).detail, 'string', 'in the words of the lab');
  }
  const count = Object.keys(refused).length;
  await waitUntil('the log has them all', 5000, () => callerOf(predictor.output()).length === 4 + count);
  assert.deepEqual(
    callerOf(predictor.output()).slice(4),
    Array.from({ length: count }, () => 'claimed:gateway'),
    'the log is not fooled',
  );
  assert.equal((await fetch(`${b}/health`)).status, 200);
  assert.ok(!(predictor.output() + gateway.output()).includes(SECRET));
});

interface Certificates extends Disposable {
  readonly env: (process: string) => Readonly<Record<string, string>>;
  readonly client: (process: string) => SecureContextOptions;
}

async function certificates(): Promise<Certificates> {
  const folder = mkdtempSync(`${tmpdir()}/mlab-identity-`);
  const processes = ['gateway', 'predictor'].map((name) => ({ name, services: [name] }));
  await makeCertificates({ folder, processes, hosts: [], force: false, now: new Date() });
  return {
    env: (process) => identityVariables(certificateFiles(folder, process)),
    client: (process) => {
      const { cert, key, ca } = certificateFiles(folder, process);
      return { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) };
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

async function post(url: string, body: object, options: SecureContextOptions): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers: { 'content-type': 'application/json' }, agent: false, ...options }, (answer) => {
      text(answer).then((said) => resolve({ status: answer.statusCode ?? 0, body: said }), reject);
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}

test('mtls: the gateway calls the predictor over TLS, and who has no certificate of ours does not get in', async () => {
  using ours = await certificates();
  using theirs = await certificates();
  const { ca } = ours.client('gateway');
  await using predictor = await startProcess({
    target: 'predictor',
    env: { ...ours.env('predictor'), MLAB_IDENTITY_REQUIRE: 'true', MLAB_LISTEN: '127.0.0.1' },
  });
  const b = predictor.urls['predictor'] ?? '';
  assert.match(b, /^https:/);
  await using gateway: PlatformProcess = await startProcess({
    target: 'gateway',
    env: { ...ours.env('gateway'), SERVICE_B_URL: `${b}/predict` },
  });
  const a = gateway.urls['gateway'] ?? '';

  const answer = await post(`${a}/process`, { data: 'x' }, { ca });
  assert.equal(answer.status, 200, answer.body);
  assert.match(answer.body, /"model_prediction"/);
  await waitUntil('the log says who called', 5000, () => callerOf(predictor.output()).length === 1);
  assert.deepEqual(callerOf(predictor.output()), ['gateway']);

  assert.equal((await post(`${b}/predict`, { input: 'x' }, ours.client('gateway'))).status, 200);
  await assert.rejects(post(`${b}/predict`, { input: 'x' }, { ca }), 'no certificate');
  await assert.rejects(post(`${b}/predict`, { input: 'x' }, { ...theirs.client('gateway'), ca }), 'another authority');
  await assert.rejects(post(`${b}/predict`, { input: 'x' }, theirs.client('gateway')), 'a client that trusts others does not trust us');
});

test('mtls: a process that is told nothing else looks for its neighbours by https', async () => {
  using ours = await certificates();
  await assert.rejects(
    startProcess({ target: 'gateway', env: { ...ours.env('gateway'), SERVICE_B_URL: 'http://localhost:1/predict' } }),
    /The peer predictor is at http:\/\/localhost:1; with MLAB_IDENTITY=mtls neighbours are called by https only\./,
  );
  await using gateway = await startProcess({ target: 'gateway', env: ours.env('gateway') });
  assert.equal(gateway.child.exitCode, null);
});
