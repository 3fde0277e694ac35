import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError, Host, rootCall, type Clock } from '@mlab/kernel';
import { startTest } from '@mlab/kernel/testing';
import { openLog } from '@mlab/telemetry';
import { startCallers, startShelf } from './callers.ts';
import { sendRequest, type RawAnswer } from './raw-request.ts';
import { shelf, shelfService } from './sample-services.ts';

const SECRET = 'a secret of more than thirty-two bytes';
const env = { MLAB_IDENTITY: 'secret', MLAB_IDENTITY_SECRET: SECRET };

/** A clock that a test can put forward, by seconds. */
function movableClock(): Clock & { ahead: number } {
  return {
    ahead: 0,
    now() {
      return new Date(Date.now() + this.ahead * 1000);
    },
    monotonic: () => performance.now(),
    schedule: (ms, task) => {
      const timer = setTimeout(task, ms);
      return () => clearTimeout(timer);
    },
  };
}

const outcome = (answer: Promise<unknown>): Promise<unknown> =>
  answer.catch((error: unknown) => {
    assert.ok(AppError.is(error), String(error));
    return error.code;
  });

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const nowInSeconds = (): number => Math.floor(Date.now() / 1000);

interface Forgery {
  readonly header?: object;
  readonly claims?: object;
  readonly secret?: string;
  readonly sign?: (text: string) => string;
}

/** A token made by hand, right in everything that is not said otherwise. */
function forge({ header = {}, claims = {}, secret = SECRET, sign }: Forgery = {}): string {
  const now = nowInSeconds();
  const head = part({ alg: 'HS256', typ: 'mlab-identity+jwt', ...header });
  const text = `${head}.${part({ iss: 'reader', aud: 'shelf', iat: now, exp: now + 60, ...claims })}`;
  return `${text}.${(sign ?? ((input) => createHmac('sha256', secret).update(input).digest('base64url')))(text)}`;
}

const discard = (url: string, headers: readonly string[]): Promise<RawAnswer> =>
  sendRequest(url, 'POST /discard', ['Host: localhost', ...headers]);

test('a service proves by a token who it is, and is let in where the contract names it', async () => {
  await using there = await startShelf(env);
  await using here = await startCallers({ env, shelf: there.url });
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });
  assert.equal((await here.clients.stranger.whoCalls({}, rootCall('test'))).caller, 'stranger');
  const refused = await here.clients.stranger.discard({}, rootCall('test')).catch((error: unknown) => error as AppError);
  assert.ok(AppError.is(refused, 'forbidden'));
  assert.match(refused.message, /^Only reader may call shelf\.discard; this call is by stranger\.$/);
});

test('co-hosted calls need no proof, and are held to the same lists', async () => {
  await using here = await startCallers({ env });
  assert.deepEqual(await here.clients.reader.discard({}, rootCall('test')), { by: 'reader' });
  assert.equal(await outcome(here.clients.stranger.discard({}, rootCall('test'))), 'forbidden');
});

test('who proves nothing is shown as what he claims to be, and is not let in for it', async () => {
  await using there = await startShelf(env);
  const claimed = await sendRequest(there.url, 'GET /who-calls', ['Host: localhost', 'mlab-caller: reader']);
  assert.equal((JSON.parse(claimed.body) as { caller: string }).caller, 'claimed:reader');
  const nameless = await sendRequest(there.url, 'GET /who-calls', ['Host: localhost']);
  assert.equal((JSON.parse(nameless.body) as { caller: string }).caller, 'anonymous');
  const refused = await discard(there.url, ['mlab-caller: reader']);
  assert.equal(refused.status, 401);
  assert.match(refused.head, /www-authenticate: MlabIdentity/);
  assert.match(
    (JSON.parse(refused.body) as { detail: string }).detail,
    /^Only reader may call shelf\.discard, and nothing proves who calls\.$/,
  );
});

test('a token by hand, right in everything, counts: so the ones below fail for what is wrong with them', async () => {
  await using there = await startShelf(env);
  const answer = await discard(there.url, [`mlab-identity: ${forge()}`, 'mlab-caller: somebody else']);
  assert.equal(answer.status, 200, answer.body);
  assert.deepEqual(JSON.parse(answer.body), { by: 'reader' }, 'the token says who calls, not the header');
  assert.equal(
    (await discard(there.url, [`mlab-identity: ${forge({ claims: { exp: nowInSeconds() - 20, iat: nowInSeconds() - 80 } })}`])).status,
    200,
    'clocks may differ',
  );
  assert.equal((await discard(there.url, [`mlab-identity: ${forge({ claims: { iss: 'stranger' } })}`])).status, 403);
});

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const rsa = (text: string): string => createSign('sha256').update(text).sign(privateKey, 'base64url');
const hmac = (hash: string) => (text: string) => createHmac(hash, SECRET).update(text).digest('base64url');

