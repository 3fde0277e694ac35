/**
 * Started by the bootstrap under another Node, this process ends with it: the channel closes when the bootstrap dies, also by SIGKILL.
 * It ends as a SIGTERM ends it, so that what was started is also stopped.
 */
export function endWithParent(): void {
  if (process.env['MLAB_ENDS_WITH_PARENT'] === undefined) return;
  // The wish is the bootstrap's and for this process alone: what it starts must not inherit it.
  delete process.env['MLAB_ENDS_WITH_PARENT'];
  process.once('disconnect', () => {
    if (!process.emit('SIGTERM')) process.kill(process.pid, 'SIGTERM');
  });
  process.channel?.unref();
}
