import { readFileSync } from 'node:fs';

const EVERY_MS = 500;

/**
 * npm does not always pass a signal on to the script it runs, and cannot when it is killed. So a program started by npm ends when npm
 * is gone, in the way a SIGTERM ends it.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const before = ancestors();
  const timer = setInterval(() => {
    if (ancestors() === before) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, EVERY_MS);
  timer.unref();
}

/** Some shells stay between npm and the script, and outlive npm; so the parent of such a shell is looked at, too. */
function ancestors() {
  const parent = process.ppid;
  if (process.platform !== 'linux') return String(parent);
  try {
    const stat = readFileSync(`/proc/${parent}/stat`, 'latin1');
    const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    const grandparent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
    return /^(npm|node)/.test(name) ? String(parent) : `${parent} ${grandparent}`;
  } catch {
    return String(parent);
  }
}
