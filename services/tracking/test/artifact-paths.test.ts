import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { call, startArtifacts, storedKeys, until, type TestArtifacts } from './artifacts-for-test.ts';

let t: TestArtifacts;
let port: number;
let runId: string;
let modelId: string;

before(async () => {
  t = await startArtifacts();
  port = Number(new URL(t.url).port);
  // What nobody may reach from here.
  await writeFile(join(t.home, 'canary'), 'canary');
  await t.put('1/own/file', 'own');
  runId = (await t.post('runs/create', { experiment_id: '0', start_time: 1 })).run.info.run_id;
  modelId = (await t.post('logged-models', { experiment_id: '0' })).model.info.model_id;
});
after(() => t[Symbol.asyncDispose]());

/** Sends bytes as they are: a client library would put a path right before it sends it. */
function raw(request: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(Buffer.from(request, 'latin1')));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString('latin1')));
    socket.on('close', () => resolve({ status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text }));
    socket.on('error', reject);
  });
}

const route = '/mlflow/api/2.0/mlflow-artifacts/artifacts/';
const ask = (method: string, path: string, body = 'intruder') =>
  raw(
    `${method} ${route}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
      (method === 'GET' ? '\r\n' : `Content-Length: ${body.length}\r\n\r\n${body}`),
  );

/** Out of the root, into the machine, or no path at all. As they stand in a URL. */
const HOSTILE = [
  '../canary',
  '../../canary',
  '../../../../../../etc/passwd',
  '1/../../canary',
  '1/own/../../../canary',
  '..',
  '1/..',
  '1/../',
  './..',
  '1/./../..',
  '%2e%2e/canary',
  '%2e%2e%2fcanary',
  '..%2fcanary',
  '.%2e/canary',
  '%2e./canary',
  '1/%2e%2e/%2e%2e/canary',
  '1%2f..%2f..%2fcanary',
  '%252e%252e/canary',
  '%252e%252e%252fcanary',
  '..%252fcanary',
  '%25252e%25252e%25252fcanary',
  '%2525252525252e%2525252525252e/canary',
  '..%5ccanary',
  '%2e%2e%5ccanary',
  String.raw`..\canary`,
  String.raw`1\..\..\canary`,
  '..%255ccanary',
  '1/..%5c..%5ccanary',
  '%5c%5cserver%5cshare',
  '%2fetc/passwd',
  '%2Fetc%2Fpasswd',
  '%252fetc/passwd',
  '//etc/passwd',
  '%2f%2fetc/passwd',
  '/%2e%2e/canary',
  'C:/Windows/win.ini',
  'c:%5cWindows%5cwin.ini',
  'C:canary',
  'C%3A%5Ccanary',
  '%43:/x',
  './C:/x',
  '1/..%2f..%2fC:/x',
  'file:///etc/passwd',
  'file:%2f%2f%2fetc%2fpasswd',
  'FILE:/etc/passwd',
  'file%3a///etc/passwd',
  'file://localhost/etc/passwd',
  '1/x%00.txt',
  '%00',
  '1/%2500',
  '..%00/canary',
  '../canary%00.txt',
  '1/%00/../x',
  '1/x%23y',
  '1/x#y',
  '%2523/../x',
  '1/%23/..%2f..',
  '%0a../canary',
  '..%0a/../canary',
  '%09../../canary',
  '%20../../canary',
  '1/%0d%0a/../../x',
  '.%0a./canary',
  '.%09./canary',
  '%0a/etc/passwd',
  '../;x/canary',
  '1/..;/../canary',
  'x;../../canary/../..',
  '?/../canary',
  'http://x/../../y',
  'a:b/../../c',
  'mlflow-artifacts:/../x',
  `${'../'.repeat(300)}etc/passwd`,
  'a/'.repeat(101) + 'x',
  'x'.repeat(2001),
  `${'%2e%2e%2f'.repeat(100)}etc/passwd`,
  '%C3%A4'.repeat(1001),
  'x'.repeat(5e3),
  '%ff%fe/../x',
  '%c0%ae%c0%ae/../canary',
  '%e0%80%ae%e0%80%ae%2f..%2fcanary',
  '%ed%a0%80/..',
  '%zz/../x',
  '%u002e%u002e/../x',
];

/** In a URL no path at all; by themselves names like any other, but for the empty fragment, of which nothing is left. */
const MALFORMED = ['%', '1/%', '1/%2', '%23', '1/%x/y'];

/** Parts that an over-clever reader would take for two dots, or for a slash. They are names like any other, and stay below the root. */
const HARMLESS = [
  '...',
  '..x',
  'x..',
  '.%20.',
  '..%20',
  '%20..',
  '%EF%BC%8E%EF%BC%8E',
  '%E2%80%A4%E2%80%A4',
  '..%E2%88%95x',
  '%E2%81%84etc',
  '~root',
  '$HOME',
  '%24%7BHOME%7D',
  'nul',
  'CON',
  'aux.txt',
  'com1',
  'x.',
  'x%20',
  '.incoming',
  'x@object',
  '=',
  'x+',
  '%25',
  'x:y:z',
  '-rf',
  '*',
  'a%3Fb',
  "'%3B--",
  '%7B%7B7*7%7D%7D',
];

test(`${HOSTILE.length} paths that lead out are refused, whatever is asked of them`, async () => {
  assert.ok(HOSTILE.length >= 60);
  const known = await t.query('SELECT folder, name FROM artifact ORDER BY 1, 2');
  for (const path of [...HOSTILE, ...MALFORMED]) {
    const methods = ['PUT', 'GET', 'DELETE'];
    for (const [index, { status, text }] of (await Promise.all(methods.map((method) => ask(method, path)))).entries()) {
      const method = methods[index];
      assert.ok(status === 400 || status === 404, `${method} ${path}: ${text.slice(0, 300)}`);
      assert.doesNotMatch(text, /canary$|root:x|\bat .*\.ts|node:/m, `${method} ${path}`);
    }
  }
  assert.deepEqual(await t.query('SELECT folder, name FROM artifact ORDER BY 1, 2'), known);
});

test('nor does any other way in let them through', async () => {
  const json = { 'content-type': 'application/json' };
  for (const encoded of HOSTILE.filter((path) => path.length < 600)) {
    let path: string;
    try {
      path = decodeURIComponent(encoded);
    } catch {
      path = encoded;
    }
    const query = encodeURIComponent(path);
    const body = JSON.stringify({ path, num_parts: 1 });
    const asked = await Promise.all([
      t.send('GET', `artifacts?path=${query}`),
      t.send('GET', `presigned/${query}`),
      t.send('POST', `mpu/create/${query}`, { body: JSON.stringify({ path: 'x', num_parts: 1 }), headers: json }),
      t.send('POST', 'mpu/create/1', { body: JSON.stringify({ path: `x/${path}/..`, num_parts: 1 }), headers: json }),
      fetch(`${t.url}/get-artifact?run_id=${runId}&path=${query}`),
      fetch(`${t.url}/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${runId}&path=${query}`, { method: 'POST', body: 'intruder' }),
      fetch(`${t.url}/api/2.0/mlflow/artifacts/list?run_id=${runId}&path=${query}`),
      fetch(`${t.url}/api/2.0/mlflow/artifacts/presigned-upload-url`, {
        method: 'POST',
        body: JSON.stringify({ run_id: runId, path }),
        headers: json,
      }),
      fetch(`${t.url}/api/2.0/mlflow/logged-models/${modelId}/artifacts/files?artifact_file_path=${query}`),
      fetch(`${t.url}/api/2.0/mlflow/logged-models/${modelId}/artifacts/directories?artifact_directory_path=${query}`),
      ...['mlflow-artifacts:/', `runs:/${runId}/`, `models:/${modelId}/`].flatMap((root) => [
        fetch(`${t.app.url}/files?uri=${encodeURIComponent(root + path)}`),
        fetch(`${t.app.url}/files/content?uri=${encodeURIComponent(root + path)}`),
      ]),
    ]);
    for (const [index, { status }] of asked.entries()) {
      // Without a slash behind the scheme these are the same as without two.
      const isRelative = index >= 10 && /^\/+(?!.*(\.\.|[#\\%]|\0))/.test(path);
      assert.ok(
        status === 400 || status === 404 || (isRelative && status === 200),
        `${index}: ${path.slice(0, 100)} (${body.length}): ${status}`,
      );
    }
  }
  const rows = await t.query(`SELECT folder, name FROM artifact UNION ALL SELECT folder, name FROM multipart_upload`);
  for (const { folder, name } of rows) assert.doesNotMatch(`/${String(folder)}/${String(name)}/`, /\/\.\.?\/|intruder/);
});

test('names that only look dangerous are names, and lie below the root', async () => {
  for (const [index, name] of HARMLESS.entries()) {
    const { status, text } = await ask('PUT', `1/harmless/${index}/${name}`);
    assert.equal(status, 200, `${name}: ${text}`);
    assert.equal((await ask('GET', `1/harmless/${index}/${name}`)).status, 200, name);
  }
  assert.equal((await t.query(`SELECT 1 FROM artifact WHERE folder LIKE '1/harmless/%' AND name NOT LIKE '%/%'`)).length, HARMLESS.length);
});

test('random paths and bodies: no error of the server, and no file outside of the root', async () => {
  let seed = 20_260_401;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const PIECES = [
    '..',
    '.',
    '/',
    '//',
    '%2e',
    '%2f',
    '%5c',
    '%00',
    '%25',
    'a',
    'b',
    ' ',
    '%20',
    ':',
    'C:',
    '#',
    '?',
    '\\',
    '%ff',
    '%c3%a4',
    ';',
    '~',
    '%0a',
    'é',
    '\t',
    '"',
    '<',
    '\x7f',
    '\x80',
  ];
  const METHODS = ['GET', 'PUT', 'PUT', 'DELETE', 'POST', 'PATCH', 'HEAD', 'OPTIONS'];
  const requests = Array.from({ length: 400 }, () => {
    const path = Array.from({ length: 1 + random(8) }, () => PIECES[random(PIECES.length)]).join('');
    const body = String.fromCharCode(...Array.from({ length: random(200) }, () => random(256)));
    const where =
      random(4) === 0
        ? `/mlflow/api/2.0/mlflow-artifacts/${['artifacts?path=', 'mpu/create/', 'mpu/parts/', 'presigned/'][random(4)]}`
        : route;
    const method = METHODS[random(METHODS.length)] ?? 'GET';
    return `${method} ${where}${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  });
  for (let at = 0; at < requests.length; at += 20) {
    for (const [index, { status, text }] of (await Promise.all(requests.slice(at, at + 20).map(raw))).entries())
      assert.ok(status < 500, `${JSON.stringify(requests[at + index])}: ${text.slice(0, 400)}`);
  }
  for (const { folder, name } of await t.query('SELECT folder, name FROM artifact'))
    assert.doesNotMatch(`/${String(folder)}/${String(name)}/`, /\/\.\.?\/|\\|#/);
});

