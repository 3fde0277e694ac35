import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { homeOf } from '../home.ts';
import { statusTable } from '../process-table.ts';
import { askStatus } from '../supervisor/control-client.ts';

export const command: Command = {
  summary: 'Shows the processes: where they listen, how long they run, what memory they take, how often they were started again.',
  usage: 'ps [--json]',
  details: '  --json   Machine-readable. The exit code is 3 when nothing runs.',
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
      process.stdout.write(`${JSON.stringify({ supervisor: { pid: status.pid }, processes }, undefined, 2)}\n`);
    } else process.stdout.write(statusTable(status.processes, now));
    return 0;
  },
};
