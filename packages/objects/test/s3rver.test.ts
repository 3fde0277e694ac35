import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { AppError } from '@mlab/kernel';
import { openObjectsFacility } from '#/index.ts';
import { putAndGetLarge } from './put-and-get-large.ts';
import { keysOf, MIB, read, sha256Of, streamOf } from './sources.ts';
import { startS3rver } from './s3rver.ts';
import { openTestOwner } from './test-owner.ts';
import { credentials, settings } from './test-settings.ts';

Object.assign(process.env, credentials);

// s3rver checks signatures and was written by others, which is its worth here. The whole contract is beyond it: it reads the range 0-0 as
// the whole, cannot abort an upload, cannot cut a list under today's OpenSSL, writes over what is being read, lists in the order of file names and knows no conditions.
test('against a server that others wrote: signed requests, all ways of putting, no conditions', async () => {
  await using server = await startS3rver('files');
  await using facility = await openObjectsFacility({ ...settings, store: 's3', bucket: 'files', endpoint: server.url, pathStyle: true });
  await using objects = await facility.openObjects(await openTestOwner());
  const bytes = randomBytes(9 * MIB);
  await objects.put('a/small é&+?', Buffer.from('small'), { contentType: 'text/plain', ifAbsent: true });
  const copied = await objects.put('large/copied', streamOf(bytes), { contentType: 'application/x-copied' });
  const announced = await objects.put('large/announced', streamOf(bytes), { sha256: sha256Of(bytes) });
  assert.equal(String(await read(objects, 'a/small é&+?')), 'small');
  for (const info of [copied, announced]) {
    assert.deepEqual(await objects.stat(info.key), info);
    assert.equal(sha256Of(await read(objects, info.key)), sha256Of(bytes));
  }
  await assert.rejects(objects.put('a/small é&+?', Buffer.from('x'), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
  await assert.rejects(objects.put('large/copied', streamOf(bytes), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
  assert.deepEqual(await keysOf(objects), ['a/small é&+?', 'large/announced', 'large/copied']);
  assert.deepEqual(await objects.list({ prefix: 'large/a' }), { items: [announced], next: undefined });
  assert.equal(await objects.delete('large/copied'), true);
  assert.equal(await objects.delete('large/copied'), false);
  assert.deepEqual(
    (await server.files()).filter((path) => path.startsWith('.incoming')),
    [],
  );
});

test('96 MiB go to S3 and come back through memory that does not grow with them', async () => {
  await using server = await startS3rver('files');
  const s3 = { ...settings, store: 's3', bucket: 'files', endpoint: server.url, pathStyle: true } as const;
  const { size, isSame, grownMiB, hasSdk } = await putAndGetLarge(s3);
  assert.deepEqual([size, isSame, hasSdk], [96 * MIB, true, true]);
  assert.ok(grownMiB < 140, `memory grew by ${grownMiB} MiB`);
});
