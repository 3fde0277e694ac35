import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { processInput } from '../ask.ts';
import { PLACEMENTS, type Lab } from '../lab.ts';
import { leaveLabs, sharedLab } from '../shared-labs.ts';
import { waitUntil } from '../wait.ts';

let lab: Lab;

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Writes bytes as they are, perhaps some more later, and reads what comes until the other side closes or is silent for long. */
async function exchange(url: string, first: string | Buffer, ...later: readonly (() => Promise<string | Buffer>)[]): Promise<Answer> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let received = '';
  let closed = false;
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')));
  socket.on('error', () => {});
  socket.on('close', () => (closed = true));
  await once(socket, 'connect');
  socket.write(first);
  for (const next of later) {
    if (closed) break;
    socket.write(await next());
  }
  await waitUntil('an answer', 10_000, () => closed || isComplete(received));
  socket.destroy();
  const [head = '', body = ''] = received.split('\r\n\r\n');
  return { status: Number(head.split(' ')[1]), body };
}

function isComplete(received: string): boolean {
  const [head, body] = received.split('\r\n\r\n');
  const length = /content-length: (\d+)/i.exec(head ?? '')?.[1];
  return body !== undefined && length !== undefined && body.length >= Number(length);
}

const post = (body: string | Buffer, headers = ''): Buffer =>
  Buffer.concat([
    Buffer.from(
      `POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n`,
    ),
    Buffer.from(body),
  ]);

/** Made once: it takes longer to make them than to send them. */
const MEGABYTE = 1024 * 1024;
const LARGE = post(Buffer.alloc(50 * MEGABYTE, 'x'));
const LARGE_IN_CHUNKS = Buffer.from(
  `POST /process HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n${`${MEGABYTE.toString(16)}\r\n${'x'.repeat(MEGABYTE)}\r\n`.repeat(50)}0\r\n\r\n`,
);

const drip = (text: string) => async (): Promise<string> => {
  await delay(400);
  return text;
};

const CASES: Readonly<Record<string, { readonly send: () => Promise<Answer>; readonly status: number; readonly detail: RegExp }>> = {
  'no HTTP at all': { send: () => exchange(lab.a, 'hello there\r\n\r\n'), status: 400, detail: /not HTTP/ },
  'a TLS greeting': { send: () => exchange(lab.a, Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3])), status: 400, detail: /not HTTP/ },
  'no Host header': { send: () => exchange(lab.a, 'GET / HTTP/1.1\r\n\r\n'), status: 400, detail: /Host header is missing/ },
  'a Host of somebody else (DNS rebinding)': {
    send: () => exchange(lab.a, 'POST /process HTTP/1.1\r\nHost: evil.example:8000\r\nContent-Length: 2\r\n\r\n{}'),
    status: 403,
    detail: /does not answer as \\"evil\.example\\"/,
  },
  'a page of somebody else': {
    send: () => exchange(lab.a, post('{"data":"x"}', 'Origin: https://evil.example\r\n')),
    status: 403,
    detail: /Pages of https:\/\/evil\.example may not use this service/,
  },
  'two content lengths': {
    send: () => exchange(lab.a, 'POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    status: 400,
    detail: /not HTTP/,
  },
  'a content length and chunks (request smuggling)': {
    send: () =>
      exchange(lab.a, 'POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    status: 400,
    detail: /not HTTP/,
  },
  'a header with a line break inside': {
    send: () => exchange(lab.a, 'GET / HTTP/1.1\r\nHost: localhost\r\nA: b\nc\r\n\r\n'),
    status: 400,
    detail: /not HTTP/,
  },
  '10,000 headers': {
    send: () =>
      exchange(lab.a, `GET / HTTP/1.1\r\nHost: localhost\r\n${Array.from({ length: 10_000 }, (_, i) => `h${i}: v\r\n`).join('')}\r\n`),
    status: 431,
    detail: /headers are too large/,
  },
  'a body of 50 MB with its length announced': {
    send: () => exchange(lab.a, LARGE),
    status: 413,
    detail: /larger than 1048576 bytes/,
  },
  'a body of 50 MB in chunks': {
    send: () => exchange(lab.a, LARGE_IN_CHUNKS),
    status: 413,
    detail: /larger than 1048576 bytes/,
  },
  'a body that drips': {
    send: () =>
      exchange(
        lab.a,
        'POST /process HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
        ...Array.from({ length: 20 }, () => drip(' ')),
      ),
    status: 408,
    detail: /took too long/,
  },
  'headers that drip': {
    send: () => exchange(lab.a, 'GET / HTTP/1.1\r\nHost: localhost\r\n', ...Array.from({ length: 20 }, (_, i) => drip(`h${i}: v\r\n`))),
    status: 408,
    detail: /took too long/,
  },
  'JSON of depth 100,000': {
    send: () => exchange(lab.a, post(`{"data":"x","more":${'['.repeat(100_000)}${']'.repeat(100_000)}}`)),
    status: 422,
    detail: /deeper than 1000 levels/,
  },
  'a __proto__ key': { send: () => exchange(lab.a, post('{"data":"x","__proto__":{"polluted":true}}')), status: 422, detail: /__proto__/ },
  'a __proto__ key in disguise, far inside': {
    send: () => exchange(lab.a, post(String.raw`{"data":"x","a":[{"\u005f_proto__":1}]}`)),
    status: 422,
    detail: /__proto__/,
  },
  'a path with an encoded way out': {
    send: () => exchange(lab.a, 'GET /docs/..%2f..%2fpackage.json HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    status: 404,
    detail: /Not Found/,
  },
  'a path of dots': {
    send: () => exchange(lab.a, 'GET /docs/../../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n'),
    status: 404,
    detail: /Not Found/,
  },
};

after(leaveLabs);

for (const placement of PLACEMENTS) {
  describe(placement, () => {
    before(async () => void (lab = await sharedLab(placement)));

    for (const [name, { send, status, detail }] of Object.entries(CASES)) {
      test(`${name}: ${status}, and others are served meanwhile`, async () => {
        const [answer, other] = await Promise.all([send(), processInput(lab.a, 'somebody else')]);
        assert.equal(answer.status, status, answer.body);
        const { detail: said } = JSON.parse(answer.body) as { detail: unknown };
        assert.match(JSON.stringify(said), detail);
        assert.doesNotMatch(answer.body, /node_modules|\.ts|at [A-Z]/);
        assert.equal(other.status, 200);
      });
    }

    test('afterwards nothing is polluted and everything still works', async () => {
      assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
      assert.equal((await processInput(lab.a, 'after all')).status, 200);
      assert.doesNotMatch(lab.gateway.output(), /"level":"(error|fatal)"/);
    });
  });
}
