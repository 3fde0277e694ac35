import { constants, existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, readdir, rename, rm, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { canEnter, type Account } from './account.ts';
import { programPath, type Binaries } from './binaries.ts';
import { claimFolder } from './claimed-folder.ts';

export interface BinariesPlace {
  readonly account: Account | undefined;
  /** Where a copy may go: the first of them that the account can enter. */
  readonly copies: readonly [string, ...string[]];
}

/**
 * Answers with a folder from which the binaries run. That is npm's own one where possible. npm's archives hold no symbolic links, so they
 * are made; and where node_modules is read-only, or closed to the account that is to run them, everything is copied.
 */
export async function placeBinaries(binaries: Binaries, { account, copies }: BinariesPlace): Promise<string> {
  if ((await isOpen(binaries.folder, account)) && (await addLinks(binaries.folder))) return binaries.folder;
  const place = join(await firstEnterable(copies, account), `postgresql-${binaries.build}`);
  if (!existsSync(place)) await copyTo(place, binaries.folder);
  return join(place, basename(binaries.folder));
}

/** A strict umask while npm ran closes the files as well as the folders. */
async function isOpen(folder: string, account: Account | undefined): Promise<boolean> {
  if (!account) return true;
  const { mode } = await stat(programPath(folder, 'postgres'));
  return (mode & 0o005) === 0o005 && canEnter(join(folder, 'lib'), account);
}

/** Makes the links that the package lists. False: they cannot be made here. */
async function addLinks(folder: string): Promise<boolean> {
  const list = JSON.parse(await readFile(join(folder, 'pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of list) {
    const link = join(folder, '..', target);
    if (existsSync(link)) continue;
    try {
      await symlink(relative(dirname(target), source), link);
    } catch (error) {
      // Another process makes the same links at the same time.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return false;
    }
  }
  return true;
}

async function firstEnterable([first, ...others]: BinariesPlace['copies'], account: Account | undefined): Promise<string> {
  for (const folder of [first, ...others]) {
    if (await mkdir(folder, { recursive: true })) await chmod(folder, 0o755);
    if (await canEnter(folder, account)) return folder;
  }
  return first;
}

/** In one step for whoever looks: an interrupted copy never counts as one, and of two made at once one is thrown away. */
async function copyTo(place: string, from: string): Promise<void> {
  const unfinished = await claimFolder(dirname(place), `.${basename(place)}-`, 0o755);
  const copy = join(unfinished, basename(from));
  try {
    await cp(from, copy, { recursive: true, mode: constants.COPYFILE_FICLONE });
    await openTree(copy);
    await addLinks(copy);
    await rename(unfinished, place);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(place)) throw error;
  }
}

async function openTree(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const { mode } = await stat(path);
    await chmod(path, mode & 0o100 ? 0o755 : 0o644);
  }
}
