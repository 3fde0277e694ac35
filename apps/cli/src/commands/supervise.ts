import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { homeOf } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { reportDefect } from '../report-defect.ts';
import type { BackgroundNews } from '../supervisor/start-in-background.ts';
import { startLab } from '../supervisor/start-lab.ts';
import { AlreadyRunning, openSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { planLab } from '../topology/plan-lab.ts';
import { DEFAULT_TOPOLOGY, readTopology } from '../topology/read-topology.ts';

export const command: Command = {
  summary: 'The supervisor in the background, started by mlab up --detach.',
  usage: 'supervise [process…] [--topology <file>] [--listen <address>]',
  options: { topology: { type: 'string', default: DEFAULT_TOPOLOGY }, listen: { type: 'string' } },
  async run({ positionals, flags }) {
    let supervisor: Supervisor | undefined;
    using _interrupts = onInterrupt((count) => {
      if (count === 1) void supervisor?.end();
      else supervisor?.kill();
    });
    let failures: readonly string[];
    try {
      const topology = readTopology(String(flags['topology']));
      const listen = typeof flags['listen'] === 'string' ? flags['listen'] : undefined;
      supervisor = await openSupervisor(planLab(topology, process.env, listen), homeOf(process.env));
      failures = await startLab(supervisor, positionals);
    } catch (error) {
      await supervisor?.end();
      const reason = error instanceof CliError ? error.message : reportDefect(error);
      tell({ type: 'refused', reason, alreadyRunning: error instanceof AlreadyRunning });
      return 1;
    }
    tell({ type: 'up', failures });
    await supervisor.ended;
    return 0;
  },
};

/** Whoever started us may be gone by now; then nobody has to be told. */
function tell(news: BackgroundNews): void {
  if (process.connected) process.send?.(news, () => process.connected && process.disconnect());
}
