import { link, lstat, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, type Clock, type ObjectInfo } from '@mlab/kernel';
import type { Incoming } from '#/incoming.ts';
import { placeOf, type Place } from '#/folder/file-names.ts';
import { openTemporary, remove } from '#/folder/temporary.ts';
import { trailerOf } from '#/folder/trailer.ts';
import { ensureFolder, findFolder, hasCode, syncFolders } from '#/folder/tree.ts';
import type { Placing } from '#/store.ts';

export interface Root {
  readonly path: string;
  /** In the same file system, so that renaming out of it is one step. */
  readonly temporary: string;
  readonly clock: Clock;
}

/** Each failure is a delete that pruned the folder in between; so many in a row are something else. */
const ATTEMPTS = 100;

export async function putFile(root: Root, key: string, content: Incoming, { contentType, ifAbsent, signal }: Placing): Promise<ObjectInfo> {
  const place = placeOf(key);
  // Said before gigabytes have arrived; what decides is the link below.
  if (ifAbsent && (await isTaken(root.path, place))) throw taken(key);
  const { path, file } = await openTemporary(root.temporary);
  try {
    let info: ObjectInfo;
    try {
      for await (const chunk of content.chunks) await file.writeFile(chunk);
      info = { key, ...content.measured(), contentType, modifiedAt: root.clock.now() };
      await file.writeFile(trailerOf(info));
      await file.sync();
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    await bring(path, root.path, place, ifAbsent);
    return info;
  } catch (error) {
    await remove(path);
    throw ifAbsent && hasCode(error, 'EEXIST') ? taken(key) : error;
  }
}

async function bring(temporary: string, root: string, place: Place, ifAbsent: boolean): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const target = join(await ensureFolder(root, place.folders), place.file);
      if (ifAbsent) {
        await link(temporary, target);
        await remove(temporary);
      } else await rename(temporary, target);
      break;
    } catch (error) {
      if (!hasCode(error, 'ENOENT') || attempt === ATTEMPTS) throw error;
    }
  }
  await syncFolders(root, place.folders);
}

async function isTaken(root: string, { folders, file }: Place): Promise<boolean> {
  const folder = await findFolder(root, folders);
  if (folder === undefined) return false;
  const found = await lstat(join(folder, file)).catch((error: unknown) => {
    if (!hasCode(error, 'ENOENT')) throw error;
  });
  return found !== undefined;
}

const taken = (key: string): AppError => new AppError('conflict', `There is an object "${key}" already.`);
