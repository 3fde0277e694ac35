import { existsSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@mlab/kernel/errors';
import { accountFor, explainRefusal, giveTree, type Account } from './account.ts';
import { findBinaries, type Binaries } from './binaries.ts';
import { dataArgument } from './data-argument.ts';
import { initialise, PASSWORD_FILE } from './initialise.ts';
import { placeBinaries } from './place-binaries.ts';
import { USER_SETTINGS, writeSettings } from './settings.ts';

export interface PrepareOptions {
  /** Everything of the cluster is kept below it; made when missing. */
  readonly folder: string;
  /** Hears what takes a moment, as sentences. */
  readonly log?: (sentence: string) => void;
  readonly binaries?: Binaries;
  /** Where root keeps a copy of the binaries when their own folder is closed to the account that runs them. */
  readonly sharedFolder?: string;
}

/** A cluster on the disk, ready to be launched. */
export interface Cluster {
  readonly data: string;
  /** What PostgreSQL takes for the data folder, when started in it. */
  readonly dataArgument: string;
  /** Of PostgreSQL: `18.4`. */
  readonly version: string;
  /** The folder whose programs run. */
  readonly binaries: string;
  /** Whom it runs as, when not as ourselves. */
  readonly account: Account | undefined;
  /** The user's own settings, read last. */
  readonly userSettings: string;
  /** Whether it was made just now. */
  readonly created: boolean;
  /** Where its database `mlab` is to be reached, with the password; a function, so that no log of a cluster shows it. */
  url(port: number): string;
}

/** Makes sure that there is a cluster below the folder: PostgreSQL's files, an empty database `mlab`, and a user `mlab` who may do everything. */
export async function prepareCluster(options: PrepareOptions): Promise<Cluster> {
  const folder = await openFolder(options.folder);
  const account = await accountFor(join(folder, 'data'));
  try {
    return await prepare(folder, account, options);
  } catch (error) {
    if (AppError.is(error)) throw error;
    throw new AppError('unavailable', `The database in ${folder} could not be prepared: ${explainRefusal(error, account)}.`, {
      cause: error,
    });
  }
}

async function prepare(folder: string, account: Account | undefined, options: PrepareOptions): Promise<Cluster> {
  const { log = () => undefined, binaries = findBinaries(), sharedFolder = '/var/lib/mlab' } = options;
  const data = join(folder, 'data');
  if (account) await letIn(folder, account);
  await refuseForeign(data, binaries);
  const place = await placeBinaries(binaries, { account, copies: account ? [folder, sharedFolder] : [folder] });
  const created = !existsSync(join(data, 'PG_VERSION'));
  if (created) {
    log(`Creating the database in ${data} …`);
    await initialise({ data, binaries: place, account });
  } else if (account && (await stat(data)).uid === 0) {
    // Somebody has put back a copy, as root.
    await giveTree(data, account);
  }
  await writeSettings(data, account);
  const password = await readPassword(join(data, PASSWORD_FILE));
  return {
    data,
    dataArgument: await dataArgument(data, account),
    version: binaries.version,
    binaries: place,
    account,
    userSettings: join(data, USER_SETTINGS),
    created,
    url: (port) => `postgres://mlab:${password}@127.0.0.1:${port}/mlab`,
  };
}

/** The processes of a cluster are recognised by the folder they work in, and the system knows that one by its real name. */
async function openFolder(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    return await realpath(folder);
  } catch (error) {
    throw new AppError('unavailable', `The database's folder ${folder} cannot be opened; set MLAB_HOME to a folder that can be written.`, {
      cause: error,
    });
  }
}

/** The account's group alone passes through. A folder that is not root's is its owner's, and so is the data in it. */
async function letIn(folder: string, { gid }: Account): Promise<void> {
  if ((await stat(folder)).uid !== 0) return;
  await chown(folder, 0, gid);
  await chmod(folder, 0o710);
}

async function refuseForeign(data: string, { version, major }: Binaries): Promise<void> {
  const found = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (found !== undefined && Number(found) !== major) {
    throw new AppError(
      'conflict',
      `The database in ${data} was made by PostgreSQL ${found.trim()}, and this is PostgreSQL ${version}; bring its data over by pg_dump, or move the folder away.`,
    );
  }
  const files = found === undefined ? await readdir(data).catch(() => []) : [];
  if (files.length > 0) {
    throw new AppError('conflict', `${data} holds files and no database (no PG_VERSION); move the folder away.`);
  }
}

async function readPassword(file: string): Promise<string> {
  const password = await readFile(file, 'utf8').catch(() => '');
  if (/^[\w-]+$/.test(password)) return password;
  throw new AppError('unavailable', `The database's password in ${file} cannot be read; put the file back, or move its folder away.`);
}
