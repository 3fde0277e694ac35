import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { repository } from './cli-for-test.ts';

interface Result {
  readonly code: number | null;
  readonly output: string;
}

const COPIED = /^(packages|contracts|services|apps|tests\/(architecture|crash\/random|system\/wait)|package|tsconfig|docs)/;
const TESTED_WHERE_IT_LIES = /^(packages|apps)\/[^/]+\/test\//;

/** A copy of the repository that may be changed, with the packages of this one. */
function copyRepository(): string {
  const copy = mkdtempSync(join(tmpdir(), 'mlab new '));
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: repository,
    encoding: 'utf8',
  });
  const copied = files.split('\0').filter((name) => COPIED.test(name) && !TESTED_WHERE_IT_LIES.test(name));
  for (const folder of new Set(copied.map(dirname))) mkdirSync(join(copy, folder), { recursive: true });
  for (const file of copied) copyFileSync(join(repository, file), join(copy, file));
  const modules = join(repository, 'node_modules');
  mkdirSync(join(copy, 'node_modules', '@mlab'), { recursive: true });
  for (const name of readdirSync(modules))
    if (name !== '@mlab' && !name.startsWith('.')) symlinkSync(join(modules, name), join(copy, 'node_modules', name));
  const below = (folder: string): string[] => readdirSync(join(copy, folder)).map((name) => `${folder}/${name}`);
  for (const home of ['contracts', 'apps/platform', ...below('packages'), ...below('services')]) link(copy, home);
  return copy;
}

/** What npm does for a workspace. */
function link(copy: string, home: string): void {
  const service = /^services\/(.+)/.exec(home)?.[1];
  const name = service === undefined ? home.replace(/^.*\//, '') : `service-${service}`;
  const place = join(copy, 'node_modules', '@mlab', name);
  symlinkSync(relative(dirname(place), join(copy, home)), place);
}

const run = (copy: string, ...args: readonly string[]): Result => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: copy,
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  return { code: status, output: stdout + stderr };
};

test('a new service has the standard shape, passes its own test, the architecture test and the compiler', () => {
  const copy = copyRepository();
  try {
    const mlab = join('apps', 'cli', 'src', 'main.ts');
    const made = run(copy, mlab, 'new', 'service', 'feature-store', '--port', '8005');
    assert.equal(made.code, 0, made.output);
    assert.match(made.output, /services\/feature-store\/src\/service\.ts/);
    link(copy, 'services/feature-store');

    const own = run(copy, '--test', 'services/feature-store/test/greet.test.ts');
    assert.equal(own.code, 0, own.output);
    assert.match(own.output, /pass 1/);
    const walls = run(copy, '--test', 'tests/architecture.test.ts');
    assert.equal(walls.code, 0, walls.output);
    // What it imports is looked at too; all else is checked where it lies.
    const include = ['services/feature-store/**/*.ts', 'contracts/src/feature-store.ts'];
    writeFileSync(join(copy, 'tsconfig.new.json'), JSON.stringify({ extends: './tsconfig.json', include }));
    // So little is checked soonest by one: several would each look at what all of it imports.
    const tsc = join(repository, 'node_modules', 'typescript', 'bin', 'tsc');
    const types = run(copy, tsc, '-p', 'tsconfig.new.json', '--singleThreaded');
    assert.equal(types.code, 0, types.output);

    assert.match(run(copy, mlab, 'new', 'service', 'feature-store').output, /already there/);
    assert.match(run(copy, mlab, 'new', 'service', 'other', '--port', '8005').output, /Port 8005 belongs to another service/);
    for (const wrong of ['Feature', '../x', 'a b', '1st']) {
      const refused = run(copy, mlab, 'new', 'service', wrong);
      assert.equal(refused.code, 2, refused.output);
      assert.match(refused.output, /is no name for a service/);
    }
  } finally {
    rmSync(copy, { recursive: true });
  }
});