const BAD: Readonly<Record<string, () => string>> = {
  'no token at all': () => 'hello',
  empty: () => '',
  'two parts': () => forge().split('.').slice(0, 2).join('.'),
  'without a signature': () => forge({ sign: () => '' }),
  'a changed claim under an old signature': () => {
    const [head = '', , signature = ''] = forge({ claims: { iss: 'stranger' } }).split('.');
    return `${head}.${forge().split('.')[1] ?? ''}.${signature}`;
  },
  'another secret': () => forge({ secret: 'another secret of more than thirty-two bytes' }),
  'alg none': () => forge({ header: { alg: 'none' }, sign: () => '' }),
  'alg None, signed': () => forge({ header: { alg: 'None' } }),
  'no alg': () => forge({ header: { alg: undefined } }),
  'RS256 with a key of the attacker': () => forge({ header: { alg: 'RS256' }, sign: rsa }),
  'RS256 with the signature of HS256': () => forge({ header: { alg: 'RS256' } }),
  'HS256 with a key in its header': () => forge({ header: { jwk: { kty: 'oct', k: part({}) } }, secret: '{}' }),
  'HS512 with the right secret': () => forge({ header: { alg: 'HS512' }, sign: hmac('sha512') }),
  'a critical extension that nobody knows': () => forge({ header: { crit: ['x'], x: 1 } }),
  expired: () => forge({ claims: { iat: nowInSeconds() - 95, exp: nowInSeconds() - 35 } }),
  'for years': () => forge({ claims: { iat: nowInSeconds() - 1000, exp: nowInSeconds() + 1e8 } }),
  'from the future': () => forge({ claims: { iat: nowInSeconds() + 1000, exp: nowInSeconds() + 1060 } }),
  'not valid before tomorrow': () => forge({ claims: { nbf: nowInSeconds() + 86_400 } }),
  'without an end': () => forge({ claims: { exp: undefined } }),
  'without a beginning': () => forge({ claims: { iat: undefined } }),
  'for another service': () => forge({ claims: { aud: 'reader' } }),
  'for nobody': () => forge({ claims: { aud: undefined } }),
  'of nobody': () => forge({ claims: { iss: undefined } }),
  'of something that is no service': () => forge({ claims: { iss: 'claimed:reader' } }),
  'of anonymous': () => forge({ claims: { iss: 'anonymous' } }),
  'of a number': () => forge({ claims: { iss: 7 } }),
  'a token for something else, with the same secret': () => forge({ header: { typ: 'JWT' } }),
  'longer than any of ours': () => forge({ claims: { more: 'x'.repeat(2000) } }),
};

test('tokens that are not right in everything are refused, and say nothing of the inside', async () => {
  await using there = await startShelf(env);
  for (const [name, make] of Object.entries(BAD)) {
    for (const target of ['POST /discard', 'GET /who-calls']) {
      const { status, body } = await sendRequest(there.url, target, ['Host: localhost', 'mlab-caller: reader', `mlab-identity: ${make()}`]);
      assert.equal(status, 401, `${name}: ${body}`);
      assert.match(
        (JSON.parse(body) as { detail: string }).detail,
        /^The identity token (is not one of ours|is not for shelf|is of no service|has expired|has \d+ characters, more than any of ours)\.$/,
        name,
      );
    }
  }
  assert.equal((await discard(there.url, [`mlab-identity: ${'x'.repeat(20_000)}`])).status, 431);
  assert.equal((await discard(there.url, [`mlab-identity: ${forge()}`, `mlab-identity: ${forge()}`])).status, 401, 'two tokens');
});

test('a remembered token ends with its time, and is worth nothing at another service', async () => {
  const clock = movableClock();
  await using there = await startShelf(env, clock);
  const token = forge();
  assert.equal((await discard(there.url, [`mlab-identity: ${token}`])).status, 200);
  clock.ahead = 80;
  assert.equal((await discard(there.url, [`mlab-identity: ${token}`])).status, 200, 'within the tolerance');
  clock.ahead = 95;
  const late = await discard(there.url, [`mlab-identity: ${token}`]);
  assert.equal(late.status, 401);
  assert.match(late.body, /expired/);

  // Both services in one process, so that they share what is remembered.
  const twin = { ...shelfService, contract: { ...shelf, name: 'twin' } };
  await using both = await startTest(shelfService, { neighbours: [twin], env });
  const headers = ['Host: localhost', `mlab-identity: ${forge()}`];
  assert.equal((await sendRequest(both.url, 'POST /discard', headers)).status, 200);
  assert.equal((await sendRequest(both.host.url('twin'), 'POST /discard', headers)).status, 401);
});

