import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { builtinModules } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { callsOf, settingsOf, startOrder, type AnyService, type Contract } from '@mlab/kernel';
import { loadServices } from '../apps/platform/services.ts';

const services = await loadServices();
const root = resolve(import.meta.dirname, '..');
const all = Object.values(services);
const contractOf = (service: AnyService): Contract => service.contract as Contract;

interface Manifest {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** What makes or describes a package, beside its src, and never runs with it. */
  readonly devDependencies?: Readonly<Record<string, string>>;
  /** What a package uses where it is there, and does not bring along. */
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly exports?: Readonly<Record<string, string>>;
}

/** Most files are looked at by several tests. */
const texts = new Map<string, string>();
function read(file: string): string {
  const text = texts.get(file) ?? readFileSync(resolve(root, file), 'utf8');
  texts.set(file, text);
  return text;
}

const readManifest = (folder: string): Manifest => JSON.parse(read(`${folder}/package.json`)) as Manifest;

/** What a file imports, also by `import()`. Files are formatted by machine, so a pattern is good enough. */
const importsOf = (source: string): readonly string[] =>
  [...source.matchAll(/^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*'([^']+)'|\bimport\('([^'$]+)'\)/gm)].map(
    (match) => (match[1] ?? match[2]) as string,
  );

const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

async function* sourcesOf(pattern: string): AsyncGenerator<{ file: string; source: string }> {
  for await (const file of glob(pattern, { cwd: root })) {
    if (!file.includes('node_modules')) yield { file, source: read(file) };
  }
}

for (const group of ['packages/*', 'services/*', 'contracts', 'apps/*']) {
  test(`${group}: imports stay inside their package or name what its package.json declares`, async () => {
    const depth = group.split('/').length;
    let files = 0;
    for await (const { file, source } of sourcesOf(`${group}/**/*.ts`)) {
      files++;
      const home = file.split('/').slice(0, depth).join('/');
      const { name, dependencies = {}, devDependencies = {}, peerDependencies = {} } = readManifest(home);
      const isTest = file.includes('/test/');
      const declared = { ...dependencies, ...peerDependencies, ...(file.startsWith(`${home}/src/`) ? {} : devDependencies) };
      for (const specifier of importsOf(source)) {
        const where = `${file} imports ${specifier}`;
        if (specifier.startsWith('.')) {
          const target = relative(resolve(root, home), resolve(root, dirname(file), specifier));
          assert.ok(!target.startsWith('..') || isTest, `${where}: outside of its own package`);
        } else if (!specifier.startsWith('#') && !specifier.startsWith('node:')) {
          assert.ok(!builtinModules.includes(specifier), `${where}: write node:${specifier}`);
          const imported = packageOf(specifier);
          assert.ok(imported === name || imported in declared || isTest, `${where}: not declared in ${home}/package.json`);
        }
      }
    }
    assert.ok(files > 0, 'there are files to look at');
  });
}

test('only apps/platform/services.ts imports services', async () => {
  for await (const { file, source } of sourcesOf('{packages,services,contracts,apps}/**/*.ts')) {
    if (file === 'apps/platform/services.ts') continue;
    for (const specifier of importsOf(source)) assert.ok(!specifier.startsWith('@mlab/service-'), `${file} imports ${specifier}`);
  }
});

test('a service opens one door: its declaration', () => {
  for (const name of Object.keys(services)) {
    assert.deepEqual(readManifest(`services/${name}`).exports, { '.': './src/service.ts' }, name);
  }
});

