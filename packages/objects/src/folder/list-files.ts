import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_KEY_BYTES } from '#/check-key.ts';
import type { Page } from '#/check-options.ts';
import { bytesOf, foldersOf } from '#/folder/file-names.ts';
import { findFolder, hasCode } from '#/folder/tree.ts';

interface Found {
  readonly name: string;
  readonly isFolder: boolean;
  /** Of a folder: what all keys in it begin with, which is also where they stand among its neighbours. */
  readonly key: Buffer;
}

/**
 * Keys in the order of their bytes. Only folders on the way are read, one after the other: those that the prefix leads to, and none
 * that lies wholly before `after`.
 */
export async function* listFiles(root: string, { prefix: begin, after: last, signal }: Page): AsyncGenerator<string, void, undefined> {
  const prefix = Buffer.from(begin);
  const after = Buffer.from(last);
  if (prefix.length > MAX_KEY_BYTES) return;

  const leadsTo = (key: Buffer): boolean => startsWith(key, prefix) || startsWith(prefix, key);
  const isWanted = ({ key, isFolder }: Found): boolean =>
    isFolder
      ? leadsTo(key) && (startsWith(after, key) || Buffer.compare(key, after) > 0)
      : startsWith(key, prefix) && Buffer.compare(key, after) > 0;

  async function* walk(path: string, above: Buffer): AsyncGenerator<string, void, undefined> {
    signal?.throwIfAborted();
    const found = (await readNames(path, above)).filter(isWanted);
    for (const { name, isFolder, key } of found.toSorted((a, b) => Buffer.compare(a.key, b.key))) {
      if (isFolder) yield* walk(join(path, name), key);
      else yield key.toString();
    }
  }

  // The whole parts that the prefix begins with need no looking for.
  const base = prefix.subarray(0, prefix.lastIndexOf('/') + 1);
  const top = await findFolder(root, foldersOf(base));
  if (top !== undefined) yield* walk(top, base);
}

/** What is neither a file nor a folder, such as a link, leads to no key. */
async function readNames(path: string, above: Buffer): Promise<readonly Found[]> {
  const names: Found[] = [];
  try {
    for await (const dirent of await opendir(path, { bufferSize: 256 })) {
      const isFolder = dirent.isDirectory();
      const bytes = isFolder || dirent.isFile() ? bytesOf(dirent.name, isFolder) : undefined;
      if (bytes !== undefined) names.push({ name: dirent.name, isFolder, key: Buffer.concat([above, bytes]) });
    }
  } catch (error) {
    // Pruned since its name was read.
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  return names;
}

const startsWith = (bytes: Buffer, beginning: Buffer): boolean => bytes.subarray(0, beginning.length).equals(beginning);
