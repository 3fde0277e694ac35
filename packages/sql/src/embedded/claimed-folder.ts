import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { identityOf, isAlive } from './process-identity.ts';

/** What its owner builds here counts when it is renamed; what a process that is gone has left unfinished is removed. */
export async function claimFolder(parent: string, prefix: string, mode: number): Promise<string> {
  for (const name of await readdir(parent)) {
    const owner = name.startsWith(prefix) ? /^\d+-\w+(?=-)/.exec(name.slice(prefix.length))?.[0] : undefined;
    // It may be in use for another moment by an initdb that has lost its parent; then the next start removes it.
    if (owner !== undefined && !isAlive(owner)) await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
  const folder = join(parent, `${prefix}${identityOf(process.pid)}-${randomBytes(4).toString('hex')}`);
  await mkdir(folder);
  await chmod(folder, mode);
  return folder;
}
