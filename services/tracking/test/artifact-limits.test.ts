import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { call, startArtifacts, until, type Came, type TestArtifacts } from './artifacts-for-test.ts';

const QUOTA = 1_000_000;
const MAX_FILE = 400_000;

let t: TestArtifacts;
before(async () => {
  t = await startArtifacts({ MLAB_TRACKING_ARTIFACT_QUOTA_BYTES: String(QUOTA), MLAB_TRACKING_ARTIFACT_MAX_BYTES: String(MAX_FILE) });
});
after(() => t[Symbol.asyncDispose]());

const used = async (): Promise<number> => (await t.app.client.storage({ top: 10 }, call())).bytes;
const empty = async (): Promise<void> => {
  for (const name of await t.list('')) await t.send('DELETE', `artifacts/${name.replace('/', '')}`);
  assert.deepEqual(await t.checkBooks(), { bytes: 0, files: 0 });
};
/** Objects that were stored so far. */
const puts = async (): Promise<number> => {
  const text = await (await fetch(`${t.app.url}/metrics`)).text();
  return Number(/mlab_objects_operation_duration_seconds_count\{[^}]*operation="put"[^}]*outcome="ok"[^}]*\} (\d+)/.exec(text)?.[1]);
};
const bytes = (count: number): Buffer => Buffer.alloc(count, 'x');
/** Without a length that says beforehand how much comes. */
const inChunks = (count: number): RequestInit => ({
  duplex: 'half',
  body: new ReadableStream({
    start: (controller) => {
      for (let left = count; left > 0; left -= 50_000) controller.enqueue(bytes(Math.min(left, 50_000)));
      controller.close();
    },
  }),
});

interface Credential {
  readonly url: string;
  readonly part_number: number;
  readonly headers: Record<string, string>;
}

