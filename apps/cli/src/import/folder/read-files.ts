import type { Found, Pair, SourceFile } from '../source.ts';
import type { Folder } from './folder.ts';

/** A value of a parameter or a tag, or a description of something: far more than MLflow lets anybody write. */
const MAX_TEXT_BYTES = 33_554_432;

/** The text of a file; undefined when there is none. */
export async function textOf(folder: Folder, path: string): Promise<string | undefined> {
  const file = await folder.file(path);
  if (file === undefined) return undefined;
  if (file.size > MAX_TEXT_BYTES) throw new Error(`${path} has ${file.size} bytes, and such a file has at most ${MAX_TEXT_BYTES}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of file.read()) chunks.push(chunk);
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
}

/** All files below a folder at any depth, by their paths from it. What is no file is told, and not followed. */
export async function* filesBelow(folder: Folder, path: string): AsyncGenerator<Found<SourceFile>, void, void> {
  const left = [''];
  for (let at = left.shift(); at !== undefined; at = left.shift()) {
    for (const { name, kind } of await folder.entries(joined(path, at))) {
      const below = joined(at, name);
      if (kind === 'folder') left.push(below);
      else if (kind === 'file') {
        const file = await folder.file(joined(path, below)).catch(() => undefined);
        yield file === undefined ? { id: below, problem: 'it cannot be read' } : { value: { path: below, size: file.size } };
      } else
        yield { id: below, problem: kind === 'link' ? 'it is a link, and links are not followed' : 'it is neither a file nor a folder' };
    }
  }
}

/** Keys and values of a folder with a file for each: a key with `/` in it is a path. */
export async function pairsIn(folder: Folder, path: string): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const key of await keysIn(folder, path)) pairs.push({ key, value: (await textOf(folder, joined(path, key))) ?? '' });
  return pairs;
}

/** Throws when one of them is no file: something would be missing. */
export async function keysIn(folder: Folder, path: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const found of filesBelow(folder, path)) {
    if (!('value' in found)) throw new Error(`${joined(path, found.id)}: ${found.problem}`);
    keys.push(found.value.path);
  }
  return keys.toSorted();
}

export const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/');
