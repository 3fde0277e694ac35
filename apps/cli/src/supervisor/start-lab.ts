import { CliError } from '../cli-error.ts';
import type { Supervisor } from './supervisor.ts';

/** Starts what can be started, and answers with a sentence for each that could not. Throws when nothing could: there is no lab then. */
export async function startLab(supervisor: Supervisor, names: readonly string[]): Promise<readonly string[]> {
  const { processes, failures } = await supervisor.start(names);
  if (failures.length === 0) return failures;
  const { processes: all } = await supervisor.status();
  const runs = all.some(({ process, state }) => state === 'ready' && processes.includes(process) && process !== 'postgres');
  if (!runs) throw new CliError(failures.join('\n'));
  return failures;
}
