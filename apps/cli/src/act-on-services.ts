import type { CommandInput } from './command.ts';
import { usageError } from './cli-error.ts';
import { homeOf } from './home.ts';
import { demand } from './supervisor/control-client.ts';
import type { Outcome } from './supervisor/process-status.ts';

/** `mlab stop|start|restart <service>`: asks the supervisor, and waits until it is done. */
export async function actOnServices(action: 'start' | 'stop' | 'restart', { positionals: names }: CommandInput): Promise<number> {
  if (names.length === 0 && action !== 'restart') throw usageError(`mlab ${action} needs the name of a service (mlab ps lists them).`);
  const outcome = await demand(homeOf(process.env), { type: action, names });
  return report(outcome, action === 'stop' ? 'stopped' : 'ready');
}

/** Says what has become of it; code 1 when something could not start. */
export function report({ processes, failures }: Outcome, state: string): number {
  if (failures.length > 0) {
    process.stderr.write(`${failures.join('\n')}\n`);
    return 1;
  }
  process.stdout.write(`${processes.join(' and ')} ${processes.length === 1 ? 'is' : 'are'} ${state}.\n`);
  return 0;
}
