import { constants } from 'node:fs';
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { CliError, messageOf } from '../../cli-error.ts';

export interface Entry {
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link' | 'other';
}

export interface FileInside {
  readonly size: number;
  readonly modifiedMs: number;
  read(): AsyncIterable<Uint8Array>;
}

/** A folder that somebody else has filled: paths are relative to it, and nothing in it leads out of it. */
export interface Folder {
  /** Without links in it. */
  readonly path: string;
  /** What is in a folder, by its names; nothing when it is not there. */
  entries(path: string): Promise<readonly Entry[]>;
  /** Undefined when it is not there. */
  file(path: string): Promise<FileInside | undefined>;
  /** The path of something in here that is named as a whole; undefined when it lies elsewhere. */
  inside(whole: string): string | undefined;
}

/** A link is never followed: on Windows there is no such flag, and there links are found by where they lead. */
const NO_FOLLOW = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

export async function openFolder(given: string): Promise<Folder> {
  const root = await realpath(given).catch((error: unknown) => {
    throw new CliError(`${given} cannot be read: ${messageOf(error)}.`, { cause: error });
  });
  if (!(await stat(root)).isDirectory()) throw new CliError(`${given} is no folder.`);

  /** The whole path; throws when a part of it is a link, or means another part. */
  const whole = async (path: string): Promise<string> => {
    const parts = path === '' ? [] : path.split('/');
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.includes(sep)))
      throw new Error(`${path} is no path inside of the folder`);
    const full = join(root, ...parts);
    const parent = join(full, '..');
    if (parts.length > 0 && (await realpath(parent)) !== parent) throw new Error(`${path} lies behind a link`);
    return full;
  };
  return {
    path: root,
    async entries(path) {
      try {
        const full = await whole(path);
        if ((await realpath(full)) !== full) return [];
        const found = await readdir(full, { withFileTypes: true });
        return found.map((entry) => ({ name: entry.name, kind: kindOf(entry) })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
      } catch (error) {
        if (isMissing(error)) return [];
        throw error;
      }
    },
    async file(path) {
      const full = await whole(path).catch((error: unknown) => (isMissing(error) ? undefined : Promise.reject(error as Error)));
      if (full === undefined) return undefined;
      try {
        await using handle = await open(full, NO_FOLLOW);
        const { size, mtimeMs } = await checked(handle, path);
        return { size, modifiedMs: mtimeMs, read: () => read(full, path) };
      } catch (error) {
        if (isMissing(error)) return undefined;
        if ((error as NodeJS.ErrnoException).code === 'ELOOP') throw new Error(`${path} is a link`, { cause: error });
        throw error;
      }
    },
    inside(path) {
      const below = relative(root, path);
      return below === '' || below.startsWith('..') || below === path ? undefined : below.split(sep).join('/');
    },
  };
}

async function checked(handle: Awaited<ReturnType<typeof open>>, path: string): Promise<{ size: number; mtimeMs: number }> {
  const found = await handle.stat();
  if (!found.isFile()) throw new Error(`${path} is no file`);
  return found;
}

async function* read(full: string, path: string): AsyncGenerator<Uint8Array, void, void> {
  await using handle = await open(full, NO_FOLLOW);
  await checked(handle, path);
  yield* handle.createReadStream({ autoClose: false, highWaterMark: 262_144 }) as AsyncIterable<Uint8Array>;
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): Entry['kind'] {
  return entry.isSymbolicLink() ? 'link' : entry.isFile() ? 'file' : entry.isDirectory() ? 'folder' : 'other';
}

const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '');
