import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { buffer } from 'node:stream/consumers';
import { AppError, type ErrorCode, type Objects } from '@mlab/kernel';
import { openObjectsFacility } from '#/index.ts';
import { putAndGetLarge } from './put-and-get-large.ts';
import { hangingAfter, keysOf, MIB, read, streamOf } from './sources.ts';
import { openTestOwner } from './test-owner.ts';
import { settings } from './test-settings.ts';

const HOUR_MS = 60 * 60 * 1000;
const MORE_THAN_A_DAY_AGO = new Date(Date.now() - 25 * HOUR_MS);
const NOT_A_DAY_AGO = new Date(Date.now() - 23 * HOUR_MS);
/** Who may mount and become somebody else. */
const isRootOnLinux = process.platform === 'linux' && process.geteuid?.() === 0;

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'mlab-objects-')));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

interface Shop {
  readonly objects: Objects;
  readonly root: string;
}

/** A service called `shop` and the folder of its own. */
async function openShop(folder: string): Promise<Shop> {
  const facility = await openObjectsFacility({ ...settings, folder });
  return { objects: await facility.openObjects(await openTestOwner('shop')), root: join(folder, 'shop') };
}

const openDescriptors = async (below: string): Promise<number> => {
  const links = await Promise.all((await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((path) => path.startsWith(below)).length;
};

const is =
  (code: ErrorCode, ...words: readonly string[]) =>
  (error: unknown) => {
    assert.ok(AppError.is(error, code), String(error));
    for (const word of words) assert.ok(error.message.includes(word), error.message);
    assert.ok(!error.message.includes(tmpdir()), 'no path is told');
    return true;
  };

const isUnavailable = (...words: readonly string[]) => is('unavailable', ...words);

test('without a folder the setting is named', async () => {
  await assert.rejects(openObjectsFacility(settings), /MLAB_OBJECTS_FOLDER/);
});

test('files lie where their keys say, for nobody else to read, and folders go with their last object', async (t) => {
  const { objects, root } = await openShop(await temporaryFolder(t));
  await objects.put('runs/42/model.onnx', Buffer.from('the bytes come first'));
  const file = join(root, 'runs/42/model.onnx@object');
  assert.ok((await readFile(file, 'utf8')).startsWith('the bytes come first{'));
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.equal((await stat(join(root, 'runs'))).mode & 0o777, 0o700);
  await objects.put('runs/43', Buffer.from('x'));
  await objects.delete('runs/42/model.onnx');
  assert.deepEqual((await readdir(root, { recursive: true })).toSorted(), ['.incoming', 'runs', 'runs/43@object']);
  await objects.delete('runs/43');
  assert.deepEqual(await readdir(root), ['.incoming']);
});

test('links that somebody put into the folder are not followed', async (t) => {
  const folder = await temporaryFolder(t);
  const { objects, root } = await openShop(folder);
  await objects.put('secret', Buffer.from('secret'));
  const outside = join(folder, 'outside');
  await mkdir(outside);
  await copyFile(join(root, 'secret@object'), join(outside, 'secret@object'));
  await copyFile(join(root, 'secret@object'), join(folder, 'file'));
  await objects.delete('secret');
  await symlink(outside, join(root, 'linked'));
  await symlink(join(folder, 'file'), join(root, 'secret@object'));
  await symlink('.', join(root, 'circle'));

  for (const key of ['linked/secret', 'linked/new/er', 'circle/circle/x']) {
    await assert.rejects(objects.put(key, Buffer.from('x')), /is a link/);
    await assert.rejects(objects.put(key, Buffer.from('x'), { ifAbsent: true }), /is a link/);
    await assert.rejects(objects.get(key), /is a link/);
    await assert.rejects(objects.stat(key), /is a link/);
    await assert.rejects(objects.delete(key), /is a link/);
  }
  await assert.rejects(objects.get('secret'));
  await assert.rejects(objects.put('secret', Buffer.from('x'), { ifAbsent: true }), (error) => AppError.is(error, 'conflict'));
  assert.deepEqual(await keysOf(objects), []);
  await assert.rejects(keysOf(objects, { prefix: 'linked/' }), /is a link/);
  assert.deepEqual(await readdir(outside), ['secret@object']);

  // The link itself is replaced and removed; what it led to is left alone.
  await objects.put('secret', Buffer.from('own'));
  assert.equal(String(await read(objects, 'secret')), 'own');
  assert.ok((await readFile(join(folder, 'file'), 'utf8')).startsWith('secret{'));
  assert.ok((await lstat(join(root, 'secret@object'))).isFile());
});

test('a link in place of the folder for what arrives is refused', async (t) => {
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'shop'));
  await mkdir(join(folder, 'outside'));
  await symlink(join(folder, 'outside'), join(folder, 'shop/.incoming'));
  await assert.rejects(openShop(folder), /is no folder/);
  assert.deepEqual(await readdir(join(folder, 'outside')), []);
});

