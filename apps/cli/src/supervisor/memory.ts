import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { Memory } from './process-status.ts';

/** The memory that a process and those it has started (unless it alone is meant) occupy; undefined where the system does not tell. */
export async function memoryOf(pid: number, { alone = false }: { readonly alone?: boolean } = {}): Promise<Memory | undefined> {
  try {
    if (process.platform === 'win32') return undefined;
    if (process.platform !== 'linux') return { bytes: (await fromPs(pid)) * 1024, kind: 'rss' };
    return sumOf(await Promise.all([pid, ...(alone ? [] : await childrenOf(pid))].map(fromProc)));
  } catch {
    return undefined;
  }
}

/** One that is counted in the other way makes the sum one of the other way. */
export function sumOf(parts: readonly (Memory | undefined)[]): Memory | undefined {
  const known = parts.filter((part) => part !== undefined);
  if (known.length === 0) return undefined;
  const kind = known.every((part) => part.kind === 'pss') ? 'pss' : 'rss';
  return { bytes: known.reduce((sum, { bytes }) => sum + bytes, 0), kind };
}

/** PostgreSQL is a tree of processes, of one level; Node's have no children. */
async function childrenOf(pid: number): Promise<number[]> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1').catch(() => '');
  return children.split(' ').filter(Boolean).map(Number);
}

async function fromProc(pid: number): Promise<Memory | undefined> {
  const pss = kilobytes(await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => ''), 'Pss');
  if (pss !== undefined) return { bytes: pss * 1024, kind: 'pss' };
  const rss = kilobytes(await readFile(`/proc/${pid}/status`, 'latin1').catch(() => ''), 'VmRSS');
  return rss === undefined ? undefined : { bytes: rss * 1024, kind: 'rss' };
}

function kilobytes(text: string, field: string): number | undefined {
  const found = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
}

async function fromPs(pid: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]);
  return Number(stdout.trim());
}
