import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { giveTree, initialisingAccount, type Account } from './account.ts';
import { claimFolder } from './claimed-folder.ts';
import { dataArgument } from './data-argument.ts';
import { runProgram } from './run-program.ts';
import { writeSettings } from './settings.ts';

export const PASSWORD_FILE = 'mlab.password';

export interface Initialisation {
  /** The folder that will be the data's. */
  readonly data: string;
  readonly binaries: string;
  readonly account: Account | undefined;
}

/**
 * Builds a cluster beside its place and puts it there in one step: what is interrupted leaves nothing that could be taken for one. Of two
 * processes that do so at once, the second finds the first one's cluster and throws its own away.
 */
export async function initialise({ data, binaries, account }: Initialisation): Promise<void> {
  const parent = dirname(data);
  const workshop = await claimFolder(parent, 'unfinished-', account ? 0o710 : 0o700);
  try {
    if (account) await chown(workshop, 0, account.gid);
    const unfinished = join(workshop, 'data');
    const password = join(workshop, PASSWORD_FILE);
    const builder = account && (await initialisingAccount(account));
    await mkdir(unfinished, { mode: 0o700 });
    await writeFile(password, randomBytes(24).toString('base64url'), { mode: 0o600 });
    if (builder) {
      await chown(unfinished, builder.uid, builder.gid);
      await chown(password, builder.uid, builder.gid);
    }
    const place = await dataArgument(unfinished, builder);
    await runProgram('initdb', initdbArguments(place), { binaries, data: unfinished, account: builder });
    await runProgram('postgres', ['--single', '-D', place, '-c', 'exit_on_error=on', '-c', 'fsync=off', 'postgres'], {
      binaries,
      data: unfinished,
      account: builder,
      // To copy files takes a third of the time that it takes to log each of their pages, of which nobody reads the log.
      input: 'CREATE DATABASE mlab STRATEGY = FILE_COPY\n',
    });
    await rename(password, join(unfinished, PASSWORD_FILE));
    await writeSettings(unfinished, undefined);
    if (account) await giveTree(unfinished, account);
    await runProgram('initdb', ['--sync-only', '-D', place], { binaries, data: unfinished, account });
    await moveTo(data, unfinished);
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

function initdbArguments(place: string): string[] {
  return [
    '-D',
    place,
    '--username=mlab',
    `--pwfile=../${PASSWORD_FILE}`,
    '--auth=scram-sha-256',
    '--data-checksums',
    // Texts are compared by code point and upper-cased by Unicode's rules, on every system alike.
    '--encoding=UTF8',
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    // All is written to the disk at once, at the end.
    '--no-sync',
    '--no-instructions',
  ];
}

async function moveTo(data: string, unfinished: string): Promise<void> {
  try {
    await rename(unfinished, data);
  } catch (error) {
    if (!existsSync(join(data, 'PG_VERSION'))) throw error;
  }
  if (process.platform === 'win32') return;
  const parent = await open(dirname(data));
  await parent.sync();
  await parent.close();
}
