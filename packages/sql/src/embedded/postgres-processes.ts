import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile, readdir, readlink, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

/** Every process of a cluster, the postmaster first when it lives. */
export interface ClusterProcesses {
  readonly postmaster?: number;
  readonly all: readonly number[];
}

/** Stands in the titles of a cluster's processes, where a system shows no working folders. */
export function clusterName(data: string): string {
  return `mlab-${createHash('sha256').update(data).digest('hex').slice(0, 12)}`;
}

/** `data` by its real path. Whoever is found is a PostgreSQL of this very folder, whatever postmaster.pid says. */
export async function processesOf(data: string): Promise<ClusterProcesses> {
  const all = await (process.platform === 'linux' ? fromProc(data) : process.platform === 'win32' ? fromTaskList(data) : fromPs(data));
  const recorded = (await readPostmasterFile(data))?.pid;
  return recorded !== undefined && all.includes(recorded) ? { postmaster: recorded, all } : { all };
}

/** What the postmaster writes about itself: its id in the first line, its state in the eighth. */
export async function readPostmasterFile(data: string): Promise<{ pid: number; ready: boolean } | undefined> {
  const lines = (await readFile(join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, ready: lines[7]?.trim() === 'ready' } : undefined;
}

/** All of them work in the data folder. A zombie has neither a program nor a folder, and does not count. */
async function fromProc(data: string): Promise<number[]> {
  const home = await stat(data);
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const ours = await Promise.all(
    ids.map(async (id) => {
      try {
        if (!basename(await readlink(`/proc/${id}/exe`)).startsWith('postgres')) return false;
        const folder = await stat(`/proc/${id}/cwd`);
        return folder.dev === home.dev && folder.ino === home.ino;
      } catch {
        return false;
      }
    }),
  );
  return ids.filter((_, index) => ours[index]).map(Number);
}

async function fromPs(data: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], { maxBuffer: 2 ** 26 });
  const titles = [`-D ${data} `, `postgres: ${clusterName(data)}: `];
  return stdout
    .split('\n')
    .filter((line) => titles.some((title) => line.includes(title)))
    .map((line) => Number.parseInt(line, 10));
}

/** Windows ends the others with their postmaster. */
async function fromTaskList(data: string): Promise<number[]> {
  const file = await readPostmasterFile(data);
  if (!file) return [];
  const { stdout } = await promisify(execFile)('tasklist', ['/FI', `PID eq ${file.pid}`, '/FO', 'CSV', '/NH']);
  return stdout.includes('postgres.exe') ? [file.pid] : [];
}
