import type { CommandInput } from './command.ts';
import { CliError, usageError } from './cli-error.ts';
import { homeOf } from './home.ts';
import { ask } from './supervisor/control-client.ts';
import { readTopology, selectProcesses } from './topology.ts';

/** `mlab stop|start|restart <service>`: asks the supervisor, and waits until it is done. */
export async function actOnServices(action: 'start' | 'stop' | 'restart', { positionals }: CommandInput): Promise<number> {
  if (positionals.length === 0) throw usageError(`mlab ${action} needs the name of a service (mlab ps lists them).`);
  const processes = selectProcesses(readTopology(process.env), positionals).map((plan) => plan.name);
  const answer = await ask(homeOf(process.env), { type: action, processes });
  if (!answer) throw new CliError('Nothing runs; npm start (or mlab up) starts the lab.', { exitCode: 3 });
  process.stdout.write(`${processes.join(' and ')} ${processes.length === 1 ? 'is' : 'are'} ${action === 'stop' ? 'stopped' : 'ready'}.\n`);
  return 0;
}
