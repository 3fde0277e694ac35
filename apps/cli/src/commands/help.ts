import type { Command } from '../command.ts';
import { commands } from '../commands.ts';
import { formatTable } from '../table.ts';

export const command: Command = {
  summary: 'Shows this list.',
  usage: 'help',
  options: {},
  async run() {
    const rows = await Promise.all(
      Object.values(commands)
        .map(async (load) => (await load()).command)
        .map(async (loaded) => row(await loaded)),
    );
    process.stdout.write(
      `mlab, the ML Microservices Lab\n\n${formatTable(rows)}\nmlab <command> --help tells more. npm start is mlab up; npm test is mlab test.\n`,
    );
    return 0;
  },
};

const row = ({ usage, summary }: Command): string[] => [usage, summary];
