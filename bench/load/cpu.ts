import { readFileSync } from 'node:fs';

/** Linux counts in ticks of 10 ms for every program (USER_HZ), whatever the kernel's own clock. */
const MICROSECONDS_PER_TICK = 10_000;

/**
 * CPU time of a process so far, user and system, all its threads, in microseconds; undefined where there is no /proc.
 * On a busy machine requests/s say how much of the machine was left; CPU per request says what a request costs.
 */
export function cpuMicroseconds(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in parentheses and may hold spaces: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * MICROSECONDS_PER_TICK;
  } catch {
    return undefined;
  }
}
