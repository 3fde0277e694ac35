import { existsSync } from 'node:fs';
import type { Command } from '../command.ts';
import { CliError, usageError } from '../cli-error.ts';
import { homeOf, logFile } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { followLogs, openLogs } from '../logs/follow-logs.ts';
import { lastLines } from '../logs/last-lines.ts';
import { logPrinter } from '../logs/log-printer.ts';
import { mergeByTime } from '../logs/log-time.ts';
import { readTopology, selectProcesses } from '../topology.ts';

const SUPERVISOR = 'supervisor';

export const command: Command = {
  summary: 'Shows the last lines of the logs, also when nothing runs any more.',
  usage: 'logs [-f] [-n 100] [--json] [service…]',
  details: `  -f, --follow   Go on showing what is added, until Ctrl-C.
  -n, --lines    How many lines (100).
      --json     The lines as they are written, as for a pipe; else for people.

Besides the services there is the log of the supervisor, which tells what started, fell and stopped.`,
  options: { follow: { type: 'boolean', short: 'f' }, lines: { type: 'string', short: 'n', default: '100' }, json: { type: 'boolean' } },
  async run({ positionals, flags }) {
    const count = Number(flags['lines']);
    if (!Number.isInteger(count) || count < 0) throw usageError(`--lines is "${String(flags['lines'])}"; give a whole number.`);
    const home = homeOf(process.env);
    const names = processesOf(positionals);
    const stop = new AbortController();
    using _interrupts = flags['follow'] ? onInterrupt(() => stop.abort()) : undefined;
    // Whoever reads may have seen enough (… | head).
    process.stdout.on('error', () => stop.abort());

    const logs = openLogs(flags['follow'] ? names : [], home);
    const printer = await logPrinter(process.stdout, flags['json'] === true);
    if (!flags['follow'] && !names.some((name) => existsSync(logFile(home, name)) || existsSync(`${logFile(home, name)}.1`))) {
      throw new CliError(`There is no log yet below ${home.logs}; npm start (or mlab up) starts the lab.`);
    }
    const past = mergeByTime(names.map((name) => ({ process: name, lines: count === 0 ? [] : lastLines(logFile(home, name), count) })));
    await printer.print(past.slice(-count || past.length));
    if (flags['follow']) await followLogs(logs, printer, stop.signal);
    return 0;
  },
};

function processesOf(names: readonly string[]): string[] {
  const plans = readTopology(process.env);
  const services = names.filter((name) => name !== SUPERVISOR);
  const selected = services.length > 0 || names.length === 0 ? selectProcesses(plans, services).map((plan) => plan.name) : [];
  return names.length === 0 || names.includes(SUPERVISOR) ? [...selected, SUPERVISOR] : selected;
}
