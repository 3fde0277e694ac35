import { CliError } from '../cli-error.ts';
import type { Command } from '../command.ts';
import { homeOf } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { reportDefect } from '../report-defect.ts';
import type { BackgroundNews } from '../supervisor/start-in-background.ts';
import { AlreadyRunning, openSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { readTopology } from '../topology.ts';

export const command: Command = {
  summary: 'The supervisor in the background, started by mlab up --detach.',
  usage: 'supervise [process…]',
  options: {},
  async run({ positionals }) {
    let supervisor: Supervisor | undefined;
    using _interrupts = onInterrupt((count) => {
      if (count === 1) void supervisor?.end();
      else supervisor?.kill();
    });
    try {
      supervisor = await openSupervisor(readTopology(process.env), homeOf(process.env));
      await supervisor.start(positionals);
    } catch (error) {
      await supervisor?.end();
      const reason = error instanceof CliError ? error.message : reportDefect(error);
      tell({ type: 'refused', reason, alreadyRunning: error instanceof AlreadyRunning });
      return 1;
    }
    tell({ type: 'up' });
    await supervisor.ended;
    return 0;
  },
};

/** Whoever started us may be gone by now; then nobody has to be told. */
function tell(news: BackgroundNews): void {
  if (process.connected) process.send?.(news, () => process.connected && process.disconnect());
}
