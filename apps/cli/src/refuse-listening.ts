import { isIP } from 'node:net';
import { CliError, messageOf } from './cli-error.ts';

/** Throws the platform's own sentence when it would refuse to listen there: before anything starts, and once instead of by each process. */
export async function refuseListening(listen: string, env: NodeJS.ProcessEnv): Promise<void> {
  // Loopback is never refused, and not worth loading the kernel for.
  if (listen === 'localhost' || listen === '::1' || (isIP(listen) === 4 && listen.startsWith('127.'))) return;
  const { refuseUnprotected } = await import('@mlab/kernel');
  try {
    refuseUnprotected(listen, env);
  } catch (error) {
    throw new CliError(messageOf(error), { cause: error });
  }
}
