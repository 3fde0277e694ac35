import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { endLeftover, launchCluster, prepareCluster, startEmbedded, type EmbeddedServer } from '@mlab/sql/embedded';
import { query, scratchFolder } from './embedded-scratch.ts';

const deadline = { timeout: 60_000 };

test('a server that is created', deadline, async (t) => {
  await using scratch = await scratchFolder();
  const said: string[] = [];
  const lines: string[] = [];
  const start = (): Promise<EmbeddedServer> =>
    startEmbedded({ folder: scratch.folder, log: (sentence) => said.push(sentence), serverLog: (line) => lines.push(line) });
  const server = await start();
  assert.equal(server.cluster.created, true);
  assert.equal(said.length, 1);

  await t.test('is durable, the same everywhere, and a server of loopback alone', async () => {
    const shown = await query<{ name: string; setting: string }>(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums',
         'listen_addresses', 'unix_socket_directories', 'max_connections', 'TimeZone', 'server_encoding') ORDER BY name COLLATE "C"`,
    );
    assert.deepEqual(Object.fromEntries(shown.map(({ name, setting }) => [name, setting])), {
      TimeZone: 'UTC',
      data_checksums: 'on',
      fsync: 'on',
      full_page_writes: 'on',
      listen_addresses: '127.0.0.1',
      max_connections: '200',
      server_encoding: 'UTF8',
      synchronous_commit: 'on',
      unix_socket_directories: '',
    });
    const [locale] = await query(
      server.url,
      `SELECT upper('été') AS upper, 'Z' < 'a' AS by_code_point, current_user, current_database() AS database`,
    );
    assert.deepEqual(locale, { upper: 'ÉTÉ', by_code_point: true, current_user: 'mlab', database: 'mlab' });
  });

  await t.test('asks everybody for the password, and shows it nowhere', async () => {
    const { password } = new URL(server.url);
    assert.match(password, /^[\w-]{32}$/);
    for (const wrong of ['', 'mlab', `${password}x`]) {
      const url = new URL(server.url);
      url.password = wrong;
      await assert.rejects(query(url.href, 'SELECT 1'), /password/);
    }
    const [role] = await query<{ verifier: string }>(server.url, `SELECT rolpassword AS verifier FROM pg_authid WHERE rolname = 'mlab'`);
    assert.match(role?.verifier ?? '', /^SCRAM-SHA-256\$/);
    assert.ok(lines.length > 0);
    assert.ok(!lines.join('\n').includes(password));
    assert.ok(!server.child.spawnargs.join(' ').includes(password));
    assert.ok(!JSON.stringify(server.cluster).includes(password));
    if (process.platform === 'win32') return;
    const { data } = server.cluster;
    assert.equal((await stat(data)).mode & 0o777, 0o700);
    for (const file of ['mlab.password', 'postgresql.conf', 'pg_hba.conf'])
      assert.equal((await stat(join(data, file))).mode & 0o777, 0o600, file);
  });

  await t.test('a second start of a folder that is in use is refused, and harms nobody', async () => {
    const refused = { code: 'conflict', message: new RegExp(`is in use by process ${process.pid}; `) };
    await assert.rejects(startEmbedded({ folder: scratch.folder }), refused);
    await assert.rejects(endLeftover(scratch.folder), refused);
    // Nor does one that has not asked before.
    const running = launchCluster(server.cluster, { port: 1 });
    await assert.rejects(running.ready, /another PostgreSQL works on the same data/);
    await running.kill();
    assert.deepEqual(await query(server.url, 'SELECT 1 AS one'), [{ one: 1 }]);
  });

  await t.test('stops at once although clients are connected', async () => {
    const sleeping = assert.rejects(query(server.url, 'SELECT pg_sleep(60)'));
    await query(server.url, 'CREATE TABLE kept AS SELECT 1 AS n');
    const start = performance.now();
    await server.stop();
    assert.ok(performance.now() - start < 5_000);
    assert.equal(await server.exited, 'ended when it was asked to');
    await sleeping;
  });

  await t.test("is found by the next start, which reads the user's own settings last", async () => {
    await writeFile(server.cluster.userSettings, 'max_connections = 7\n');
    await using next = await start();
    assert.equal(next.cluster.created, false);
    assert.equal(said.length, 1);
    assert.deepEqual(await query(next.url, 'SELECT n FROM kept'), [{ n: 1 }]);
    assert.deepEqual(await query(next.url, 'SHOW max_connections'), [{ max_connections: '7' }]);
    assert.equal(await readFile(next.cluster.userSettings, 'utf8'), 'max_connections = 7\n');
  });
});

test('several who prepare one folder at once get one and the same cluster', deadline, async () => {
  await using scratch = await scratchFolder();
  const clusters = await Promise.all([1, 2].map(() => prepareCluster({ folder: scratch.folder })));
  assert.equal(new Set(clusters.map((cluster) => cluster.url(1))).size, 1);
  assert.deepEqual(await readdir(scratch.folder), ['data']);
  await using server = await startEmbedded({ folder: scratch.folder });
  assert.deepEqual(await query(server.url, 'SELECT 1 AS one'), [{ one: 1 }]);
});

test('says why it cannot start', deadline, async (t) => {
  await using scratch = await scratchFolder();
  const cluster = await prepareCluster({ folder: scratch.folder });

  await t.test('a port that another program has', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const refused = { code: 'conflict', message: `PostgreSQL did not start: another program listens on port ${port}.` };
    await assert.rejects(launchCluster(cluster, { port }).ready, refused);
    await assert.rejects(startEmbedded({ folder: scratch.folder, port }), refused);
    other.close();
  });

  await t.test('a setting that it does not know', async () => {
    await writeFile(cluster.userSettings, 'max_conections = 7\n');
    const running = launchCluster(cluster, { port: 1 });
    await assert.rejects(running.ready, { code: 'unavailable', message: /ended with code 1: .*max_conections/ });
    assert.match(await running.exited, /max_conections/);
    await writeFile(cluster.userSettings, '');
  });

  await t.test('data that others may read', { skip: process.platform === 'win32' }, async () => {
    await chmod(cluster.data, 0o755);
    await assert.rejects(launchCluster(cluster, { port: 1 }).ready, { code: 'unavailable', message: /invalid permissions/ });
    await chmod(cluster.data, 0o700);
  });

  await t.test('data that is damaged', async () => {
    await rm(join(cluster.data, 'global', 'pg_control'));
    await assert.rejects(launchCluster(cluster, { port: 1 }).ready, {
      code: 'unavailable',
      message: /^PostgreSQL did not start: it ended with code \d: .*pg_control/,
    });
  });

  await t.test('a password that is lost', async () => {
    await rm(join(cluster.data, 'mlab.password'));
    await assert.rejects(prepareCluster({ folder: scratch.folder }), { code: 'unavailable', message: /mlab\.password cannot be read/ });
  });

  await t.test('another major version, and files that are no database', async () => {
    const { data } = cluster;
    await writeFile(join(data, 'PG_VERSION'), '15\n');
    await assert.rejects(prepareCluster({ folder: scratch.folder }), {
      code: 'conflict',
      message: /was made by PostgreSQL 15, and this is PostgreSQL 18\.\d/,
    });
    await rm(join(data, 'PG_VERSION'));
    await assert.rejects(prepareCluster({ folder: scratch.folder }), { code: 'conflict', message: /holds files and no database/ });
    assert.ok(existsSync(join(data, 'base')));
  });
});

test('there is nothing left over of a folder that holds nothing', deadline, async () => {
  await using scratch = await scratchFolder();
  assert.deepEqual(await endLeftover(scratch.folder), []);
  assert.deepEqual(await endLeftover(join(scratch.folder, 'absent')), []);
  await mkdir(join(scratch.folder, 'data'));
  assert.deepEqual(await endLeftover(scratch.folder), []);
});
