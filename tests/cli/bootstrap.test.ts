import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { test } from 'node:test';
import { missingPackages } from '../../apps/cli/bootstrap/dependencies.mjs';
import { tryLock } from '../../apps/cli/bootstrap/lock.mjs';
import { isAlive, repository, testCli, type TestCli, until } from './cli-for-test.ts';

/** A Node older than the lab needs, where this machine has one: the bootstrap must bring in its own then. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((node) => existsSync(node) && Number(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1).split('.')[0]) < 24);

/** As if an earlier start had brought Node in: no network for tests. */
function provideRuntime(cli: TestCli): void {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(cli.home, 'runtime', name, 'node_modules', name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ version: process.versions.node }));
  symlinkSync(process.execPath, join(folder, 'bin', 'node'));
}

const underOldNode = { skip: oldNode === undefined || process.platform !== 'linux' ? 'no older Node is on the PATH' : false };
const bootstrap = join(repository, 'apps', 'cli', 'bootstrap', 'mlab.mjs');

test('under an older Node the one below MLAB_HOME runs everything, and exit codes are kept', underOldNode, async () => {
  await using cli = await testCli();
  provideRuntime(cli);
  const version = await cli.begin([bootstrap, 'version'], { command: oldNode ?? '' }).ended;
  assert.match(version.out, new RegExp(`Node ${process.versions.node.replaceAll('.', '\\.')}`));
  assert.equal((await cli.begin([bootstrap, 'ps'], { command: oldNode ?? '' }).ended).code, 3);
  assert.equal((await cli.begin([bootstrap, 'fly'], { command: oldNode ?? '' }).ended).code, 2);
});

test('under an older Node Ctrl-C, SIGTERM and even SIGKILL of the bootstrap end everything', underOldNode, async () => {
  await using cli = await testCli();
  provideRuntime(cli);
  for (const end of ['group', 'SIGINT', 'SIGTERM', 'SIGKILL'] as const) {
    const up = cli.begin([bootstrap, 'up'], { command: oldNode ?? '' });
    await up.says('End it');
    const { supervisor, processes } = await cli.ps();
    assert.notEqual(supervisor.pid, up.child.pid);
    if (end === 'group') up.interrupt();
    else up.child.kill(end);
    const { code, err } = await up.ended;
    assert.equal(err, '');
    assert.equal(code, end === 'SIGKILL' ? null : 0, end);
    await until(`all is gone after ${end}`, () => ![supervisor, ...processes].some(({ pid }) => isAlive(pid)), 5_000);
  }
});