test('a file that is not as it was written is an error, and hides no other', async (t) => {
  const { objects, root } = await openShop(await temporaryFolder(t));
  for (const key of ['good', 'cut', 'short', 'empty', 'marked', 'long']) await objects.put(key, Buffer.from(`content of ${key}`));
  const fileOf = (key: string): string => join(root, `${key}@object`);
  const { size } = await stat(fileOf('cut'));
  await truncate(fileOf('cut'), size - 1);
  await truncate(fileOf('short'), 5);
  await truncate(fileOf('empty'), 0);
  await copyFile(fileOf('good'), fileOf('moved'));
  await writeFile(fileOf('foreign'), 'somebody else wrote this, and it is long enough to have a footer of its own');
  await writeFile(fileOf('long'), Buffer.concat([Buffer.from('more'), await readFile(fileOf('long'))]));
  await using marked = await open(fileOf('marked'), 'r+');
  await marked.write(Buffer.from([0xff, 0xff, 0xff, 0xff]), 0, 4, (await marked.stat()).size - 16);
  await mkdir(fileOf('folder'));
  for (const key of ['cut', 'short', 'empty', 'moved', 'foreign', 'marked', 'long', 'folder']) {
    await assert.rejects(objects.get(key), /is not as this store has written it/, key);
    await assert.rejects(objects.stat(key), /is not as this store has written it/, key);
  }
  assert.deepEqual(await keysOf(objects), ['good']);
  await objects.put('cut', Buffer.from('again'));
  assert.equal(String(await read(objects, 'cut')), 'again');
});

test('what died processes left is removed at the next start, and nothing younger than a day', async (t) => {
  const folder = await temporaryFolder(t);
  const { root } = await openShop(folder);
  const incoming = join(root, '.incoming');
  for (const name of ['old', 'new']) await writeFile(join(incoming, name), 'x');
  await utimes(join(incoming, 'old'), MORE_THAN_A_DAY_AGO, MORE_THAN_A_DAY_AGO);
  await utimes(join(incoming, 'new'), NOT_A_DAY_AGO, NOT_A_DAY_AGO);
  await openShop(folder);
  assert.deepEqual(await readdir(incoming), ['new']);
});

