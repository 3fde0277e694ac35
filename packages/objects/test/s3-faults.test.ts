import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { buffer } from 'node:stream/consumers';
import { AppError, type Objects } from '@mlab/kernel';
import { openObjectsFacility, type ObjectsSettings } from '#/index.ts';
import { openBucket } from '#/s3/bucket.ts';
import { copyObject } from '#/s3/copy-object.ts';
import { openSpace } from '#/s3/space.ts';
import { startS3Server, type Asked, type Fault, type S3Server } from './s3-server.ts';
import { hangingAfter, keysOf, MIB, read, sha256Of, streamOf } from './sources.ts';
import { openTestOwner } from './test-owner.ts';
import { credentials, settings } from './test-settings.ts';

Object.assign(process.env, credentials, { AWS_EC2_METADATA_DISABLED: 'true' });

const LARGE = 9 * MIB;
const HOUR_MS = 60 * 60 * 1000;
const MORE_THAN_A_DAY_AGO = new Date(Date.now() - 25 * HOUR_MS);
const NOT_A_DAY_AGO = new Date(Date.now() - 23 * HOUR_MS);

const s3Settings = (server: { readonly url: string }, more: Partial<ObjectsSettings> = {}): ObjectsSettings => ({
  ...settings,
  store: 's3',
  bucket: 'files',
  endpoint: server.url,
  pathStyle: true,
  ...more,
});

const isUnavailable =
  (...words: readonly string[]) =>
  (error: unknown) => {
    assert.ok(AppError.is(error, 'unavailable'), String(error));
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    return true;
  };

/** A service called `shop` in a bucket of its own server. */
async function withObjects(work: (objects: Objects, server: S3Server) => Promise<void>): Promise<void> {
  await using server = await startS3Server('files');
  await using facility = await openObjectsFacility(s3Settings(server));
  await using objects = await facility.openObjects(await openTestOwner('shop'));
  await work(objects, server);
}

/** The fault for the first so many requests that are meant. */
function times(count: number, fault: Fault, isMeant: (asked: Asked) => boolean): S3Server['fault'] {
  let left = count;
  return (asked) => (isMeant(asked) && left-- > 0 ? fault : undefined);
}

test('a bucket that cannot be used is said at the beginning, with the setting to look at', async () => {
  await using server = await startS3Server('files');
  await assert.rejects(openObjectsFacility(s3Settings(server, { bucket: '' })), /set MLAB_OBJECTS_BUCKET/);
  await assert.rejects(openObjectsFacility(s3Settings(server, { bucket: 'other' })), isUnavailable('MLAB_OBJECTS_BUCKET', 'not exist'));
  await assert.rejects(openObjectsFacility(s3Settings({ url: 'http://127.0.0.1:1' })), isUnavailable('MLAB_OBJECTS_ENDPOINT'));
  server.fault = () => ({ status: 403, code: 'AccessDenied' });
  await assert.rejects(openObjectsFacility(s3Settings(server)), isUnavailable('MLAB_OBJECTS_BUCKET', 'credentials'));
  server.fault = () => ({ status: 301, code: 'PermanentRedirect' });
  await assert.rejects(openObjectsFacility(s3Settings(server)), isUnavailable('MLAB_OBJECTS_REGION'));
  for (const name of Object.keys(credentials)) delete process.env[name];
  Object.assign(process.env, { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' });
  await assert.rejects(openObjectsFacility(s3Settings(server)), isUnavailable('AWS_ACCESS_KEY_ID'));
  Object.assign(process.env, credentials);
});

test('a server in trouble is asked again, and then said to be unavailable for a while', () =>
  withObjects(async (objects, server) => {
    await objects.put('key', Buffer.from('x'));
    const slow = { status: 503, code: 'SlowDown' } as const;
    for (const fault of ['reset', slow] as const) {
      server.fault = times(1, fault, () => true);
      assert.equal((await objects.stat('key'))?.size, 1);
    }
    for (const [fault, operation] of [
      ['reset', () => objects.put('new', Buffer.from('x'))],
      [slow, () => objects.get('key')],
      ['reset', () => objects.stat('key')],
      [slow, () => objects.list()],
      ['reset', () => objects.delete('key')],
    ] as const) {
      server.fault = () => fault;
      await assert.rejects(operation(), (error) => isUnavailable()(error) && (error as AppError).retryAfter === 5);
    }
    server.fault = () => ({ status: 507, code: 'XMinioStorageFull' });
    await assert.rejects(
      objects.put('new', Buffer.from('x')),
      (error) => AppError.is(error, 'storage_full') && error.message.includes('full'),
    );
    server.fault = () => undefined;
    assert.deepEqual(await keysOf(objects), ['key']);
  }));

test('when a part cannot be stored, the put fails at once, its source is closed and no part stays', () =>
  withObjects(async (objects, server) => {
    let isClosed = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(MIB);
      } finally {
        isClosed = true;
      }
    }
    server.fault = ({ query }) => (query.get('partNumber') === '2' ? { status: 403, code: 'AccessDenied' } : undefined);
    await assert.rejects(objects.put('key', endless()), isUnavailable());
    assert.ok(isClosed);
    assert.equal(server.uploads.size, 0);
    server.fault = ({ query }) => (query.get('partNumber') === '1' ? { status: 403, code: 'AccessDenied' } : undefined);
    await assert.rejects(objects.put('key', hangingAfter(LARGE).source), isUnavailable());
    assert.deepEqual([server.uploads.size, server.objects.size], [0, 0]);
    server.fault = ({ query }) => (query.has('uploads') ? { status: 403, code: 'AccessDenied' } : undefined);
    await assert.rejects(objects.put('key', hangingAfter(LARGE).source), isUnavailable());
  }));

