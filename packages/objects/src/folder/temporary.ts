import { constants, lstat, open, readdir, unlink, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { hasCode } from '#/folder/tree.ts';

/** No put leaves its file alone for so long. If one did, it fails, and nothing else happens. */
const STALE_MS = 24 * 60 * 60 * 1000;

/** Fails rather than open what is there already, be it a link. */
const NEW = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

export interface Temporary {
  readonly path: string;
  readonly file: FileHandle;
}

/** A new file under a name that nobody can foresee. */
export async function openTemporary(folder: string): Promise<Temporary> {
  const path = join(folder, randomBytes(16).toString('hex'));
  return { path, file: await open(path, NEW, 0o600) };
}

/** Without an error when it is gone already. */
export async function remove(path: string): Promise<void> {
  await unlink(path).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
}

/**
 * Removes what processes left that died during a put. Other processes may be putting into the same folder at this time, also from
 * other machines: what counts is that nothing was written for a day, by the clock of the file system itself.
 */
export async function removeStale(folder: string): Promise<void> {
  const { path, file } = await openTemporary(folder);
  try {
    const now = await file.stat();
    await file.close();
    for (const name of await readdir(folder)) {
      const other = join(folder, name);
      const found = await lstat(other).catch(() => undefined);
      if (found?.isFile() === true && now.mtimeMs - found.mtimeMs > STALE_MS) await remove(other);
    }
  } finally {
    await remove(path);
  }
}