test('a process that is killed in the middle of a put leaves the old object and nothing that can be seen', async (t) => {
  const folder = await temporaryFolder(t);
  const { objects, root } = await openShop(folder);
  await objects.put('key', Buffer.from('old'));
  const child = spawn(process.execPath, [fileURLToPath(import.meta.resolve('./put-and-hang-process.ts')), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'close');
  const left = await readdir(join(root, '.incoming'));
  assert.equal(left.length, 1);
  assert.ok((await stat(join(root, '.incoming', left[0] as string))).size >= MIB);
  const again = await openShop(folder);
  assert.deepEqual(await keysOf(again.objects), ['key']);
  assert.equal(String(await read(again.objects, 'key')), 'old');
});

test('no file stays open, however an operation ends', { skip: process.platform !== 'linux' }, async (t) => {
  const folder = await temporaryFolder(t);
  const { objects } = await openShop(folder);
  await objects.put('key', randomBytes(MIB));
  const bodies = [await objects.get('key'), await objects.get('key'), await objects.get('key', { range: { start: 5 } })];
  assert.equal(await openDescriptors(folder), 3);
  const leaving = new AbortController();
  bodies.push(await objects.get('key', { signal: leaving.signal }));
  const closed = bodies.map(({ body }) => once(body, 'close').catch(() => {}));
  bodies[0]?.body.destroy();
  for await (const chunk of bodies[1]?.body ?? []) if ((chunk as Buffer).length > 0) break;
  await buffer(bodies[2]?.body ?? assert.fail());
  leaving.abort();
  await Promise.all(closed);
  const hanging = hangingAfter(MIB);
  const stopped = new AbortController();
  void hanging.reached.then(() => stopped.abort());
  await assert.rejects(objects.put('new', hanging.source, { signal: stopped.signal }));
  await assert.rejects(objects.get('key', { range: { start: MIB } }));
  await assert.rejects(objects.put('new', streamOf(randomBytes(MIB)), { maxBytes: 10 }));
  await objects.list();
  // A stream says that it is closed when it has asked for that; its file follows.
  while ((await openDescriptors(folder)) > 0) await stat(folder);
});

test('96 MiB go into a folder and come back through memory that does not grow with them', async (t) => {
  const { size, isSame, grownMiB, hasSdk } = await putAndGetLarge({ ...settings, folder: await temporaryFolder(t) });
  assert.deepEqual([size, isSame], [96 * MIB, true]);
  assert.ok(grownMiB < 110, `memory grew by ${grownMiB} MiB`);
  assert.equal(hasSdk, false, 'the SDK for S3 is loaded only for S3');
});

if (isRootOnLinux) {
  test('a full disk stores nothing by halves, and what is deleted makes room', async (t) => {
    const folder = await temporaryFolder(t);
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    } catch {
      return t.skip('root in this container may not mount');
    }
    try {
      const { objects, root } = await openShop(folder);
      const old = await objects.put('key', randomBytes(300_000));
      for (const source of [streamOf(randomBytes(2 * MIB)), randomBytes(800_000)])
        await assert.rejects(objects.put('key', source), is('storage_full', 'full'));
      assert.deepEqual(await readdir(join(root, '.incoming')), []);
      assert.deepEqual(await objects.list(), { items: [old], next: undefined });
      await objects.delete('key');
      assert.equal((await objects.put('key', randomBytes(800_000))).size, 800_000);

      execFileSync('/bin/mount', ['-o', 'remount,ro', folder]);
      await assert.rejects(objects.put('new', Buffer.from('x')), isUnavailable('MLAB_OBJECTS_FOLDER', 'only be read'));
      await assert.rejects(objects.delete('key'), isUnavailable('MLAB_OBJECTS_FOLDER'));
      assert.equal((await read(objects, 'key')).length, 800_000);
      await assert.rejects(openShop(folder), isUnavailable('MLAB_OBJECTS_FOLDER'));
    } finally {
      execFileSync('/bin/umount', [folder]);
    }
  });

  test('a folder of somebody else is said to be so', async (t) => {
    const folder = await temporaryFolder(t);
    const { objects } = await openShop(folder);
    await objects.put('key', Buffer.from('x'));
    process.seteuid?.(65_534);
    try {
      await assert.rejects(objects.put('new', Buffer.from('x')), isUnavailable('MLAB_OBJECTS_FOLDER'));
      await assert.rejects(objects.get('key'), isUnavailable('MLAB_OBJECTS_FOLDER'));
      await assert.rejects(openShop(folder), isUnavailable('MLAB_OBJECTS_FOLDER'));
    } finally {
      process.seteuid?.(0);
    }
    assert.deepEqual(await keysOf(objects), ['key']);
  });
}
