import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError, messageOf } from './cli-error.ts';

export const repositoryFolder = resolve(import.meta.dirname, '../../..');

/** All that is written stands below one folder, MLAB_HOME. */
export interface Home {
  readonly folder: string;
  readonly logs: string;
  readonly lock: string;
  readonly record: string;
  readonly compiled: string;
  /** The folder of the database, and the file with its port. */
  readonly postgres: string;
  readonly postgresPort: string;
}

export function homeOf(env: NodeJS.ProcessEnv): Home {
  const folder = resolve(env['MLAB_HOME'] || join(repositoryFolder, '.mlab'));
  return {
    folder,
    logs: join(folder, 'logs'),
    lock: join(folder, 'supervisor.lock'),
    record: join(folder, 'supervisor.json'),
    compiled: join(folder, 'compiled'),
    postgres: join(folder, 'postgres'),
    postgresPort: join(folder, 'postgres.port'),
  };
}

/** Creates what is missing, readable by the owner alone, and makes sure that it can be written. */
export function openHome(home: Home): void {
  try {
    mkdirSync(home.logs, { recursive: true, mode: 0o700 });
    accessSync(home.folder, constants.W_OK | constants.X_OK);
    accessSync(home.logs, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new CliError(`${home.folder} cannot be written; make it a writable folder, or set MLAB_HOME to one that is.`, { cause: error });
  }
}

export const logFile = (home: Home, process: string): string => join(home.logs, `${process}.log`);

/** A unix socket's path may have about 100 bytes; a longer one moves to a private folder below the system's temporary one. */
export function controlPath(home: Home): string {
  if (process.platform === 'win32') return String.raw`\\.\pipe\mlab-${digest(home.folder)}`;
  const path = join(home.folder, 'control.sock');
  return Buffer.byteLength(path) <= 100 ? path : join(temporaryFolder(), `mlab-${userInfo().uid}`, `${digest(home.folder)}.sock`);
}

/** Others may write to the temporary folder: the folder in it must be ours, and closed to them. */
export function openControlFolder(path: string): void {
  const parent = join(path, '..');
  if (!parent.startsWith(join(temporaryFolder(), 'mlab-'))) return;
  try {
    mkdirSync(parent, { recursive: true, mode: 0o700 });
    const found = lstatSync(parent);
    if (!found.isDirectory() || found.uid !== userInfo().uid) throw new Error('it belongs to somebody else');
    chmodSync(parent, 0o700);
  } catch (error) {
    throw new CliError(`${parent} cannot be used (${messageOf(error)}); set MLAB_HOME to a shorter path.`, { cause: error });
  }
}

/** The system's own temporary folder may be a long path too, and then could not help. */
const temporaryFolder = (): string => (Buffer.byteLength(tmpdir()) <= 40 ? tmpdir() : '/tmp');

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);
