import type { CallMeta, Database } from '@mlab/kernel';
import { listFiles, listFolders, type ListedFile } from '#/store/artifact-files.ts';

/** What is in a folder, by name: files have a size, folders do not. */
export interface Entry {
  readonly name: string;
  readonly size: number | undefined;
}

/** Larger folders are told in several pieces. */
const PAGE = 10_000;

/** What is in a folder, in pieces. A folder that is not there, and a file, have nothing in them. */
export async function* listFolder(database: Database, call: CallMeta, folder: string): AsyncGenerator<readonly Entry[], void, void> {
  const db = database.for(call);
  const folders = await listFolders(db, folder);
  let told = 0;
  for (let after = ''; ;) {
    const files = await listFiles(db, folder, after, PAGE);
    const isLast = files.length < PAGE;
    after = files.at(-1)?.name ?? after;
    const upTo = isLast ? folders.length : folders.findLastIndex((name) => isBefore(name, after)) + 1;
    yield merge(files, folders.slice(told, upTo));
    told = upTo;
    if (isLast) return;
  }
}

/** Both come by name. */
function merge(files: readonly ListedFile[], folders: readonly string[]): readonly Entry[] {
  if (folders.length === 0) return files;
  const entries: Entry[] = [];
  let at = 0;
  for (const name of folders) {
    for (let file = files[at]; file !== undefined && isBefore(file.name, name); file = files[++at]) entries.push(file);
    entries.push({ name, size: undefined });
  }
  return [...entries, ...files.slice(at)];
}

/** In the order of UTF-8, which is that of the characters' numbers: JavaScript's own order has those beyond U+FFFF elsewhere. */
const isBefore = (a: string, b: string): boolean => Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0;