test('after all of this nothing lies where it should not, and what was there is as it was', async () => {
  assert.deepEqual((await readdir(t.home)).toSorted(), ['canary', 'objects']);
  assert.deepEqual(await readdir(join(t.home, 'objects')), ['tracking']);
  assert.equal(await readFile(join(t.home, 'canary'), 'utf8'), 'canary');
  assert.equal((await t.read('1/own/file'))?.toString(), 'own');
  // Keys are made of the hour and of chance: nothing of a path becomes a name of the file system.
  await until(async () => (await storedKeys(t.home)).every((key) => /^\d{10}\/[0-9a-f]{32}$/.test(key)), 'all keys are ours');
  await t.checkBooks();
});

test('a link that somebody has put among the objects is not followed', async (context) => {
  if (process.platform === 'win32') return context.skip('links need rights there');
  const { rm, symlink, readlink } = await import('node:fs/promises');
  await t.put('1/linked', 'mine');
  const [row] = await t.query(`SELECT object_key FROM artifact WHERE folder = '1' AND name = 'linked'`);
  const file = join(t.home, 'objects', 'tracking', `${String(row?.['object_key'])}@object`);
  await rm(file);
  await symlink(join(t.home, 'canary'), file);
  const answer = await t.send('GET', 'artifacts/1/linked');
  assert.ok(answer.status >= 400 && !answer.body.toString().includes('canary'), String(answer.status));
  assert.equal(await t.put('1/linked', 'again'), 200);
  assert.equal((await t.read('1/linked'))?.toString(), 'again');
  await until(async () => (await readlink(file).catch(() => 'gone')) === 'gone', 'the link is removed, and not followed');
  assert.equal(await readFile(join(t.home, 'canary'), 'utf8'), 'canary');
  await assert.rejects(t.app.client.listFiles({ uri: 'mlflow-artifacts:/..', limit: 1 }, call()), /Invalid path/);
});
