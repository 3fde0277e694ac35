/** What processes take, as Linux tells it. */
import { readFileSync, readdirSync } from 'node:fs';

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
}

function all(): Process[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return [{ pid: Number(pid), parent: Number(fields[1]), group: Number(fields[2]) }];
    } catch {
      return [];
    }
  });
}

export const inGroup = (group: number): number[] => all().flatMap((each) => (each.group === group ? [each.pid] : []));

/** A process and all that it has started. */
export function withChildren(pid: number): number[] {
  const processes = all();
  const found = [pid];
  for (const each of found) found.push(...processes.filter(({ parent }) => parent === each).map((child) => child.pid));
  return found;
}

/** Proportional set size, in MB: what is shared counts once, divided among those who share it. */
export function megabytesOf(pids: readonly number[]): number {
  const kilobytes = pids.map((pid) => {
    try {
      return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}
