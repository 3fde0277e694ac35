import { lchown, readFile, readdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AppError } from '@mlab/kernel/errors';

/** Whom PostgreSQL runs as when we are root, whom it refuses to serve. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/**
 * A uid of its own and no `nobody`: that one is shared, and whoever else runs as it could read the data. It needs no entry in
 * /etc/passwd: the server never looks itself up.
 */
const DEDICATED: Account = { uid: 27_432, gid: 27_432 };

/** undefined: PostgreSQL runs as the user that we are. */
export async function accountFor(data: string): Promise<Account | undefined> {
  const uid = process.getuid?.();
  if (uid === undefined) return undefined;
  const owner = await stat(data).catch(() => undefined);
  if (uid !== 0) {
    if (owner && owner.uid !== uid) {
      const who = owner.uid === DEDICATED.uid ? 'was created by root' : `belongs to the user with id ${owner.uid}`;
      throw new AppError('forbidden', `The database in ${data} ${who}; start as that user, or set MLAB_HOME to a folder of your own.`);
    }
    return undefined;
  }
  // An ordinary user's database stays that user's when root starts it once.
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : DEDICATED;
}

/**
 * initdb, unlike the server, refuses a uid without a name. So it runs as any user that has one, yet in our group: the folder it works in
 * lets in this group alone, and other processes of that user are not in it.
 */
export async function initialisingAccount(account: Account): Promise<Account> {
  const users = (await readFile('/etc/passwd', 'utf8').catch(() => '')).split('\n').map((line) => line.split(':'));
  const named = users.filter(([, , uid]) => Number(uid) > 0 && Number(uid) < 2 ** 31);
  const [, , uid] = named.find(([name]) => name === 'nobody') ?? named[0] ?? [];
  if (uid === undefined) {
    throw new AppError(
      'unavailable',
      'PostgreSQL does not run as root, and /etc/passwd names nobody else; start as an ordinary user, or set DATABASE_URL.',
    );
  }
  return { uid: Number(uid), gid: account.gid };
}

/** Whether the account may pass through every folder from the root down to this one. */
export async function canEnter(folder: string, account: Account | undefined): Promise<boolean> {
  if (!account) return true;
  const path = resolve(folder);
  const found = await stat(path);
  const shift = found.uid === account.uid ? 6 : found.gid === account.gid ? 3 : 0;
  if (((found.mode >> shift) & 1) === 0) return false;
  return dirname(path) === path || canEnter(dirname(path), account);
}

export async function giveTree(folder: string, { uid, gid }: Account): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true }))
    await lchown(join(entry.parentPath, entry.name), uid, gid);
  await lchown(folder, uid, gid);
}

/** Why the system refused, as words that end a sentence. Root in a container may lack the right to become, or serve, somebody else. */
export function explainRefusal(error: unknown, account: Account | undefined): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (!account || (code !== 'EPERM' && code !== 'EINVAL')) return message;
  return `it does not run as root, and this root may not act for another user (${message}); start as an ordinary user, or set DATABASE_URL`;
}
