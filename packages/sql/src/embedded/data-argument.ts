import { AppError } from '@mlab/kernel/errors';
import { canEnter, type Account } from './account.ts';

/**
 * How PostgreSQL is told where its data is. Its account may not be allowed through a folder above, such as /root. Yet root can start it
 * inside the data folder, and Linux then leads it there by a name that passes through no other folder. So the data never has to move.
 */
export async function dataArgument(data: string, account: Account | undefined): Promise<string> {
  if (await canEnter(data, account)) return data;
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new AppError(
    'unavailable',
    `PostgreSQL does not run as root, and no other user can enter ${data}; set MLAB_HOME to a folder that is open to others.`,
  );
}
