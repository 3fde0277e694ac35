import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A process id with the time its process started, as one word; undefined when there is no such process. An id alone names nobody for long:
 * ids are used again, and a file that outlived a reboot must not point at a stranger.
 */
export function identityOf(pid: number): string | undefined {
  const start = process.platform === 'linux' ? startFromProc(pid) : process.platform === 'win32' ? startOnWindows(pid) : startFromPs(pid);
  return start === undefined ? undefined : `${pid}-${start}`;
}

export function isAlive(identity: string): boolean {
  return identityOf(Number.parseInt(identity, 10)) === identity;
}

function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The second field is the program's name in parentheses, and the name may hold anything, even parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  const line = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { env, encoding: 'utf8' }).stdout.trim();
  return line === '' || line.startsWith('Z') ? undefined : line.slice(line.indexOf(' ')).trim().replaceAll(/\W+/g, '_');
}

/** Windows does not reuse ids quickly, and tells a start only through far slower means. */
function startOnWindows(pid: number): string | undefined {
  try {
    process.kill(pid, 0);
    return 'running';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? 'running' : undefined;
  }
}
