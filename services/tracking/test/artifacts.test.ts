import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { startArtifacts, storedKeys, until, type Body, type TestArtifacts } from './artifacts-for-test.ts';

let t: TestArtifacts;
before(async () => {
  t = await startArtifacts();
});
after(() => t[Symbol.asyncDispose]());

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

test('what is uploaded is downloaded, with the headers that keep a browser from showing it', async () => {
  const uploaded = await t.send('PUT', 'artifacts/1/run/artifacts/MLmodel', {
    body: 'flavors: {}',
    headers: { 'content-type': 'text/html' },
  });
  assert.deepEqual([uploaded.status, uploaded.body.toString()], [200, '{}']);
  const { status, headers, body } = await t.send('GET', 'artifacts/1/run/artifacts/MLmodel');
  assert.deepEqual([status, body.toString()], [200, 'flavors: {}']);
  const digest = sha256(body);
  assert.deepEqual(
    ['content-type', 'content-length', 'content-disposition', 'x-content-type-options', 'etag', 'accept-ranges'].map((name) =>
      headers.get(name),
    ),
    ['text/plain', '11', 'attachment; filename=MLmodel', 'nosniff', `"${digest}"`, 'bytes'],
  );
  assert.equal(headers.get('repr-digest'), `sha-256=:${Buffer.from(digest, 'hex').toString('base64')}:`);
});

test('no byte and many bytes', async () => {
  const many = randomBytes(5_000_001);
  assert.deepEqual([await t.put('1/sizes/none', ''), await t.put('1/sizes/many', many)], [200, 200]);
  assert.deepEqual(await t.read('1/sizes/none'), Buffer.alloc(0));
  assert.equal(sha256((await t.read('1/sizes/many')) ?? Buffer.alloc(0)), sha256(many));
});

test('names are what they are, and content types go by them', async () => {
  const names: readonly (readonly [sent: string, name: string, type: string])[] = [
    ['a%20b.txt', 'a b.txt', 'text/plain'],
    ['%C3%A4%E6%97%A5%F0%9F%98%80.json', 'ä日😀.json', 'text/plain'],
    ['100%25.png', '100%.png', 'image/png'],
    ['a:b;c=d&e+f.html', 'a:b;c=d&e+f.html', 'text/html'],
    ["it's (1) [x] {y}~!@$.bin", "it's (1) [x] {y}~!@$.bin", 'application/octet-stream'],
    ['con', 'con', 'application/octet-stream'],
    ['.hidden', '.hidden', 'application/octet-stream'],
    ['...', '...', 'application/octet-stream'],
    ['UPPER.CSV', 'UPPER.CSV', 'text/csv'],
    [`${'long'.repeat(200)}.pdf`, `${'long'.repeat(200)}.pdf`, 'application/pdf'],
  ];
  for (const [sent, name, type] of names) {
    assert.equal(await t.put(`1/names/${encodeURI(decodeURIComponent(sent)).replace('100%.png', '100%25.png')}`, name), 200, name);
    const found = await t.send('GET', `artifacts/1/names/${encodeURIComponent(name)}`);
    assert.deepEqual([found.status, found.body.toString(), found.headers.get('content-type')], [200, name, type]);
  }
  assert.deepEqual((await t.list('1/names')).toSorted(), names.map(([, name]) => name).toSorted());
  const { headers } = await t.send('GET', `artifacts/1/names/${encodeURIComponent('ä日😀.json')}`);
  assert.equal(headers.get('content-disposition'), "attachment; filename=a.json; filename*=UTF-8''%C3%A4%E6%97%A5%F0%9F%98%80.json");
});

