/**
 * npm does not always pass a signal on to the script it runs, and cannot when it is killed. So a program started by npm ends when npm
 * is gone, in the way a SIGTERM ends it.
 */
export function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, 500);
  timer.unref();
}