const post = async (action: 'create' | 'complete' | 'abort', folder: string, body: object): Promise<{ status: number; body: Came }> => {
  const init = { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  const answer = await t.send('POST', `mpu/${action}/${folder}`, init);
  return { status: answer.status, body: JSON.parse(answer.body.toString()) };
};
const begin = async (folder: string, path: string, num_parts: number): Promise<{ upload_id: string; credentials: Credential[] }> =>
  (await post('create', folder, { path, num_parts })).body;
const putPart = async ({ url, part_number }: Credential, body: Buffer) => {
  const answer = await fetch(url, { method: 'PUT', body });
  return { status: answer.status, part: { part_number, etag: answer.headers.get('etag') ?? '', url } };
};

test('one file may not be too large: 413, told before it has come if its length is, and nothing stays', async () => {
  assert.equal(await t.put('1/at-most', bytes(MAX_FILE)), 200);
  for (const init of [{ body: bytes(MAX_FILE + 1) }, inChunks(MAX_FILE + 1)]) {
    const { status, body } = await t.send('PUT', 'artifacts/1/too-large', init);
    assert.equal(status, 413);
    assert.match(body.toString(), /INVALID_PARAMETER_VALUE.*400,000 bytes.*MLAB_TRACKING_ARTIFACT_MAX_BYTES/);
  }
  assert.deepEqual(await t.checkBooks(), { bytes: MAX_FILE, files: 1 });
  await empty();
});

test('a quota that is used up is 507 with the reason; what takes less room is let in', async () => {
  for (const name of ['a', 'b']) assert.equal(await t.put(`1/${name}`, bytes(MAX_FILE)), 200);
  for (const init of [{ body: bytes(200_001) }, inChunks(200_001)]) {
    const { status, body } = await t.send('PUT', 'artifacts/1/c', init);
    assert.equal(status, 507);
    assert.match(body.toString(), /RESOURCE_EXHAUSTED.*800,000 bytes of 1,000,000 bytes.*MLAB_TRACKING_ARTIFACT_QUOTA_BYTES/);
  }
  assert.equal(await t.put('1/c', bytes(200_000)), 200);
  assert.equal(await t.put('1/d', bytes(1)), 507);
  assert.equal(await t.put('1/d', bytes(0)), 200);
  // What replaces a file needs room for the difference only.
  assert.equal(await t.put('1/c', bytes(200_000)), 200);
  assert.equal(await t.put('1/c', bytes(200_001)), 507);
  assert.equal(await t.put('1/c', bytes(10)), 200);
  assert.deepEqual(await t.checkBooks(), { bytes: 800_010, files: 4 });
  const { quotaBytes, maxFileBytes } = await t.app.client.storage({ top: 1 }, call());
  assert.deepEqual([quotaBytes, maxFileBytes], [QUOTA, MAX_FILE]);
  await empty();
});

test('sixteen at once get as much as there is, and not a byte more', async () => {
  for (const sized of [(): RequestInit => ({ body: bytes(150_000) }), (): RequestInit => inChunks(150_000)]) {
    const statuses = await Promise.all(
      Array.from({ length: 16 }, async (_, index) => (await t.send('PUT', `artifacts/${index % 3}/race${index}`, sized())).status),
    );
    assert.deepEqual(
      statuses.toSorted((a, b) => a - b),
      Array.from({ length: 16 }, (_, index) => (index < 6 ? 200 : 507)),
    );
    assert.deepEqual(await t.checkBooks(), { bytes: 900_000, files: 6 });
    await empty();
  }
});

test('what is there is replaced and deleted by many at once, and the books stay right', async () => {
  const random = (max: number): number => Math.floor(Math.random() * max);
  const statuses = await Promise.all(
    Array.from({ length: 60 }, async () => {
      const path = `artifacts/${random(2)}/f${random(4)}`;
      return (await (random(4) === 0 ? t.send('DELETE', path) : t.send('PUT', path, { body: bytes(random(200_000)) }))).status;
    }),
  );
  assert.deepEqual(
    [...new Set(statuses)].filter((status) => status !== 200 && status !== 507),
    [],
  );
  assert.ok((await t.checkBooks()).bytes <= QUOTA);
  await empty();
});

test('a file in parts: what is uploaded in any order is one file, once it is completed', async () => {
  const whole = randomBytes(300_000);
  const { upload_id, credentials } = await begin('1/run/artifacts', '/home/me/data.bin', 3);
  assert.deepEqual(
    credentials.map(({ part_number }) => part_number),
    [1, 2, 3],
  );
  assert.ok(credentials.every(({ url }) => url.startsWith(t.proxy)));
  const parts = [];
  for (const index of [2, 0, 1]) {
    const { status, part } = await putPart(credentials[index] as Credential, whole.subarray(index * 100_000, (index + 1) * 100_000));
    assert.equal(status, 200);
    parts.push(part);
  }
  assert.equal(await used(), 300_000);
  assert.equal(await t.read('1/run/artifacts/data.bin'), undefined);
  const named = parts.toSorted((a, b) => a.part_number - b.part_number);
  const complete = () => post('complete', '1/run/artifacts', { path: '/home/me/data.bin', upload_id, parts: named });
  const before = await puts();
  const answers = await Promise.all([complete(), complete(), complete()]);
  assert.equal((await puts()) - before, 1, 'who asks again while it is being done waits for it');
  assert.deepEqual(
    [...answers, await complete()].map(({ status }) => status),
    [200, 200, 200, 200],
  );
  assert.deepEqual(await t.read('1/run/artifacts/data.bin'), whole);
  assert.deepEqual(await t.checkBooks(), { bytes: 300_000, files: 1 });
  // Whoever gives up what is complete has not heard of it.
  assert.equal((await post('abort', '1/run/artifacts', { path: 'data.bin', upload_id })).status, 200);
  assert.deepEqual(await t.read('1/run/artifacts/data.bin'), whole);
  assert.equal((await putPart(credentials[0] as Credential, bytes(1))).status, 404);
  await empty();
});

test('who has been overtaken by another process puts nothing in its place', async () => {
  const { upload_id, credentials } = await begin('1', 'x', 1);
  const { part } = await putPart(credentials[0] as Credential, bytes(10));
  await t.query(`BEGIN; SELECT 1 FROM multipart_upload WHERE id = '${upload_id}' FOR UPDATE`);
  const completing = post('complete', '1', { path: 'x', upload_id, parts: [part] });
  await until(async () => (await t.query('SELECT 1 FROM pg_locks WHERE NOT granted')).length > 0, 'it waits for the other');
  await t.query(`UPDATE multipart_upload SET completed_ms = 1 WHERE id = '${upload_id}'; COMMIT`);
  assert.equal((await completing).status, 200);
  assert.equal(await t.read('1/x'), undefined);
  assert.deepEqual(await t.checkBooks(), { bytes: 10, files: 0 });
  await t.query(`UPDATE multipart_upload SET completed_ms = NULL`);
  assert.equal((await post('abort', '1', { path: 'x', upload_id })).status, 200);
  await empty();
});

test('parts that are replaced, left out, named wrongly, given up', async () => {
  const { upload_id, credentials } = await begin('1', String.raw`C:\Users\me\x.bin`, 4);
  const [first, second] = [credentials[0] as Credential, credentials[1] as Credential];
  const old = await putPart(first, bytes(10));
  const one = await putPart(first, Buffer.from('one'));
  const two = await putPart(second, Buffer.from('two'));
  assert.equal(await used(), 6);
  const complete = (parts: readonly object[], id = upload_id, folder = '1') =>
    post('complete', folder, { path: 'x.bin', upload_id: id, parts });
  for (const [parts, said] of [
    [[], /parts/],
    [[old.part], /etag of part 1/],
    [[two.part, one.part], /part 1 stands behind part 2/],
    [[one.part, one.part], /part 1 stands behind part 1/],
    [[one.part, { part_number: 3 }], /part 3 has not been uploaded/],
    [[{ part_number: 'x' }], /part_number/],
  ] as const) {
    const { status, body } = await complete(parts);
    assert.deepEqual([status, body.error_code], [400, 'INVALID_PARAMETER_VALUE']);
    assert.match(body.message, said);
  }
  assert.equal((await complete([one.part], 'f'.repeat(32))).status, 404);
  assert.equal((await complete([one.part], upload_id, '2')).status, 404);
  assert.equal((await post('abort', '2', { path: 'x.bin', upload_id })).status, 404);
  // Without etags, and with a part that is not used.
  assert.equal((await complete([{ part_number: 2, etag: null }])).status, 200);
  assert.equal((await t.read('1/x.bin'))?.toString(), 'two');
  assert.deepEqual(await t.checkBooks(), { bytes: 3, files: 1 });

  const other = await begin('1', 'y', 1);
  await putPart(other.credentials[0] as Credential, bytes(100));
  assert.equal((await post('abort', '1', { path: 'y', upload_id: other.upload_id })).status, 200);
  assert.equal((await post('abort', '1', { path: 'y', upload_id: other.upload_id })).status, 200);
  assert.equal((await putPart(other.credentials[0] as Credential, bytes(1))).status, 404);
  await empty();
});

test('uploads in parts have the same limits, and numbers that are none are refused', async () => {
  for (const num_parts of [0, -1, 10_001, 'x'])
    assert.equal((await post('create', '1', { path: 'x', num_parts })).status, 400, String(num_parts));
  for (const path of ['', '..', 'a/..']) assert.equal((await post('create', '1', { path, num_parts: 1 })).status, 400, path);
  const { upload_id, credentials } = await begin('1', 'x', 3);
  const sized = await Promise.all(credentials.map((credential) => putPart(credential, bytes(MAX_FILE - 1))));
  assert.deepEqual(
    sized.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 200, 507],
  );
  assert.equal((await putPart(credentials[0] as Credential, bytes(MAX_FILE + 1))).status, 413);
  const url = (credentials[0] as Credential).url.replace(/1$/, '');
  for (const number of ['0', '10001', 'x', '1e2', '-1'])
    assert.equal((await fetch(url + number, { method: 'PUT', body: 'x' })).status, 400, number);
  // Together they are more than one file may be.
  const parts = sized.filter(({ status }) => status === 200).map(({ part }) => part);
  const { status } = await post('complete', '1', { path: 'x', upload_id, parts });
  assert.equal(status, 413);
  await post('abort', '1', { path: 'x', upload_id });
  await empty();
});
