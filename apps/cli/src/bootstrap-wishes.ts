import { homeOf } from './home.ts';

/**
 * What the bootstrap asks of this process when it runs it under another Node, and of this one alone: what we start must not inherit it.
 * The first wish is to end with the bootstrap: the channel to it closes when it dies, also by SIGKILL. We end then as by a SIGTERM, so
 * that what was started is also stopped.
 */
export function takeBootstrapWishes(): void {
  const { env } = process;
  if (env['MLAB_ENDS_WITH_PARENT'] === undefined) return;
  delete env['MLAB_ENDS_WITH_PARENT'];
  // The second wish, a place for compiled code, has been fulfilled by Node itself; tests must not measure their coverage with it.
  if (env['NODE_COMPILE_CACHE'] === homeOf(env).compiled) delete env['NODE_COMPILE_CACHE'];
  process.once('disconnect', () => {
    if (!process.emit('SIGTERM')) process.kill(process.pid, 'SIGTERM');
  });
  process.channel?.unref();
}
