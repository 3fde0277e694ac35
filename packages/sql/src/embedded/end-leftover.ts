import { execFile } from 'node:child_process';
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '@mlab/kernel/errors';
import { endProcesses } from './end-processes.ts';
import { processesOf, readPostmasterFile } from './postgres-processes.ts';
import { isAlive } from './process-identity.ts';

/** A setting that PostgreSQL does not know and keeps; on its command line it tells who started it. */
export const LAUNCHER = 'mlab.launcher';

/**
 * Ends what an earlier start has left of a cluster because it was killed itself; answers with the process ids. Refuses where the one who
 * started it still lives: then nothing is left over, and the cluster is in use. To be called before a launch.
 */
export async function endLeftover(folder: string): Promise<readonly number[]> {
  const data = await realpath(join(folder, 'data')).catch(() => undefined);
  if (data === undefined) return [];
  const { postmaster, all } = await processesOf(data);
  const launcher = postmaster === undefined ? undefined : await launcherOf(postmaster);
  if (launcher !== undefined && isAlive(launcher)) {
    throw new AppError('conflict', `The database in ${data} is in use by process ${Number.parseInt(launcher, 10)}; stop that one first.`);
  }
  if (all.length > 0) await endProcesses(data, ['SIGINT', 'SIGQUIT', 'SIGKILL']);
  await removeMisleadingFile(data);
  return all;
}

async function launcherOf(postmaster: number): Promise<string | undefined> {
  return new RegExp(String.raw`${LAUNCHER}=([\w-]+)`).exec(await commandLine(postmaster))?.[1];
}

async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '');
  if (process.platform === 'win32') return '';
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout;
}

/**
 * PostgreSQL itself clears up after a dead postmaster, unless that one's process id is somebody else's by now: then it refuses to start.
 * Only then is the file removed here, since it also helps PostgreSQL to find processes that still hold its shared memory.
 */
async function removeMisleadingFile(data: string): Promise<void> {
  const file = await readPostmasterFile(data);
  if (file && exists(file.pid)) await rm(join(data, 'postmaster.pid'), { force: true });
}

/** As PostgreSQL finds out, who counts zombies as well. */
function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
