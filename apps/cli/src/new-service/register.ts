import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Names } from './templates.ts';

interface LockFile {
  readonly packages: Record<string, unknown>;
}

interface Manifest {
  readonly dependencies: Record<string, string>;
}

/** Makes a new service known: to the platform that hosts it, and to npm, which links it at the next command. */
export function register(root: string, { kebab, camel }: Names): readonly string[] {
  const name = `@mlab/service-${kebab}`;
  const home = `services/${kebab}`;
  const key = camel === kebab ? camel : `'${kebab}'`;
  edit(root, 'apps/platform/services.ts', (source) => source.replace('\n};', `\n  ${key}: () => import('${name}'),\n};`));
  editJson<Manifest>(root, 'apps/platform/package.json', (manifest) => ({
    ...manifest,
    dependencies: sorted({ ...manifest.dependencies, [name]: '*' }),
  }));
  editJson<LockFile>(root, 'package-lock.json', (lock) => {
    const platform = lock.packages['apps/platform'] as Manifest;
    const { version, dependencies } = JSON.parse(readFileSync(join(root, home, 'package.json'), 'utf8')) as Manifest & { version: string };
    const packages = {
      ...lock.packages,
      'apps/platform': { ...platform, dependencies: sorted({ ...platform.dependencies, [name]: '*' }) },
      [`node_modules/${name}`]: { resolved: home, link: true },
      [home]: { name, version, dependencies },
    };
    return { ...lock, packages: sorted(packages) };
  });
  return ['apps/platform/services.ts', 'apps/platform/package.json', 'package-lock.json'];
}

function edit(root: string, file: string, change: (source: string) => string): void {
  const path = join(root, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  if (after === before) throw new Error(`${file} has not the form that was expected.`);
  writeFileSync(path, after);
}

function editJson<T>(root: string, file: string, change: (value: T) => T): void {
  edit(root, file, (source) => `${JSON.stringify(change(JSON.parse(source) as T), null, 2)}\n`);
}

/** npm's own order. */
function sorted<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => a.localeCompare(b, 'en')));
}