test('ranges', async () => {
  await t.put('1/range', '0123456789');
  const ask = async (range: string, more: Record<string, string> = {}) => {
    const { status, headers, body } = await t.send('GET', 'artifacts/1/range', { headers: { range, ...more } });
    return [status, headers.get('content-range'), status === 416 ? '' : body.toString()];
  };
  assert.deepEqual(await ask('bytes=2-4'), [206, 'bytes 2-4/10', '234']);
  assert.deepEqual(await ask('bytes=7-'), [206, 'bytes 7-9/10', '789']);
  assert.deepEqual(await ask('bytes=-3'), [206, 'bytes 7-9/10', '789']);
  assert.deepEqual(await ask('bytes=5-500'), [206, 'bytes 5-9/10', '56789']);
  assert.deepEqual(await ask('bytes=-500'), [206, 'bytes 0-9/10', '0123456789']);
  for (const range of ['bytes=10-', 'bytes=99-100', 'bytes=-0']) assert.deepEqual(await ask(range), [416, 'bytes */10', '']);
  for (const range of ['bytes=4-2', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,3-4', 'bytes=-'])
    assert.deepEqual(await ask(range), [200, null, '0123456789'], range);
  assert.deepEqual(await ask('bytes=0-0', { 'if-range': '"other"' }), [200, null, '0123456789']);
  assert.deepEqual(await ask('bytes=0-0', { 'if-range': `"${sha256(Buffer.from('0123456789'))}"` }), [206, 'bytes 0-0/10', '0']);
});

test('who has the file already is told so', async () => {
  await t.put('1/known', 'known');
  const etag = `"${sha256(Buffer.from('known'))}"`;
  const ask = (value: string) => t.send('GET', 'artifacts/1/known', { headers: { 'if-none-match': value } });
  for (const value of [etag, `W/${etag}`, `"x", ${etag}`, '*']) {
    const { status, headers, body } = await ask(value);
    assert.deepEqual([status, headers.get('etag'), body.length], [304, etag, 0], value);
  }
  assert.equal((await ask('"x"')).status, 200);
  await t.put('1/known', 'other');
  assert.equal((await ask(etag)).status, 200);
});

test('a folder is listed by name, files with their size; a file and what is not there have nothing in them', async () => {
  for (const path of ['b', 'a/x', 'a-b/x', 'a.b', 'a/y/z', 'c/d/e/f', 'a%20b/1']) await t.put(`1/list/${path}`, path);
  const { body } = await t.send('GET', 'artifacts?path=1/list');
  assert.deepEqual(JSON.parse(body.toString()), {
    files: [
      { path: 'a', is_dir: true },
      { path: 'a b', is_dir: true },
      { path: 'a-b', is_dir: true },
      { path: 'a.b', is_dir: false, file_size: 3 },
      { path: 'b', is_dir: false, file_size: 1 },
      { path: 'c', is_dir: true },
    ],
  });
  assert.deepEqual(await t.list('1/list/a'), ['x', 'y/']);
  for (const path of ['1/list/b', '1/list/nothing', '1/lis', '1/list/a/y/z/deeper']) {
    const answer = await t.send('GET', `artifacts?path=${path}`);
    assert.deepEqual([answer.status, answer.body.toString()], [200, '{}'], path);
  }
  assert.ok((await t.list('')).includes('1/'));
});

test('a folder of 10,000 files is listed in milliseconds, and one of 12,000 in pieces', async () => {
  await t.query(`INSERT INTO artifact (folder, name, object_key, size, sha256, content_type, modified_ms)
    SELECT '1/large', 'f' || n, 'none/' || n, 0, '', '', 0 FROM generate_series(10000, 21999) AS n`);
  await t.query(`INSERT INTO artifact (folder, name, object_key, size, sha256, content_type, modified_ms)
    SELECT '1/large/g' || n, 'x', 'none/g' || n, 0, '', '', 0 FROM generate_series(1, 500) AS n`);
  await t.query(`INSERT INTO artifact (folder, name, object_key, size, sha256, content_type, modified_ms)
    SELECT '1/half', 'f' || n, 'none/h' || n, 0, '', '', 0 FROM generate_series(10000, 19998) AS n`);
  await t.query('ANALYZE artifact');
  const names = await t.list('1/large');
  assert.equal(names.length, 12_500);
  assert.deepEqual(
    names,
    names.toSorted((a, b) => (a.replace('/', '') < b.replace('/', '') ? -1 : 1)),
  );
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    const began = performance.now();
    assert.equal((await t.list('1/half')).length, 9999);
    times.push(performance.now() - began);
  }
  assert.ok(Math.min(...times) < 150, `it took ${Math.min(...times).toFixed(0)} ms`);
  await t.query(`DELETE FROM artifact WHERE object_key LIKE 'none/%'`);
});

test('a file is replaced at once, and whoever reads it reads on what he began', async () => {
  const old = Buffer.alloc(8_000_000, 'o');
  await t.put('1/replaced', old);
  const reading = await fetch(`${t.proxy}/artifacts/1/replaced`);
  const reader = reading.body?.getReader();
  let size = (await reader?.read())?.value?.length ?? 0;
  assert.equal(await t.put('1/replaced', 'new'), 200);
  assert.equal((await t.read('1/replaced'))?.toString(), 'new');
  for (let chunk = await reader?.read(); chunk?.done === false; chunk = await reader?.read()) {
    assert.ok(chunk.value.every((byte: number) => byte === 0x6f));
    size += chunk.value.length;
  }
  assert.equal(size, old.length);
});

test('a file that is replaced all the time is there for whoever opens it', async () => {
  const body = (n: number): string => String(n % 10).repeat(20_000);
  await t.put('1/busy', body(0));
  const writer = { isDone: false };
  const read = async (): Promise<void> => {
    while (!writer.isDone) {
      const { status, body: found } = await t.send('GET', 'artifacts/1/busy');
      assert.equal(status, 200, found.toString().slice(0, 300));
      assert.match(found.toString(), /^(\d)\1{19999}$/);
    }
  };
  const readers = Array.from({ length: 4 }, read);
  for (let n = 0; n < 30; n++) await t.put('1/busy', body(n));
  writer.isDone = true;
  await Promise.all(readers);
});

test('of sixteen uploads to one path one stays, whole', async () => {
  const bodies = Array.from({ length: 16 }, (_, index) => Buffer.alloc(50_000 + index * 1000, String.fromCharCode(97 + index)));
  const statuses = await Promise.all(bodies.map((body) => t.put('1/together', body)));
  assert.deepEqual([...new Set(statuses)], [200]);
  const found = await t.read('1/together');
  assert.ok(bodies.some((body) => found !== undefined && body.equals(found)));
  await t.checkBooks();
});

test('a path is a file or a folder, never both, also when both come at once', async () => {
  assert.equal(await t.put('1/both/x', 'x'), 200);
  const refused = await t.send('PUT', 'artifacts/1/both', { body: 'x' });
  assert.equal(refused.status, 400);
  assert.match(refused.body.toString(), /INVALID_PARAMETER_VALUE.*'1\/both' is a folder/);
  assert.match((await t.send('PUT', 'artifacts/1/both/x/y/z', { body: 'x' })).body.toString(), /'1\/both\/x' is a file/);
  for (let i = 0; i < 8; i++) {
    const [file, folder] = await Promise.all([t.put(`1/race${i}/a`, 'x'), t.put(`1/race${i}/a/b`, 'x')]);
    assert.deepEqual(
      [file, folder].toSorted((a, b) => a - b),
      [200, 400],
    );
  }
  await t.checkBooks();
});

test('a file or a folder is deleted, with all that is in it, and its bytes are freed', async () => {
  for (const path of ['f', 'd/1', 'd/2/3', 'd-e/4', 'd.txt']) await t.put(`1/del/${path}`, Buffer.alloc(1000));
  const before = await t.checkBooks();
  for (const path of ['f', 'd', 'nothing', 'f']) assert.equal((await t.send('DELETE', `artifacts/1/del/${path}`)).status, 200);
  assert.deepEqual(await t.list('1/del'), ['d-e/', 'd.txt']);
  const now = await t.checkBooks();
  assert.deepEqual([before.bytes - now.bytes, before.files - now.files], [3000, 3]);
  assert.equal(await t.read('1/del/d/1'), undefined);
});

test('what is not there is 404 in the words of MLflow; the root is no file', async () => {
  const missing = await t.send('GET', 'artifacts/1/missing/x');
  assert.equal(missing.status, 404);
  assert.deepEqual(JSON.parse(missing.body.toString()), {
    error_code: 'RESOURCE_DOES_NOT_EXIST',
    message: "No such artifact: '1/missing/x'",
  });
  for (const method of ['GET', 'PUT', 'DELETE'])
    assert.equal((await t.send(method, 'artifacts/', method === 'PUT' ? { body: 'x' } : {})).status, 400, method);
});

test('a client that leaves in the middle leaves nothing', async () => {
  const before = (await storedKeys(t.home)).length;
  const { port } = new URL(t.url);
  const sockets = Array.from({ length: 8 }, (_, index) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `PUT /mlflow/api/2.0/mlflow-artifacts/artifacts/1/broken/${index} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000000\r\n\r\n`,
    );
    socket.write(Buffer.alloc(1_000_000 + index * 200_000));
    return socket;
  });
  await until(async () => (await storedKeys(t.home)).length === before + 8, 'all are under way');
  for (const socket of sockets) socket.destroy();
  await until(async () => (await storedKeys(t.home)).length === before, 'nothing is left');
  assert.deepEqual(await t.list('1/broken'), []);
  await t.checkBooks();
});

