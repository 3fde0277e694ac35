import { randomBytes } from 'node:crypto';
import { readdir, rename, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** A file of a process that cannot be asked for counts as abandoned when nobody has written to it for so long, in milliseconds. */
const ABANDONED_MS = 60_000;

const NAME = /^(.+)-(\d+)-[0-9a-f]{12}\.spool$/;

/** A name that says whose it is: two gateways never share a file, and one that has ended can be told from one that lives. */
export function newSpoolPath(folder: string): string {
  return join(folder, `${hostname()}-${process.pid}-${randomBytes(6).toString('hex')}.spool`);
}

export interface Abandoned {
  readonly path: string;
  /** Where it is now: renamed, so that nobody else takes it up, and so that an owner who lives after all notices. */
  readonly taken: string;
}

/** Takes up the files whose owners are gone. When several look at once, each file goes to one of them. */
export async function findAbandoned(folder: string): Promise<readonly Abandoned[]> {
  const names = await readdir(folder).catch(() => []);
  const found: Abandoned[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if (!NAME.test(name) || !(await isAbandoned(path, name))) continue;
    const taken = newSpoolPath(folder);
    if (
      await rename(path, taken).then(
        () => true,
        () => false,
      )
    )
      found.push({ path, taken });
  }
  return found;
}

async function isAbandoned(path: string, name: string): Promise<boolean> {
  const [, host, pid] = NAME.exec(name) ?? [];
  if (host === hostname() && !isAlive(Number(pid))) return true;
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
  return Date.now() - mtimeMs > ABANDONED_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}