test('without a network an older Node gets a sentence that says what to do', underOldNode, async () => {
  await using cli = await testCli();
  const env = { npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0', npm_config_cache: join(cli.home, '..', 'cache') };
  const { code, out, err } = await cli.begin([bootstrap, 'version'], { command: oldNode ?? '', env }).ended;
  assert.equal(code, 1);
  assert.equal(out, '');
  const [progress, sentence, ...rest] = err.trimEnd().split('\n');
  assert.match(progress ?? '', /^Bringing in Node 24 \(once, /);
  assert.match(sentence ?? '', /^Bringing in Node 24 failed: npm says ".+"\. Check the network .* is in .*install-node\.log$/);
  assert.deepEqual(rest, []);
  assert.deepEqual(readdirSync(join(cli.home, 'runtime')), [], 'nothing unfinished is left');
});

test('mlab works through a link, from a path with spaces, and installs what is missing or says why not', async () => {
  await using cli = await testCli();
  const copy = mkdtempSync(join(tmpdir(), 'a path with spaces '));
  try {
    for (const file of ['mlab', 'package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(repository, file), join(copy, file));
    for (const folder of ['apps/cli', 'topologies']) cpSync(join(repository, folder), join(copy, folder), { recursive: true });
    symlinkSync(join(copy, 'mlab'), join(copy, 'a link'));
    const env = { PATH: [dirname(process.execPath), process.env['PATH']].join(delimiter) };
    const version = await cli.begin(['version'], { command: join(copy, 'a link'), cwd: tmpdir(), env }).ended;
    assert.equal(version.code, 0, version.err);
    for (const first of ['help', 'doctor']) {
      const { out, err } = await cli.begin([first], { command: join(copy, 'mlab'), cwd: tmpdir(), env }).ended;
      assert.equal(err, '', `${first} needs no package`);
      assert.match(out, /doctor|to be installed/);
    }

    const offline = {
      ...env,
      npm_config_registry: 'http://127.0.0.1:9',
      npm_config_fetch_retries: '0',
      npm_config_cache: join(copy, 'cache'),
    };
    const up = await cli.begin(['up'], { command: join(copy, 'mlab'), cwd: tmpdir(), env: offline }).ended;
    assert.equal(up.code, 1);
    assert.match(
      up.err,
      /^Installing \d+ packages …\nInstalling the packages failed: npm says ".+"\. Check the network [^\n]*install-packages\.log\n$/,
    );

    symlinkSync(join(repository, 'node_modules'), join(copy, 'node_modules'));
    const again = await cli.begin(['up', '--detach'], { command: join(copy, 'mlab'), cwd: tmpdir(), env: offline }).ended;
    assert.equal(again.code, 0, again.err);
    await cli.run(['down']);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
});

test('npm start ends everything when npm is asked to end, and when npm is killed', { skip: process.platform === 'win32' }, async () => {
  await using cli = await testCli();
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const npm = cli.begin(['start'], { command: 'npm' });
    await npm.says('End it');
    const { supervisor, processes } = await cli.ps();
    npm.child.kill(signal);
    await until(`all is gone after ${signal}`, () => ![supervisor, ...processes].some(({ pid }) => isAlive(pid)), 5_000);
    await npm.ended;
  }
});

test(
  'npm start and Ctrl-C: one orderly end, though npm passes on what the terminal has sent to all',
  { skip: process.platform === 'win32' },
  async () => {
    await using cli = await testCli();
    const npm = cli.begin(['start'], { command: 'npm', env: { STUB_NEVER_ENDS: '' } });
    await npm.says('End it');
    npm.interrupt();
    await npm.ended;
    assert.match(
      cli.log('supervisor'),
      /gateway stops[^]*gateway has stopped[^]*predictor stops[^]*predictor has stopped[^]*The supervisor ends/,
    );
    assert.match(cli.log('gateway'), /has ended/);
  },
);

interface Entry {
  readonly version?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
}

test('packages are missing when they are absent, other, cut short or of another platform', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'mlab packages '));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  const lock = (file: string, packages: Record<string, Entry>): void => writeFileSync(join(root, file), JSON.stringify({ packages }));
  const place = (path: string): void => {
    mkdirSync(join(root, path), { recursive: true });
    writeFileSync(join(root, path, 'package.json'), '{}');
  };
  const a = { version: '1.0.0', integrity: 'x' };
  lock('package-lock.json', {
    '': {},
    'packages/own': { version: '0.1.0' },
    'node_modules/a': a,
    'node_modules/tool': { ...a, dev: true },
    'node_modules/here': { ...a, optional: true, os: [process.platform], cpu: [process.arch] },
    'node_modules/there': { ...a, optional: true, os: ['plan9'] },
    'node_modules/not-here': { ...a, optional: true, os: [`!${process.platform}`] },
    'node_modules/of-there': { ...a, optional: true },
  });
  assert.deepEqual(missingPackages(root, false), ['node_modules/a', 'node_modules/here']);
  assert.deepEqual(missingPackages(root, true), ['node_modules/a', 'node_modules/tool', 'node_modules/here']);

  for (const path of ['node_modules/a', 'node_modules/here']) place(path);
  assert.equal(missingPackages(root, false).length, 2, 'npm writes its record last: without it an installation was cut short');
  lock('node_modules/.package-lock.json', { 'node_modules/a': a, 'node_modules/here': a });
  assert.deepEqual(missingPackages(root, false), []);
  assert.deepEqual(missingPackages(root, true), ['node_modules/tool']);

  lock('node_modules/.package-lock.json', { 'node_modules/a': { ...a, version: '0.9.0' }, 'node_modules/here': a });
  assert.deepEqual(missingPackages(root, false), ['node_modules/a']);
  lock('node_modules/.package-lock.json', { 'node_modules/a': { ...a, integrity: 'y' }, 'node_modules/here': a });
  assert.deepEqual(missingPackages(root, false), ['node_modules/a']);

  lock('node_modules/.package-lock.json', { 'node_modules/a': a, 'node_modules/here': a });
  rmSync(join(root, 'node_modules/a'), { recursive: true });
  assert.deepEqual(missingPackages(root, false), ['node_modules/a'], 'deleted by hand');
});

test('a lock is held by the living alone', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'mlab lock '));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'lock');
  const first = tryLock(file);
  assert.ok(first.release);
  assert.deepEqual(tryLock(file), { pid: process.pid });
  first.release();
  assert.equal(existsSync(file), false);

  // Our own process id, but of a process that started at another time: the id was used again.
  writeFileSync(file, `${process.pid} 1`);
  const second = tryLock(file);
  assert.ok(second.release);
  // Released late, after it was broken and taken by somebody else, it must not free what is not its own.
  writeFileSync(file, '1 2');
  second.release();
  assert.equal(existsSync(file), true);
});