test('a domain knows no SQL, no HTTP, no clock, no chance and no environment', async () => {
  const forbidden =
    /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.|\bsetTimeout\(|\bsetInterval\(|\bfetch\(/;
  for await (const { file, source } of sourcesOf('services/*/src/domain/**/*.ts')) {
    const code = source.replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    assert.doesNotMatch(code, forbidden, file);
    for (const specifier of importsOf(source))
      assert.doesNotMatch(specifier, /^(node:|undici|fastify|pg)|^#\/store/, `${file} imports ${specifier}`);
  }
});

test('contracts hold schemas and operations and import nothing but the kernel', async () => {
  for await (const { file, source } of sourcesOf('contracts/src/*.ts')) {
    for (const specifier of importsOf(source)) assert.match(specifier, /^(@mlab\/kernel|@mlab\/schema|\.\/[a-z-]+\.ts)$/, file);
    assert.doesNotMatch(source, /\bfunction\b|=>/, `${file} has behaviour`);
  }
});

test('services call each other in no circle', () => {
  assert.equal(startOrder(all).length, all.length);
});

test('an operation that names its callers names services that are known and declare that they call it', () => {
  for (const service of all) {
    const { name, operations } = contractOf(service);
    for (const [operation, { callers }] of Object.entries(operations)) {
      for (const caller of callers ?? []) {
        const calling = services[caller];
        assert.ok(calling !== undefined, `${name}.${operation} names ${caller}, which is no service`);
        assert.ok(
          callsOf(calling).some((needed) => needed.name === name),
          `${name}.${operation} names ${caller}, which does not call ${name}`,
        );
      }
      assert.notDeepEqual(callers, [], `${name}.${operation} may be called by nobody`);
    }
  }
});

test('a service is known by one name, on one port, and its paths are unique', () => {
  const ports = all.map(contractOf).flatMap(({ port, grpc }) => (grpc === undefined ? [port] : [port, grpc.port]));
  assert.deepEqual(ports, [...new Set(ports)]);
  for (const [name, service] of Object.entries(services)) {
    const contract = contractOf(service);
    assert.equal(contract.name, name);
    const routes = Object.values(contract.operations).map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(routes, [...new Set(routes)], name);
    const overGrpc = Object.values(contract.grpc?.services ?? {}).flatMap((methods) => Object.entries(methods));
    for (const [operation, { scope, summary }] of [...Object.entries(contract.operations), ...overGrpc]) {
      assert.ok(scope.startsWith(`${name}:`), `${name}.${operation} has the scope ${scope}`);
      assert.notEqual(summary, '', `${name}.${operation} has no summary`);
    }
  }
});

test('every setting has a default and a description', () => {
  for (const [name, service] of Object.entries(services)) {
    for (const { variable, default: value, description } of settingsOf(name, service.config)) {
      assert.notEqual(value, undefined, `${variable} has no default`);
      assert.notEqual(description, '', `${variable} has no description`);
    }
  }
});

test('every service has a README of at most 60 lines, and a test', async () => {
  for (const name of Object.keys(services)) {
    const readme = read(`services/${name}/README.md`);
    assert.ok(readme.split('\n').length <= 61, `services/${name}/README.md is too long`);
    const tests = await Array.fromAsync(glob(`services/${name}/test/*.test.ts`, { cwd: root }));
    assert.ok(tests.length > 0, `services/${name} has no test`);
  }
});

test('a part with many files of tests runs them in one process', async () => {
  const files = await Array.fromAsync(glob('{packages,services}/*/test/*.test.ts', { cwd: root }));
  for (const [folder, own] of Map.groupBy(files, (file) => dirname(file)))
    if (own.length > 3) assert.ok(own.includes(`${folder}/all.test.ts`), `${folder} has no all.test.ts`);
});

test('files stay small: 250 lines of source at the very most', async () => {
  for await (const { file, source } of sourcesOf('{packages,services,contracts,apps,bench}/**/*.ts')) {
    if (file.includes('/test/') || file.includes('/generated/')) continue;
    assert.ok(source.split('\n').length <= 251, `${file} has ${source.split('\n').length} lines`);
  }
});

test('an event is told by the one service that it is named after, and what is heard is told', () => {
  const told = all.flatMap((service) => {
    const { name, events = {}, queues = {} } = contractOf(service);
    return [...Object.values(events), ...Object.values(queues)].map(({ type }) => {
      assert.match(type, new RegExp(`^${name}\\.[a-z]+(-[a-z]+)*@[1-9]\\d*$`), `${name} tells ${type}`);
      return type;
    });
  });
  assert.deepEqual(told, [...new Set(told)]);
  for (const service of all) {
    const heard = [service.consumes, service.hears].flatMap((table) => Object.values<{ readonly type: string }>(table ?? {}));
    for (const { type } of heard)
      assert.ok(told.includes(type as (typeof told)[number]), `${contractOf(service).name} hears ${type}, which nobody tells`);
  }
});

test('SQL stands in store/ and in migrations, which are numbered without a gap', async () => {
  for await (const { file, source } of sourcesOf('services/*/src/**/*.ts')) {
    if (!file.includes('/src/store/'))
      assert.ok(!importsOf(source).some((name) => /^(@mlab\/(sql|mlflow\/sql)|pg)$/.test(name)), `${file} speaks SQL`);
  }
  for (const [name, service] of Object.entries(services)) {
    const { database } = service;
    const files = await Array.fromAsync(glob(`services/${name}/migrations/*`, { cwd: root }));
    assert.equal(files.length > 0, database?.migrations !== undefined, `${name} has migrations and says so`);
    const numbers = files.map((file) => Number(/\/(\d{4})_[a-z0-9-]+\.sql$/.exec(file)?.[1])).toSorted((a, b) => a - b);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => index + 1),
      `${name}: ${files.join(', ')}`,
    );
  }
});
