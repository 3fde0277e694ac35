import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, constants, copyFile, cp, lstat, mkdir, readFile, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { endLeftover, prepareCluster, startEmbedded } from '@mlab/sql/embedded';
import { canEnter, giveTree } from '#/embedded/account.ts';
import { findBinaries } from '#/embedded/binaries.ts';
import { processesOf } from '#/embedded/postgres-processes.ts';
import { firstWord, query, scratchFolder, until } from './embedded-scratch.ts';

const NOBODY = { uid: 65_534, gid: 65_534 };
const asRoot = {
  timeout: 60_000,
  skip: process.platform !== 'linux' || process.getuid?.() !== 0 ? 'only root can become somebody else' : false,
};

test('started by root it runs as a user of its own, whose files nobody else reads', asRoot, async () => {
  await using scratch = await scratchFolder();
  await chmod(scratch.folder, 0o755);
  const folder = join(scratch.folder, 'postgres');
  await using server = await startEmbedded({ folder });
  const { data, dataArgument, account } = server.cluster;
  assert.equal(dataArgument, data);
  assert.ok(account && account.uid !== 0 && account.uid !== NOBODY.uid);
  const { all } = await processesOf(data);
  assert.ok(all.length > 3);
  for (const pid of all)
    assert.match(
      await readFile(`/proc/${pid}/status`, 'latin1'),
      new RegExp(`^Uid:\t${account.uid}\t${account.uid}\t.*\n.*\t${account.gid}\n(?:.*\n)*?Groups:\t *\n`, 'm'),
    );
  for (const path of await readdir(data, { recursive: true })) assert.equal((await lstat(join(data, path))).uid, account.uid, path);
  assert.equal((await stat(data)).mode & 0o777, 0o700);
  assert.match(await failureOf(spawn('cat', [join(data, 'mlab.password')], { ...NOBODY })), /Permission denied/);
  assert.match(await failureOf(spawn('ls', [folder], { ...NOBODY })), /Permission denied/);
});

test('started by root it needs no way through the folders above its data', asRoot, async () => {
  await using scratch = await scratchFolder();
  await chmod(scratch.folder, 0o700);
  {
    await using server = await startEmbedded({ folder: join(scratch.folder, 'deep', 'postgres') });
    assert.equal(server.cluster.data, join(scratch.folder, 'deep', 'postgres', 'data'));
    assert.equal(await canEnter(server.cluster.data, server.cluster.account), false);
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
  }
  // A way that opens later changes nothing.
  await chmod(scratch.folder, 0o755);
  await chmod(join(scratch.folder, 'deep'), 0o755);
  await using server = await startEmbedded({ folder: join(scratch.folder, 'deep', 'postgres') });
  assert.equal(await canEnter(server.cluster.data, server.cluster.account), true);
  assert.deepEqual(await query(server.url, 'SELECT n FROM kept'), [{ n: 1 }]);
});

test('binaries that the account cannot reach are copied once', asRoot, async () => {
  await using scratch = await scratchFolder();
  await chmod(scratch.folder, 0o755);
  const closed = join(scratch.folder, 'closed');
  const binaries = { ...findBinaries(), folder: await copyWithoutLinks(closed) };
  await chmod(closed, 0o700);
  const options = { binaries, folder: join(closed, 'postgres'), sharedFolder: join(scratch.folder, 'shared') };
  const place = `postgresql-${binaries.build}`;
  const copies: number[] = [];
  for (let start = 0; start < 2; start++) {
    await using server = await startEmbedded(options);
    assert.equal(server.cluster.binaries, join(options.sharedFolder, place, 'native'));
    assert.deepEqual(await query(server.url, `SELECT 'a1' ~ '^a' AS works`), [{ works: true }]);
    copies.push((await stat(join(server.cluster.binaries, 'bin', 'postgres'))).ino);
  }
  assert.equal(copies[0], copies[1]);
  assert.deepEqual(await readdir(options.sharedFolder), [place]);
});

test('an ordinary user needs no more than a folder of his own, and root takes over what is his', asRoot, async (t) => {
  if (!(await canEnter(import.meta.dirname, NOBODY))) return t.skip('the repository is closed to others');
  await using scratch = await scratchFolder();
  await chmod(scratch.folder, 0o755);
  // As in a container image: it can be read, and no links can be made in it.
  const native = await copyWithoutLinks(join(scratch.folder, 'read-only'));
  const node = await copyNode(scratch.folder);
  const folder = join(scratch.folder, 'postgres');
  await mkdir(folder);
  await chown(folder, NOBODY.uid, NOBODY.gid);
  const user = startAsNobody(node, folder, native);
  const told = await firstWord(user.stdout);
  assert.equal(dirname(dirname(told.binaries)), folder);
  await query(told.url, 'CREATE TABLE kept AS SELECT 1 AS n');
  user.kill('SIGKILL');
  await until('its processes are gone', async () => (await processesOf(join(folder, 'data'))).all.length === 0);
  await endLeftover(folder);

  await t.test('root runs it as its owner', async () => {
    await using server = await startEmbedded({ folder });
    assert.deepEqual(server.cluster.account, NOBODY);
    assert.deepEqual(await query(server.url, 'SELECT n FROM kept'), [{ n: 1 }]);
    assert.equal((await stat(folder)).uid, NOBODY.uid);
  });

  await t.test('root may put back a copy', async () => {
    await giveTree(join(folder, 'data'), { uid: 0, gid: 0 });
    await using server = await startEmbedded({ folder });
    assert.notEqual((await stat(server.cluster.data)).uid, 0);
    assert.deepEqual(await query(server.url, 'SELECT n FROM kept'), [{ n: 1 }]);
  });

  await t.test("what is root's by now is refused to the user", async () => {
    assert.match(await failureOf(startAsNobody(node, folder, native)), /was created by root; start as that user, or set MLAB_HOME/);
    await assert.doesNotReject(prepareCluster({ folder }));
  });
});

test('root that may not become anybody is told so', asRoot, async () => {
  await using scratch = await scratchFolder();
  for (const right of ['setuid', 'chown']) {
    const program = [process.execPath, join(import.meta.dirname, 'embedded-parent.ts'), scratch.folder];
    const bound = spawn('setpriv', [`--bounding-set=-${right}`, ...program], { stdio: ['ignore', 'ignore', 'pipe'] });
    assert.match(
      await failureOf(bound),
      /does not run as root, and this root may not act for another user .*; start as an ordinary user/,
      right,
    );
  }
});

/** As npm unpacks the package, for its archives hold no links. */
async function copyWithoutLinks(parent: string): Promise<string> {
  const native = join(parent, 'native');
  await cp(findBinaries().folder, native, { recursive: true, filter: async (path) => !(await lstat(path)).isSymbolicLink() });
  return native;
}

/** The Node that the bootstrap has brought lies in a folder that only its owner enters. */
async function copyNode(parent: string): Promise<string> {
  const copy = join(parent, basename(process.execPath));
  await copyFile(process.execPath, copy, constants.COPYFILE_FICLONE);
  return copy;
}

function startAsNobody(node: string, folder: string, native: string) {
  return spawn(node, [join(import.meta.dirname, 'embedded-parent.ts'), folder, native], {
    ...NOBODY,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function failureOf(child: ChildProcess): Promise<string> {
  assert.ok(child.stderr);
  const [output, [code]] = await Promise.all([text(child.stderr), once(child, 'exit') as Promise<[number | null]>]);
  assert.notEqual(code, 0);
  return output;
}
