import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { homeOf } from '../home.ts';
import { statusTable } from '../process-table.ts';
import { askStatus } from '../supervisor/control-client.ts';

export const command: Command = {
  summary: 'Shows the processes: where they listen, how long they run, what memory they take, how often they were started again.',
  usage: 'ps [--json]',
  details: `  --json   Machine-readable. The exit code is 3 when nothing runs.

Below the table stands why what does not run does not run. Memory as pss counts a page that several processes share in part for
each of them, so that the sum is what all take; rss, where the system tells no better, counts it for each in full.`,
  options: { json: { type: 'boolean' } },
  async run({ flags }) {
    const status = await askStatus(homeOf(process.env));
    if (!status) throw new CliError('Nothing runs; npm start (or mlab up) starts the lab.', { exitCode: 3 });
    const now = Date.now();
    if (flags['json']) {
      const processes = status.processes.map((entry) => ({
        ...entry,
        uptimeMs: entry.startedAt === undefined ? undefined : now - entry.startedAt,
      }));
      const supervisor = { pid: status.pid, memory: status.memory };
      process.stdout.write(`${JSON.stringify({ supervisor, processes }, undefined, 2)}\n`);
    } else process.stdout.write(statusTable(status, now));
    return 0;
  },
};
