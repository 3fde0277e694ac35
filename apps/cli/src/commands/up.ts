import type { Command, CommandInput } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { type Home, homeOf } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { followLogs, openLogs } from '../logs/follow-logs.ts';
import { logPrinter } from '../logs/log-printer.ts';
import { refuseListening } from '../refuse-listening.ts';
import { runsByNow, startMessage } from '../start-message.ts';
import { askStatus, demand } from '../supervisor/control-client.ts';
import { startInBackground } from '../supervisor/start-in-background.ts';
import { startLab } from '../supervisor/start-lab.ts';
import { AlreadyRunning, openSupervisor, type Supervisor } from '../supervisor/supervisor.ts';
import { chosenNames, type LabPlan, planLab } from '../topology/plan-lab.ts';
import { DEFAULT_TOPOLOGY, readTopology } from '../topology/read-topology.ts';

export const command: Command = {
  summary: 'Starts the lab, or the named services of it, and shows their logs until Ctrl-C ends everything.',
  usage: 'up [service…] [--detach] [--topology <file>] [--listen <address>]',
  details: `  -d, --detach     Leave it running in the background; mlab down ends it.
  -t, --topology   Which processes there are: default, lab, together, apart, or a JSON file (docs/process-control.md).
      --listen     Address to listen on; another than loopback needs protection.

What cannot start does not keep the others from running: it says why, also in mlab ps, and is tried again and again. The exit code of
--detach is 1 then, unless it runs by the time that all others do. When nothing can start at all, nothing is left running.

DATABASE_URL names a PostgreSQL to be used in place of the one that mlab brings, MLAB_POSTGRES_PORT the port of that one.
MLAB_<SERVICE>_PORT chooses a port (MLAB_GATEWAY_PORT=8100), MLAB_HOME the folder for data and logs (default .mlab),
MLAB_TOPOLOGY and MLAB_LISTEN stand for the flags, MLAB_READY_SECONDS is how long a process may take to start (default 30).`,
  options: {
    detach: { type: 'boolean', short: 'd' },
    topology: { type: 'string', short: 't' },
    listen: { type: 'string' },
  },
  async run({ positionals, flags }) {
    const home = homeOf(process.env);
    const { plan, args } = await planOf(flags);
    const chosen = chosenNames(plan, positionals);
    let failures: readonly string[];
    try {
      if (!flags['detach']) return await upInForeground(plan, chosen, home);
      failures = await startInBackground([...args, ...positionals], home);
    } catch (error) {
      if (!(error instanceof AlreadyRunning) || positionals.length === 0) throw error;
      failures = await startMissing(chosen, home, error);
    }
    const status = await askStatus(home);
    if (!status) throw new CliError(`The supervisor has ended again; ${home.logs} tells why.`);
    process.stdout.write(startMessage({ processes: status.processes, failures, home, ending: './mlab down' }));
    return failures.every((failure) => runsByNow(failure, status.processes)) ? 0 : 1;
  },
};

/** The plan, and the arguments from which a supervisor in the background makes the same one. */
async function planOf(flags: CommandInput['flags']): Promise<{ plan: LabPlan; args: string[] }> {
  const text = (flag: string, variable: string): string | undefined => {
    const value = flags[flag] ?? process.env[variable];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const topology = text('topology', 'MLAB_TOPOLOGY') ?? DEFAULT_TOPOLOGY;
  const listen = text('listen', 'MLAB_LISTEN');
  if (listen !== undefined) await refuseListening(listen, process.env);
  const plan = planLab(readTopology(topology), process.env, listen);
  return { plan, args: ['--topology', topology, ...(listen === undefined ? [] : ['--listen', listen])] };
}

async function upInForeground(plan: LabPlan, chosen: readonly string[], home: Home): Promise<number> {
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

  const supervisor = await openSupervisor(plan, home);
  running.supervisor = supervisor;
  try {
    if (interrupted) return 0;
    if (process.stderr.isTTY) process.stderr.write(`Starting ${chosen.join(', ')} …\n`);
    const failures = await startLab(supervisor, chosen);
    const names = (): string[] => [...supervisor.names(), 'supervisor'];
    const logs = openLogs(names, home);
    const { processes } = await supervisor.status();
    process.stdout.write(`${startMessage({ processes, failures, home, ending: 'Ctrl-C' })}\n`);
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

/** `up gateway` beside a running supervisor starts what was named and does not run yet. Answers with a sentence for each that did not start. */
async function startMissing(chosen: readonly string[], home: Home, alreadyRunning: AlreadyRunning): Promise<readonly string[]> {
  const status = await askStatus(home);
  const missing = chosen.filter((name) => status?.processes.find((entry) => entry.process === name)?.pid === undefined);
  if (!status || missing.length === 0) throw alreadyRunning;
  return (await demand(home, { type: 'start', names: missing })).failures;
}
