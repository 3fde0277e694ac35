import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { openOutbound, type Outbound, type OutboundOptions } from '@mlab/outbound';

const stack = new AsyncDisposableStack();
const seen: string[] = [];
let port: number;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

before(async () => {
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host ?? ''}${request.url ?? ''}`);
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  ({ port } = server.address() as AddressInfo);
  stack.defer(() => {
    server.close();
    server.closeAllConnections();
  });
});
after(() => stack.disposeAsync());

const open = (options: Partial<OutboundOptions> = {}): Outbound =>
  stack.use(openOutbound({ allowPrivate: true, timeoutMs: 300, maxAnswerBytes: 1000, ...options }));
const post = (outbound: Outbound, url: string) => outbound.post({ url, headers: { 'content-type': 'text/plain' }, body: 'x' });
const refusal = (pattern: RegExp) => (error: unknown) => AppError.is(error) && pattern.test(error.message);

test('what is answered comes back, its body cut', async () => {
  answer = (_, response) => response.writeHead(202, { 'x-a': 'b' }).end('y'.repeat(5000));
  const { status, headers, body } = await post(open(), `http://127.0.0.1:${port}/a?b`);
  assert.deepEqual([status, headers['x-a'], body.length, seen.at(-1)], [202, 'b', 1000, `POST 127.0.0.1:${port}/a?b`]);
});

test('redirects are told and not followed', async () => {
  answer = (_, response) => response.writeHead(302, { location: `http://127.0.0.1:${port}/secret` }).end();
  seen.length = 0;
  assert.equal((await post(open(), `http://127.0.0.1:${port}/`)).status, 302);
  assert.equal(seen.length, 1);
});

test('who is slow, or not there, is a sentence', async () => {
  answer = () => undefined;
  await assert.rejects(post(open(), `http://127.0.0.1:${port}/`), refusal(/^It did not answer within 300 ms\.$/));
  answer = (_, response) => response.writeHead(200).write('begins and never ends');
  await assert.rejects(post(open(), `http://127.0.0.1:${port}/`), refusal(/within 300 ms/));
  await assert.rejects(post(open(), 'http://127.0.0.1:1/'), refusal(/^It cannot be reached: .*ECONNREFUSED/));
});

for (const [url, why] of [
  ['https://127.0.0.1/', /127\.0\.0\.1 is not public/],
  ['https://0x7f.1/', /127\.0\.0\.1 is not public/],
  ['https://2130706433/', /127\.0\.0\.1 is not public/],
  ['https://[::1]:8000/', /::1 is not public/],
  ['https://[::ffff:10.0.0.1]/', /is not public/],
  ['https://169.254.169.254/latest/meta-data', /is not public/],
  ['https://localhost/', /localhost leads to .*, which is not public/],
  ['http://example.com/', /begins with http; allowed is https/],
  ['file:///etc/passwd', /begins with file|no host/],
  ['https://user:word@example.com/', /name or a password/],
  ['not a url', /no host, or is none/],
] as const) {
  test(`${url} may not be asked`, async () => {
    const outbound = open({ allowPrivate: false });
    await assert.rejects(outbound.check(url), refusal(why));
    await assert.rejects(post(outbound, url), refusal(why));
  });
}

test('a name that cannot be resolved is told', async () => {
  const outbound = open({ allowPrivate: false, resolve: () => Promise.reject(new Error('ENOTFOUND')) });
  await assert.rejects(outbound.check('https://nowhere.example/'), refusal(/nowhere\.example cannot be resolved/));
});

test('a name is resolved once for a connection, and one that has changed its meaning since it was checked leads nowhere', async () => {
  const meanings = ['93.184.216.34', '127.0.0.1', '93.184.216.34'];
  const asked: string[] = [];
  const resolve = (name: string) => {
    asked.push(name);
    return Promise.resolve([{ address: meanings.shift() ?? '', family: 4 }]);
  };
  const outbound = open({ allowPrivate: false, resolve });
  seen.length = 0;
  await outbound.check('https://rebound.example/');
  await assert.rejects(
    post(outbound, `https://rebound.example:${port}/`),
    refusal(/rebound\.example leads to 127\.0\.0\.1, which is not public/),
  );
  assert.deepEqual([asked.length, seen], [2, []]);
});

test('the connection goes where the name was resolved to, whatever the system says of it', async () => {
  answer = (_, response) => response.end('here');
  const outbound = open({ resolve: () => Promise.resolve([{ address: '127.0.0.1', family: 4 }]) });
  assert.equal((await post(outbound, `http://some.example:${port}/`)).body, 'here');
  assert.equal(seen.at(-1), `POST some.example:${port}/`);
});

test('one hidden address among public ones is enough to refuse a name', async () => {
  const resolve = () =>
    Promise.resolve([
      { address: '93.184.216.34', family: 4 },
      { address: 'fe80::1', family: 6 },
    ]);
  await assert.rejects(open({ allowPrivate: false, resolve }).check('https://mixed.example/'), refusal(/fe80::1, which is not public/));
});
