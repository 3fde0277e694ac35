import { spawnSync } from 'node:child_process';
import { findBinaries, programPath } from './binaries.ts';

/** To a postmaster SIGINT means: end now, in good order; SIGQUIT: end at once, recover at the next start. (SIGTERM waits for the clients.) */
export function signalPostgres(pid: number, signal: 'SIGINT' | 'SIGQUIT' | 'SIGKILL'): void {
  if (process.platform === 'win32' && signal !== 'SIGKILL') {
    // Windows has no such signals; PostgreSQL has its own there, and pg_ctl sends them.
    spawnSync(programPath(findBinaries().folder, 'pg_ctl'), ['kill', signal.slice('SIG'.length), String(pid)], { windowsHide: true });
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
