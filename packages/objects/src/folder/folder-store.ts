import { constants } from 'node:fs';
import { lstat, mkdir, open, realpath, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ByteRange, ObjectInfo, Owner, StoredObject } from '@mlab/kernel';
import { behindEnd } from '#/behind-end.ts';
import { inParallel } from '#/in-parallel.ts';
import { explainFolderError } from '#/folder/failures.ts';
import { placeOf } from '#/folder/file-names.ts';
import { listFiles } from '#/folder/list-files.ts';
import { putFile, type Root } from '#/folder/put-file.ts';
import { removeStale } from '#/folder/temporary.ts';
import { readTrailer } from '#/folder/trailer.ts';
import { findFolder, hasCode, pruneFolders, syncFolders } from '#/folder/tree.ts';
import type { Store } from '#/store.ts';

/** No name of a key begins with a dot. */
const TEMPORARY = '.incoming';
const READ_ONLY = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const READS_AT_ONCE = 16;
const READ_BYTES = 256 * 1024;

/** The objects of one service as files below a folder of its own. */
export async function openFolderStore(folder: string, { name, clock, telemetry }: Owner): Promise<Store> {
  const root = await openRoot(join(folder, name), clock).catch((error: unknown) => {
    throw explainFolderError(error);
  });

  async function openObject(key: string): Promise<OpenObject | undefined> {
    const place = placeOf(key);
    const parent = await findFolder(root.path, place.folders);
    if (parent === undefined) return undefined;
    const path = join(parent, place.file);
    let file: FileHandle;
    try {
      file = await open(path, READ_ONLY);
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined;
      throw error;
    }
    try {
      const stats = await file.stat();
      const info = stats.isFile() ? await readTrailer(file, stats.size, key) : undefined;
      if (info === undefined) throw new Error(`${path} is not as this store has written it.`);
      return { file, info };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async function stat(key: string): Promise<ObjectInfo | undefined> {
    const opened = await openObject(key);
    await opened?.file.close();
    return opened?.info;
  }

  async function statListed(key: string): Promise<ObjectInfo | undefined> {
    try {
      return await stat(key);
    } catch (err) {
      // One spoilt file does not hide the others.
      telemetry.log.warn({ err, key }, 'an object cannot be read and is left out of a list');
      return undefined;
    }
  }

  return {
    put: (key, content, placing) => putFile(root, key, content, placing),
    get: async (key, range) => {
      const opened = await openObject(key);
      return opened === undefined ? undefined : read(opened, range);
    },
    stat,
    list: async (page) => {
      const keys: string[] = [];
      let hasMore = false;
      for await (const key of listFiles(root.path, page)) {
        hasMore = keys.length === page.limit;
        if (hasMore) break;
        keys.push(key);
      }
      const items = await inParallel(keys, READS_AT_ONCE, statListed);
      return { items: items.filter((item) => item !== undefined), next: hasMore ? keys.at(-1) : undefined };
    },
    delete: async (key) => {
      const { folders, file } = placeOf(key);
      const parent = await findFolder(root.path, folders);
      if (parent === undefined) return false;
      try {
        await unlink(join(parent, file));
      } catch (error) {
        if (hasCode(error, 'ENOENT')) return false;
        throw error;
      }
      await pruneFolders(root.path, folders);
      await syncFolders(root.path, folders);
      return true;
    },
    explain: explainFolderError,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

interface OpenObject {
  readonly file: FileHandle;
  readonly info: ObjectInfo;
}

async function openRoot(folder: string, clock: Root['clock']): Promise<Root> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // Of the root itself a link is whoever set it up's own choice; of what is in it, nobody's.
  const path = await realpath(folder);
  const temporary = join(path, TEMPORARY);
  await mkdir(temporary, { mode: 0o700 }).catch((error: unknown) => {
    if (!hasCode(error, 'EEXIST')) throw error;
  });
  if (!(await lstat(temporary)).isDirectory()) throw new Error(`${temporary} is no folder; this store needs it for what is being put.`);
  await removeStale(temporary);
  return { path, temporary, clock };
}

async function read({ file, info }: OpenObject, range: ByteRange | undefined): Promise<StoredObject> {
  const start = range?.start ?? 0;
  if (info.size === 0 || start >= info.size) {
    await file.close();
    if (range !== undefined) throw behindEnd(info.key, start, info.size);
    return { info, body: Readable.from([]) };
  }
  const end = Math.min(range?.end ?? Infinity, info.size - 1);
  // Closes the file at its end, and also when it is destroyed before.
  return { info, body: file.createReadStream({ start, end, highWaterMark: READ_BYTES }) };
}
