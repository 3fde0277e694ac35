import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { type Home, homeOf } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { followLogs, openLogs } from '../logs/follow-logs.ts';
import { logPrinter } from '../logs/log-printer.ts';
import { startMessage } from '../start-message.ts';
import { ask, askStatus } from '../supervisor/control-client.ts';
import { AlreadyRunning, openSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { startInBackground } from '../supervisor/start-in-background.ts';
import { type ProcessPlan, readTopology, selectProcesses } from '../topology.ts';

export const command: Command = {
  summary: 'Starts the lab, or the named services of it, and shows their logs until Ctrl-C ends everything.',
  usage: 'up [service…] [--detach]',
  details: `  -d, --detach   Leave it running in the background; mlab down ends it.

MLAB_<SERVICE>_PORT chooses a port (MLAB_GATEWAY_PORT=8100), MLAB_HOME the folder for data and logs (default .mlab),
MLAB_READY_SECONDS how long a process may take to start (default 30).`,
  options: { detach: { type: 'boolean', short: 'd' } },
  async run({ positionals, flags }) {
    const home = homeOf(process.env);
    const plans = readTopology(process.env);
    const chosen = selectProcesses(plans, positionals).map((plan) => plan.name);
    try {
      if (!flags['detach']) return await upInForeground(plans, chosen, home);
      await startInBackground(chosen, home);
    } catch (error) {
      if (!(error instanceof AlreadyRunning) || positionals.length === 0) throw error;
      await startMissing(chosen, home, error);
    }
    const status = await askStatus(home);
    if (!status) throw new CliError(`The supervisor has ended again; ${home.logs} tells why.`);
    process.stdout.write(startMessage(plans, status.processes, home, './mlab down'));
    return 0;
  },
};

async function upInForeground(plans: readonly ProcessPlan[], chosen: readonly string[], home: Home): Promise<number> {
  const running: { supervisor?: Supervisor } = {};
  let interrupted = false;
  using _interrupts = onInterrupt((count) => {
    interrupted = true;
    if (count === 1) void running.supervisor?.end();
    else running.supervisor?.kill();
  });
  // The terminal or the program that reads our output may go away; what runs must still be ended in order.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);

  const supervisor = await openSupervisor(plans, home);
  running.supervisor = supervisor;
  try {
    if (interrupted) return 0;
    if (process.stderr.isTTY) process.stderr.write(`Starting ${chosen.join(', then ')} …\n`);
    await supervisor.start(chosen);
    const logs = openLogs([...plans.map((plan) => plan.name), 'supervisor'], home);
    process.stdout.write(`${startMessage(plans, await supervisor.status(), home, 'Ctrl-C')}\n`);
    const over = new AbortController();
    void supervisor.ended.then(() => over.abort());
    await followLogs(logs, await logPrinter(process.stdout, false), over.signal);
  } catch (error) {
    if (!interrupted) throw error;
  } finally {
    await supervisor.end();
  }
  return 0;
}

/** `up gateway` beside a running supervisor starts what was named and does not run yet. */
async function startMissing(chosen: readonly string[], home: Home, alreadyRunning: AlreadyRunning): Promise<void> {
  const status = await askStatus(home);
  const missing = chosen.filter((name) => status?.processes.find((entry) => entry.process === name)?.pid === undefined);
  if (!status || missing.length === 0) throw alreadyRunning;
  await ask(home, { type: 'start', processes: missing });
}
