import { existsSync, readdirSync } from 'node:fs';
import type { Command } from '../command.ts';
import { CliError, usageError } from '../cli-error.ts';
import { type Home, homeOf, logFile } from '../home.ts';
import { onInterrupt } from '../interrupts.ts';
import { followLogs, openLogs } from '../logs/follow-logs.ts';
import { lastLines } from '../logs/last-lines.ts';
import { logPrinter } from '../logs/log-printer.ts';
import { mergeByTime } from '../logs/log-time.ts';
import { askStatus } from '../supervisor/control-client.ts';
import { chosenNames, planLab } from '../topology/plan-lab.ts';
import { DEFAULT_TOPOLOGY, readTopology } from '../topology/read-topology.ts';

const SUPERVISOR = 'supervisor';
/** In the same folder, and no log of a process. */
const NO_PROCESS = 'mlab-defects';

export const command: Command = {
  summary: 'Shows the last lines of the logs, also when nothing runs any more.',
  usage: 'logs [-f] [-n 100] [--json] [service…]',
  details: `  -f, --follow   Go on showing what is added, until Ctrl-C.
  -n, --lines    How many lines (100).
      --json     The lines as they are written, as for a pipe; else for people.

Besides the services there are the logs of the supervisor, which tells what started, fell and stopped, and of postgres. A name stands
for all instances of it; predictor.2 is one alone.`,
  options: { follow: { type: 'boolean', short: 'f' }, lines: { type: 'string', short: 'n', default: '100' }, json: { type: 'boolean' } },
  async run({ positionals, flags }) {
    const count = Number(flags['lines']);
    if (!Number.isInteger(count) || count < 0) throw usageError(`--lines is "${String(flags['lines'])}"; give a whole number.`);
    const home = homeOf(process.env);
    const services = await processesOfServices(home);
    const find = (): string[] => processesOf(positionals, services, home);
    const names = find();
    const stop = new AbortController();
    using _interrupts = flags['follow'] ? onInterrupt(() => stop.abort()) : undefined;
    // Whoever reads may have seen enough (… | head).
    process.stdout.on('error', () => stop.abort());

    const logs = openLogs(flags['follow'] ? find : () => [], home);
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

/** In which process each service runs: as the supervisor says, and by default under its own name. */
async function processesOfServices(home: Home): Promise<ReadonlyMap<string, string>> {
  const running = (await askStatus(home).catch(() => undefined))?.processes ?? [];
  const known = chosenNames(planLab(readTopology(DEFAULT_TOPOLOGY), {}), []);
  return new Map([
    ...[...known, SUPERVISOR].map((name) => [name, name] as const),
    ...running.flatMap(({ process, services }) =>
      [process, ...services.map(({ name }) => name)].map((name) => [name, processOf(process)] as const),
    ),
  ]);
}

/** The logs that were asked for, and those of all that has one when none was named. A file may still come. */
function processesOf(names: readonly string[], services: ReadonlyMap<string, string>, home: Home): string[] {
  const written = existsSync(home.logs) ? readdirSync(home.logs).flatMap((file) => /^(.+)\.log$/.exec(file)?.[1] ?? []) : [];
  const all = [...new Set([...services.values(), ...written])].filter((name) => name !== NO_PROCESS);
  for (const name of names) {
    if (!all.includes(name) && !services.has(name))
      throw usageError(`There is no log of "${name}"; there are ${all.toSorted().join(', ')}.`);
  }
  const wanted = names.map((name) => services.get(name) ?? name);
  return all.filter((name) => names.length === 0 || names.includes(name) || wanted.includes(processOf(name)));
}

/** `predictor` of `predictor.2`. */
const processOf = (instance: string): string => instance.replace(/\.\d+$/, '');