test('when the copy or the last step fails, nothing stays', () =>
  withObjects(async (objects, server) => {
    const bytes = randomBytes(LARGE);
    const isEnd = ({ method, query }: Asked): boolean => method === 'POST' && query.has('uploadId');
    const isCopy = ({ method, key, query }: Asked): boolean => method === 'PUT' && key.startsWith('shop/') && !query.has('partNumber');
    for (const isMeant of [isEnd, isCopy]) {
      server.fault = (asked) => (isMeant(asked) ? { status: 403, code: 'AccessDenied' } : undefined);
      await assert.rejects(objects.put('key', streamOf(bytes)), isUnavailable());
      assert.deepEqual([server.uploads.size, server.objects.size], [0, 0]);
    }
    server.fault = () => undefined;
    await objects.put('first', Buffer.from('x'), { ifAbsent: true });
    server.fault = (asked) =>
      asked.query.has('partNumber') && asked.key === 'shop/key' ? { status: 403, code: 'AccessDenied' } : undefined;
    await assert.rejects(objects.put('key', streamOf(bytes), { ifAbsent: true }), isUnavailable());
    assert.deepEqual([server.uploads.size, [...server.objects.keys()]], [0, ['shop/first']]);
  }));

test('an answer that was lost is no conflict with oneself', () =>
  withObjects(async (objects, server) => {
    const bytes = randomBytes(LARGE);
    await objects.put('first', Buffer.from('x'), { ifAbsent: true });
    server.fault = times(1, 'deaf', ({ method }) => method === 'PUT');
    await objects.put('small', Buffer.from('mine'), { ifAbsent: true });
    server.fault = times(1, 'deaf', ({ method, query }) => method === 'POST' && query.has('uploadId'));
    await objects.put('large', streamOf(bytes), { ifAbsent: true, sha256: sha256Of(bytes) });
    server.fault = times(1, 'deaf', ({ method, query }) => method === 'POST' && query.has('uploadId'));
    await objects.put('large-too', streamOf(bytes), { sha256: sha256Of(bytes) });
    assert.deepEqual(await keysOf(objects), ['first', 'large', 'large-too', 'small']);
    assert.equal(server.uploads.size, 0);
    // The same lost answer, and somebody else's object in the way.
    server.fault = times(1, 'reset', ({ method }) => method === 'PUT');
    await assert.rejects(objects.put('small', Buffer.from('other'), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
    assert.equal(String(await read(objects, 'small')), 'mine');
  }));

test('a change at the same time is a conflict only when there is an object afterwards', () =>
  withObjects(async (objects, server) => {
    await objects.put('there', Buffer.from('x'), { ifAbsent: true });
    server.fault = ({ method }) => (method === 'PUT' ? { status: 409, code: 'ConditionalRequestConflict' } : undefined);
    await assert.rejects(objects.put('there', Buffer.from('y'), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
    await assert.rejects(
      objects.put('not', Buffer.from('y'), { ifAbsent: true }),
      (error) => isUnavailable()(error) && (error as AppError).retryAfter === 1,
    );
  }));

test('a server that ignores conditions is found out once; objects are looked up then', () =>
  withObjects(async (objects, server) => {
    server.ignoresConditions = true;
    const bytes = randomBytes(LARGE);
    await objects.put('small', Buffer.from('first'), { ifAbsent: true });
    const asked = server.requests.filter((request) => request.includes('.incoming')).length;
    await objects.put('large', streamOf(bytes), { ifAbsent: true, sha256: sha256Of(bytes) });
    for (const [key, source] of [
      ['small', Buffer.from('second')],
      ['large', streamOf(bytes)],
    ] as const)
      await assert.rejects(objects.put(key, source, { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
    assert.equal(String(await read(objects, 'small')), 'first');
    assert.equal(server.requests.filter((request) => request.includes('.incoming')).length - asked, 0);
    assert.deepEqual([...server.objects.keys()], ['shop/small', 'shop/large']);
  }));

test('a body that breaks off is an error, not an end', () =>
  withObjects(async (objects, server) => {
    await objects.put('key', randomBytes(MIB));
    server.fault = ({ method }) => (method === 'GET' ? 'cut' : undefined);
    const { body } = await objects.get('key');
    await assert.rejects(buffer(body), isUnavailable());
  }));

test('a server that does not answer is left when the signal says so', () =>
  withObjects(async (objects, server) => {
    for (const operation of [
      (signal: AbortSignal) => objects.get('key', { signal }),
      (signal: AbortSignal) => objects.stat('key', signal),
      (signal: AbortSignal) => objects.list({ signal }),
      (signal: AbortSignal) => objects.delete('key', signal),
      (signal: AbortSignal) => objects.put('key', Buffer.from('x'), { signal }),
      (signal: AbortSignal) => objects.put('key', randomBytes(LARGE), { signal }),
    ]) {
      const leaving = new AbortController();
      server.fault = ({ method, query }) => {
        // What is begun can be removed again; a part is what hangs.
        if (query.has('uploads') || method === 'DELETE' || (query.has('uploadId') && !query.has('partNumber'))) return undefined;
        leaving.abort();
        return 'hang';
      };
      await assert.rejects(operation(leaving.signal), (error) => AppError.is(error, 'cancelled'));
    }
    assert.equal(server.uploads.size, 0);
  }));

test('a reader who leaves early takes the request along', () =>
  withObjects(async (objects, server) => {
    await objects.put('key', randomBytes(20 * MIB));
    const read10 = await objects.get('key');
    for await (const chunk of read10.body) if ((chunk as Buffer).length > 0) break;
    const unread = await objects.get('key');
    unread.body.destroy();
    for (const response of server.underWay) await once(response, 'close');
    assert.equal(server.underWay.size, 0);
  }));

test('what died processes left is removed when a service is opened, and nothing younger than a day', async () => {
  await using server = await startS3Server('files');
  const put = (key: string, modified: Date): unknown => server.objects.set(key, { bytes: Buffer.from('x'), headers: {}, modified });
  const begin = (key: string, initiated: Date): unknown => server.uploads.set(key, { key, headers: {}, initiated, parts: new Map() });
  for (const service of ['shop', 'other']) {
    put(`.incoming/${service}/old`, MORE_THAN_A_DAY_AGO);
    put(`.incoming/${service}/new`, NOT_A_DAY_AGO);
    put(`${service}/object`, MORE_THAN_A_DAY_AGO);
    for (const key of [`.incoming/${service}/old`, `${service}/old`]) begin(key, MORE_THAN_A_DAY_AGO);
    for (const key of [`.incoming/${service}/new`, `${service}/new`]) begin(key, NOT_A_DAY_AGO);
  }
  await using facility = await openObjectsFacility(s3Settings(server));
  await using _ = await facility.openObjects(await openTestOwner('shop'));
  const ofShop = (keys: Iterable<string>): string[] => [...keys].filter((key) => key.includes('shop/'));
  assert.deepEqual(ofShop(server.objects.keys()), ['.incoming/shop/new', 'shop/object']);
  assert.deepEqual(ofShop(server.uploads.keys()), ['.incoming/shop/new', 'shop/new']);
  assert.deepEqual([server.objects.size, server.uploads.size], [5, 6]);
});

test('what somebody else put into the bucket is no object, and is not replaced unasked', () =>
  withObjects(async (objects, server) => {
    server.objects.set('shop/foreign', { bytes: Buffer.from('x'), headers: { 'content-type': 'text/plain' }, modified: new Date() });
    await objects.put('own', Buffer.from('x'));
    assert.deepEqual(await keysOf(objects), ['own']);
    assert.equal(await objects.stat('foreign'), undefined);
    await assert.rejects(objects.get('foreign'), (error) => AppError.is(error, 'not_found'));
    await assert.rejects(objects.put('foreign', Buffer.from('y'), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
  }));

test('large objects are copied in parts, in order and with their metadata', async () => {
  await using server = await startS3Server('files');
  await using bucket = await openBucket(s3Settings(server));
  const space = openSpace(bucket, await openTestOwner('shop'));
  const bytes = randomBytes(17 * MIB + 1);
  server.objects.set('a b/from', { bytes, headers: {}, modified: new Date() });
  const target = { Key: 'shop/to', ContentType: 'text/x-copied', Metadata: { sha256: 'of-it' } };
  await copyObject(space, { from: 'a b/from', size: bytes.length, target, signal: undefined, partBytes: 5 * MIB });
  const copied = server.objects.get('shop/to');
  assert.ok(copied?.bytes.equals(bytes));
  assert.deepEqual(copied?.headers, { 'content-type': 'text/x-copied', 'x-amz-meta-sha256': 'of-it' });
  assert.equal(server.requests.filter((request) => request.includes('partNumber')).length, 4);
});