test('one token is used until it is nearly over, then the next one', async () => {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(String(request.headers['mlab-identity']));
    response.setHeader('content-type', 'application/json').end('{"by":"x"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const clock = movableClock();
  const here = await startCallers({ env, shelf: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, clock });
  const { reader, stranger } = here.clients;
  await Promise.all([reader.discard({}, rootCall('test')), reader.discard({}, rootCall('test'))]);
  clock.ahead = 40;
  await reader.discard({}, rootCall('test'));
  clock.ahead = 46;
  await reader.discard({}, rootCall('test'));
  await stranger.discard({}, rootCall('test'));
  await here[Symbol.asyncDispose]();
  server.close();
  assert.equal(new Set(seen.slice(0, 3)).size, 1, 'calls at once share one too');
  assert.equal(new Set(seen).size, 3);
  const claims = seen.map((token) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, unknown>);
  assert.deepEqual(
    claims.map(({ iss, aud }) => [iss, aud]),
    [...Array.from({ length: 4 }, () => ['reader', 'shelf']), ['stranger', 'shelf']],
  );
  for (const { iat, exp } of claims) assert.equal((exp as number) - (iat as number), 60);
});

test('processes with different secrets are strangers to each other', async () => {
  await using there = await startShelf(env);
  await using here = await startCallers({ env: { ...env, MLAB_IDENTITY_SECRET: SECRET.toUpperCase() }, shelf: there.url });
  assert.equal(await outcome(here.clients.reader.discard({}, rootCall('test'))), 'unauthenticated');
  assert.equal(await outcome(here.clients.reader.whoCalls({}, rootCall('test'))), 'unauthenticated');
});

test('where proof is required nobody calls an operation without it, and pages stay open', async () => {
  await using there = await startShelf({ ...env, MLAB_IDENTITY_REQUIRE: 'true' });
  await using here = await startCallers({ env, shelf: there.url });
  assert.equal((await here.clients.stranger.whoCalls({}, rootCall('test'))).caller, 'stranger');
  assert.equal((await sendRequest(there.url, 'GET /who-calls', ['Host: localhost'])).status, 401);
  assert.equal((await sendRequest(there.url, 'GET /health', ['Host: localhost'])).status, 200);
});

test('a client that goes away while its token is looked at does no harm', async () => {
  await using there = await startShelf(env);
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => sendAndLeave(there.url, forge({ claims: { jti: String(i) } }))));
  assert.equal(answers.length, 50);
  assert.equal((await discard(there.url, [`mlab-identity: ${forge()}`])).status, 200);
});

async function sendAndLeave(url: string, token: string): Promise<void> {
  const controller = new AbortController();
  const answer = fetch(`${url}/discard`, {
    method: 'POST',
    headers: { 'mlab-identity': token, 'content-type': 'application/json' },
    body: '{}',
    signal: controller.signal,
  });
  setImmediate(() => controller.abort());
  await answer.catch(() => {});
}

test('with identity off a claim counts on loopback alone', async () => {
  await using there = await startShelf({});
  assert.equal((await discard(there.url, ['mlab-caller: reader'])).status, 200);
  assert.equal((await discard(there.url, ['mlab-caller: stranger'])).status, 403);
  assert.equal((await discard(there.url, [])).status, 403);
  await using open = await startShelf({ MLAB_LISTEN: '0.0.0.0', MLAB_ALLOW_UNPROTECTED: 'yes' });
  const refused = await discard(open.url.replace('0.0.0.0', '127.0.0.1'), ['mlab-caller: reader']);
  assert.equal(refused.status, 403);
  assert.match(refused.body, /this call is by claimed:reader/);
});

test('while identity is off the log says once, at the start, which operations that leaves open', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mlab-log-'));
  const linesOf = async (name: string, settings: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const file = join(folder, name);
    const log = openLog({ level: 'warn', file });
    const host = await Host.start({ services: [shelfService], ports: { shelf: 0 }, env: settings, logger: log.logger, version: '0' });
    await host[Symbol.asyncDispose]();
    log[Symbol.dispose]();
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line.includes('MLAB_IDENTITY'));
  };
  const [line = '', ...more] = await linesOf('off', {});
  assert.deepEqual(more, []);
  const { level, operations } = JSON.parse(line) as { level: string; operations: unknown };
  assert.deepEqual({ level, operations }, { level: 'warn', operations: ['shelf.discard'] });
  assert.deepEqual(await linesOf('secret', env), []);
  rmSync(folder, { recursive: true });
});

test('a caller list is shown in the description', async () => {
  await using there = await startShelf({});
  const { paths } = (await (await fetch(`${there.url}/openapi.json`)).json()) as {
    paths: Record<string, Record<string, Record<string, unknown>>>;
  };
  assert.deepEqual(paths['/discard']?.['post']?.['x-mlab-callers'], ['reader']);
  assert.match(String(paths['/discard']?.['post']?.['description']), /Only for services: reader\./);
  assert.equal(paths['/who-calls']?.['get']?.['x-mlab-callers'], undefined);
});

test('a secret that is too short is refused and not shown', async () => {
  for (const secret of ['', 'short', 'x'.repeat(31)]) {
    await assert.rejects(startShelf({ ...env, MLAB_IDENTITY_SECRET: secret }), (error: Error) => {
      assert.match(error.message, new RegExp(`^MLAB_IDENTITY_SECRET has ${secret.length} bytes; MLAB_IDENTITY=secret takes at least 32`));
      return secret === '' || !error.message.includes(secret);
    });
  }
  await assert.rejects(startShelf({ MLAB_IDENTITY: 'on' }), /^Error: MLAB_IDENTITY is "on"; it takes off \| secret \| mtls/);
  await assert.rejects(startShelf({ MLAB_IDENTITY_SECRETS: 'x' }), /^Error: MLAB_IDENTITY_SECRETS is not a setting/);
});
