import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { certificateFiles } from '../../apps/cli/src/certs/certificate-files.ts';
import { makeCertificates, type CertifiedProcess, type Made } from '../../apps/cli/src/certs/make-certificates.ts';
import { testCli } from './cli-for-test.ts';

const DAY_MS = 86_400_000;
const OPENSSL = 'openssl';
const PROCESSES: readonly CertifiedProcess[] = [
  { name: 'predictor', services: ['predictor'] },
  { name: 'platform', services: ['registry', 'tracking'] },
];

interface TestFolder extends Disposable {
  readonly folder: string;
  make(options?: {
    days?: number;
    hosts?: readonly string[];
    force?: boolean;
    processes?: readonly CertifiedProcess[];
  }): Promise<Readonly<Record<string, Made['what']>>>;
  certificate(name: string): X509Certificate;
}

function testFolder(): TestFolder {
  const folder = mkdtempSync(join(tmpdir(), 'mlab-certs-'));
  const began = Date.now();
  return {
    folder,
    make: async ({ days = 0, hosts = [], force = false, processes = PROCESSES } = {}) => {
      const made = await makeCertificates({ folder, processes, hosts, force, now: new Date(began + days * DAY_MS) });
      return Object.fromEntries(made.map(({ name, what }) => [name, what]));
    },
    certificate: (name) => new X509Certificate(readFileSync(join(folder, `${name}.crt`))),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

test('mlab certs makes an authority and a certificate for each process, keeps them the next time, and says what to set', async () => {
  await using cli = await testCli();
  const first = await cli.run(['certs', '--topology', 'lab', '--host', 'lab.example.org,10.1.2.3']);
  assert.equal(first.code, 0, first.err);
  const folder = join(cli.home, 'certs');
  for (const line of [
    /new +ca\.crt/,
    /new +gateway\.crt .* gateway$/m,
    /new +predictor\.crt/,
    /MLAB_IDENTITY=mtls/,
    /MLAB_IDENTITY_CERT=.*<process>\.crt/,
  ])
    assert.match(first.out, line);
  assert.ok(first.out.includes(folder));
  const files = readdirSync(folder);
  for (const name of ['ca', 'gateway', 'predictor']) assert.ok(files.includes(`${name}.crt`) && files.includes(`${name}.key`), name);
  for (const file of files) {
    const mode = file.endsWith('.key') ? 0o600 : 0o644;
    if (process.platform !== 'win32') assert.equal(statSync(join(folder, file)).mode & 0o777, mode, file);
  }
  const before = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  const second = await cli.run(['certs', '--topology', 'lab']);
  assert.equal(second.code, 0, second.err);
  assert.doesNotMatch(second.out, /^ *(new|renewed) /m);
  assert.deepEqual(
    readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8')),
    before,
  );

  const unknown = await cli.run(['certs', 'nobody']);
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /There is no process or service "nobody"; there are /);
  const odd = await cli.run(['certs', '--host', 'a b']);
  assert.equal(odd.code, 2);
  assert.match(odd.err, /--host has "a b", which is neither a name nor an address\./);
});

test('a certificate names its process, all services in it, this machine and what was asked for', async () => {
  using made = testFolder();
  await made.make({ hosts: ['lab.example.org', '10.1.2.3'] });
  const { subjectAltName, ca, keyUsage, publicKey } = made.certificate('platform');
  assert.deepEqual(
    new Set(subjectAltName?.split(', ')),
    new Set([
      'DNS:localhost',
      'IP Address:127.0.0.1',
      'IP Address:0:0:0:0:0:0:0:1',
      'DNS:platform',
      'DNS:registry',
      'DNS:tracking',
      'DNS:lab.example.org',
      'IP Address:10.1.2.3',
      'URI:spiffe://mlab/service/registry',
      'URI:spiffe://mlab/service/tracking',
    ]),
  );
  assert.equal(ca, false);
  assert.deepEqual(keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'], 'for servers and for clients');
  assert.equal(publicKey.asymmetricKeyDetails?.namedCurve, 'prime256v1');
});

test('an authority is good for ten years, a certificate for 90 days, and no longer than its authority', async () => {
  using made = testFolder();
  await made.make();
  const days = (name: string): number => Math.round((made.certificate(name).validToDate.getTime() - Date.now()) / DAY_MS);
  assert.equal(days('ca'), 3652);
  assert.equal(days('platform'), 90);
  await made.make({ days: 3640 });
  assert.equal(days('platform'), 3652);
  await assert.rejects(
    made.make({ days: 3653 }),
    /The authority in .*ca\.crt ended on .*; move it and .*ca\.key away, and a new one is made\./,
  );
});

test('renewed are those that end within 30 days, lack a name, are of another authority or have lost their key; and all by force', async () => {
  using made = testFolder();
  assert.deepEqual(await made.make(), { ca: 'new', predictor: 'new', platform: 'new' });
  assert.deepEqual(await made.make({ days: 59 }), { ca: 'kept', predictor: 'kept', platform: 'kept' });
  assert.deepEqual(await made.make({ hosts: ['lab.example.org'], processes: PROCESSES.slice(1) }), { ca: 'kept', platform: 'renewed' });
  assert.deepEqual(await made.make({ days: 61 }), { ca: 'kept', predictor: 'renewed', platform: 'renewed' });
  assert.match(made.certificate('platform').subjectAltName ?? '', /lab\.example\.org/, 'names that were asked for once stay');
  assert.deepEqual(await made.make({ days: 61, force: true }), { ca: 'kept', predictor: 'renewed', platform: 'renewed' });

  const fewer = [{ name: 'platform', services: ['registry'] }];
  assert.deepEqual(await made.make({ days: 61, processes: fewer }), { ca: 'kept', platform: 'renewed' });
  assert.doesNotMatch(
    made.certificate('platform').subjectAltName ?? '',
    /service\/tracking/,
    'what no longer runs there cannot be claimed there',
  );

  unlinkSync(join(made.folder, 'predictor.key'));
  assert.deepEqual(await made.make({ days: 61, processes: PROCESSES.slice(0, 1) }), { ca: 'kept', predictor: 'new' });
  for (const file of ['ca.crt', 'ca.key']) unlinkSync(join(made.folder, file));
  assert.deepEqual(await made.make({ days: 61 }), { ca: 'new', predictor: 'new', platform: 'new' });
});

test('an authority that is there is never written over, whatever is wrong with it', async () => {
  using made = testFolder();
  await made.make();
  const file = (name: string): string => join(made.folder, name);
  const [cert, key] = [readFileSync(file('ca.crt'), 'utf8'), readFileSync(file('ca.key'), 'utf8')];
  const refuses = async (broken: Readonly<Record<string, string | undefined>>, sentence: RegExp): Promise<void> => {
    for (const [name, text] of Object.entries(broken)) {
      if (text === undefined) unlinkSync(file(name));
      else writeFileSync(file(name), text);
    }
    await assert.rejects(made.make({ force: true }), sentence);
    for (const [name, text] of Object.entries({ 'ca.crt': cert, 'ca.key': key })) {
      if (!(name in broken)) assert.equal(readFileSync(file(name), 'utf8'), text);
      writeFileSync(file(name), text);
    }
  };
  await refuses({ 'ca.key': undefined }, /ca\.crt is there, and .*ca\.key beside it cannot be read/);
  await refuses({ 'ca.crt': undefined }, /ca\.key is there, and .*ca\.crt beside it cannot be read/);
  await refuses({ 'ca.key': 'hello' }, /ca\.key is no private key/);
  await refuses({ 'ca.crt': 'hello' }, /ca\.crt is no certificate/);
  await refuses({ 'ca.key': readFileSync(file('platform.key'), 'utf8') }, /are no authority with its key; move both away/);
  await refuses(
    { 'ca.crt': readFileSync(file('platform.crt'), 'utf8'), 'ca.key': readFileSync(file('platform.key'), 'utf8') },
    /are no authority with its key/,
  );
});

test('two processes with such certificates find each other good over TLS, and a certificate of another authority not', async () => {
  using made = testFolder();
  using other = testFolder();
  await made.make();
  await other.make();
  const options = ({ folder }: TestFolder, name: string): { cert: string; key: string; ca: string } => {
    const files = certificateFiles(folder, name);
    return { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8'), ca: readFileSync(files.ca, 'utf8') };
  };
  const server = createServer({ ...options(made, 'platform'), requestCert: true, rejectUnauthorized: false }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const meet = async (client: object): Promise<{ client: string; server: boolean }> => {
    const arrival = once(server, 'secureConnection') as Promise<[TLSSocket]>;
    const socket = connect({ host: 'localhost', port, rejectUnauthorized: false, ...client });
    await once(socket, 'secureConnect');
    const [arrived] = await arrival;
    const seen = { client: String(socket.authorizationError ?? 'authorized'), server: arrived.authorized };
    arrived.destroy();
    socket.destroy();
    return seen;
  };
  assert.deepEqual(await meet(options(made, 'predictor')), { client: 'authorized', server: true });
  assert.equal((await meet(options(other, 'predictor'))).server, false);
  assert.notEqual((await meet(options(other, 'predictor'))).client, 'authorized');
  server.close();
});

test('OpenSSL finds them good, strictly and for both ends', async (t) => {
  using made = testFolder();
  await made.make();
  if (spawnSync(OPENSSL, ['version']).status !== 0) return t.skip('there is no openssl here');
  const { cert, ca } = certificateFiles(made.folder, 'platform');
  for (const purpose of ['sslserver', 'sslclient']) {
    const { status, stdout, stderr } = spawnSync(OPENSSL, ['verify', '-x509_strict', '-CAfile', ca, '-purpose', purpose, cert], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, `${stdout}${stderr}`);
  }
});
