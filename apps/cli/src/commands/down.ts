import { tryLock } from '../../bootstrap/lock.mjs';
import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { homeOf, openHome } from '../home.ts';
import { ask } from '../supervisor/control-client.ts';
import { endLeftovers } from '../supervisor/record.ts';

export const command: Command = {
  summary: 'Stops everything, the last one started first, and ends the supervisor.',
  usage: 'down',
  options: {},
  async run() {
    const home = homeOf(process.env);
    if (await ask(home, { type: 'down' })) {
      process.stdout.write('Everything has stopped.\n');
      return 0;
    }
    openHome(home);
    const lock = tryLock(home.lock);
    if (!lock.release) throw new CliError(`The supervisor (process ${lock.pid ?? 'unknown'}) starts or ends at this moment; try again.`);
    try {
      const leftovers = await endLeftovers(home);
      process.stdout.write(
        leftovers.length > 0
          ? `Ended what a killed supervisor had left: ${leftovers.map(({ name }) => name).join(', ')}.\n`
          : 'Nothing runs.\n',
      );
    } finally {
      lock.release();
    }
    return 0;
  },
};