test('the artifacts of a run: list, download, small uploads; those that lie elsewhere are said to', async () => {
  const { run } = await t.post('runs/create', { experiment_id: '0', start_time: 1 });
  const { run_id: id, artifact_uri: uri } = run.info;
  const root = uri.replace('mlflow-artifacts:/', '');
  await t.put(`${root}/model/MLmodel`, 'x');
  await t.put(`${root}/top.txt`, 'top');
  assert.deepEqual(await t.get(`artifacts/list?run_id=${id}`), {
    root_uri: uri,
    files: [
      { path: 'model', is_dir: true },
      { path: 'top.txt', is_dir: false, file_size: 3 },
    ],
  });
  assert.deepEqual(await t.get(`artifacts/list?run_uuid=${id}&path=model`), {
    root_uri: uri,
    files: [{ path: 'model/MLmodel', is_dir: false, file_size: 1 }],
  });
  assert.deepEqual(await t.get(`artifacts/list?run_id=${id}&path=model/MLmodel`), { root_uri: uri });
  assert.equal(await (await fetch(`${t.url}/get-artifact?run_uuid=${id}&path=top.txt`)).text(), 'top');
  assert.equal((await fetch(`${t.url}/get-artifact?run_id=${id}&path=../x`)).status, 400);
  assert.equal((await fetch(`${t.url}/get-artifact?run_id=${id}`)).status, 400);
  assert.equal((await fetch(`${t.url}/get-artifact?run_id=${'0'.repeat(32)}&path=x`)).status, 404);
  const upload = (query: string, body: Body) =>
    fetch(`${t.url.replace('/mlflow', '')}/mlflow/ajax-api/2.0/mlflow/upload-artifact?${query}`, { method: 'POST', body });
  assert.equal((await upload(`run_uuid=${id}&path=charts/a.json`, '{}')).status, 200);
  assert.equal((await t.read(`${root}/charts/a.json`))?.toString(), '{}');
  for (const query of [`run_uuid=${id}`, 'path=x', `run_uuid=${id}&path=..%2Fx`])
    assert.equal((await upload(query, 'x')).status, 400, query);
  assert.equal((await upload(`run_uuid=${id}&path=x`, '')).status, 400);
  assert.equal((await upload(`run_uuid=${id}&path=x`, Buffer.alloc(10_485_761))).status, 413);

  const { experiment_id } = await t.post('experiments/create', { name: 'elsewhere', artifact_location: 's3://bucket/x' });
  const other = await t.post('runs/create', { experiment_id, start_time: 1 });
  const said = await t.ask('GET', `artifacts/list?run_id=${other.run.info.run_id}`);
  assert.deepEqual([said.status, said.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
  assert.match(said.body.message, /s3:\/\/bucket/);
});

test('URLs past the server are refused as MLflow refuses them, and parts of a file are read at the proxy itself', async () => {
  const { run } = await t.post('runs/create', { experiment_id: '0', start_time: 1 });
  const ask = (route: string, body: object) => t.ask('POST', `artifacts/${route}`, body);
  const upload = await ask('presigned-upload-url', { run_id: run.info.run_id, path: 'x' });
  assert.deepEqual([upload.status, upload.body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
  assert.match(
    upload.body.message,
    /^Presigned upload is not supported for proxied artifact storage \(artifact URI scheme: mlflow-artifacts\)/,
  );
  assert.match((await ask('presigned-upload-url', { path: 'x' })).body.message, /Exactly one of run_id and model_id/);
  assert.equal((await ask('presigned-download-url', { run_id: run.info.run_id, path: '../x' })).status, 400);
  assert.match(
    (await ask('presigned-download-url', { run_id: run.info.run_id, path: 'x' })).body.message,
    /^Presigned download is not supported/,
  );

  await t.put('1/presigned/a%20b', '0123456789');
  const answer = await t.send('GET', 'presigned/1/presigned/a%20b', { headers: { authorization: 'Bearer abc' } });
  const { url, headers, file_size } = JSON.parse(answer.body.toString());
  assert.deepEqual([file_size, headers], [10, { Authorization: 'Bearer abc' }]);
  assert.equal(await (await fetch(url, { headers: { range: 'bytes=3-5' } })).text(), '345');
  assert.equal((await t.send('GET', 'presigned/1/presigned/none')).status, 404);
});

test('what the server says of itself', async () => {
  const ask = async (path: string): Promise<string> => await (await fetch(`${t.url}${path}`)).text();
  assert.equal(await ask('/health'), 'OK');
  assert.match(await ask('/version'), /^3\.\d+\.\d+$/);
  assert.deepEqual(JSON.parse(await ask('/api/3.0/mlflow/server-info')).store_type, 'SqlStore');
  assert.equal(await ask('/ajax-api/3.0/mlflow/server-info'), await ask('/api/3.0/mlflow/server-info'));
});
