import { CliError } from '../cli-error.ts';

/** How long a process may take until it serves: a slow machine may need more, a test less. */
export function readReadyWithin(env: NodeJS.ProcessEnv): number {
  const text = env['MLAB_READY_SECONDS'] || '30';
  const seconds = Number(text);
  if (seconds >= 0.1 && seconds <= 3600) return seconds;
  throw new CliError(`MLAB_READY_SECONDS is "${text}"; give a number of seconds from 0.1 to 3600.`);
}
