import type { Stats } from 'node:fs';
import { lstat, mkdir, open, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Whether the error is one of these of the operating system. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(error.code as string);

/**
 * The folders below a root, whose names are made by `placeOf`. Each step is looked at before it is taken, so a link that somebody has
 * put there is never followed. Not held against somebody who swaps a folder for a link between the look and the step: that takes the
 * right to write there, and with it the objects are lost anyway.
 */
export async function findFolder(root: string, folders: readonly string[]): Promise<string | undefined> {
  let path = root;
  for (const name of folders) {
    path = join(path, name);
    const found = await stats(path);
    if (found === undefined) return undefined;
    refuseOther(path, found);
  }
  return path;
}

export async function ensureFolder(root: string, folders: readonly string[]): Promise<string> {
  let path = root;
  for (const name of folders) {
    path = join(path, name);
    let found = await stats(path);
    if (found === undefined) {
      await mkdir(path, 0o700).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
      found = await lstat(path);
    }
    refuseOther(path, found);
  }
  return path;
}

/** Removes the folders that are empty, the inmost first. The operating system refuses when something is in one. */
export async function pruneFolders(root: string, folders: readonly string[]): Promise<void> {
  for (let depth = folders.length; depth > 0; depth--) {
    try {
      await rmdir(join(root, ...folders.slice(0, depth)));
    } catch (error) {
      if (hasCode(error, 'ENOTEMPTY', 'EEXIST', 'EBUSY', 'EPERM')) return;
      if (!hasCode(error, 'ENOENT')) throw error;
    }
  }
}

/** Brings the names in these folders to the disk, from the root down: another put may have made one and not be there yet. */
export async function syncFolders(root: string, folders: readonly string[]): Promise<void> {
  // Windows opens no folder; there the journal of the file system keeps names.
  if (process.platform === 'win32') return;
  let path = root;
  for (const name of [undefined, ...folders]) {
    if (name !== undefined) path = join(path, name);
    try {
      await using folder = await open(path, 'r');
      await folder.sync();
    } catch (error) {
      // Pruned meanwhile, or a file system that does not do this.
      if (!hasCode(error, 'ENOENT', 'EINVAL', 'ENOTSUP')) throw error;
    }
  }
}

async function stats(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function refuseOther(path: string, found: Stats): void {
  if (!found.isDirectory())
    throw new Error(`${path} is ${found.isSymbolicLink() ? 'a link' : 'no folder'}; this store only goes into folders.`);
}
