import { spawn, type ChildProcess } from 'node:child_process';
import type { Account } from './account.ts';

/**
 * Whoever started PostgreSQL may be killed, and then cannot stop it. So a shell of a few hundred kilobytes waits for the end of a pipe whose
 * other end only we hold: when it comes, we are gone, and it asks PostgreSQL to end. On Windows the next start does that.
 */
export function endWithParent(child: ChildProcess, account: Account | undefined): void {
  if (process.platform === 'win32' || child.pid === undefined) return;
  const watcher = spawn('/bin/sh', ['-c', 'read -r _; kill -INT "$1"', 'end-with-parent', String(child.pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    ...account,
  });
  watcher.on('error', () => undefined);
  // Before its id can be anybody else's.
  child.once('exit', () => watcher.kill('SIGKILL'));
  watcher.unref();
  if (watcher.stdin && 'unref' in watcher.stdin) (watcher.stdin as unknown as { unref(): void }).unref();
}
