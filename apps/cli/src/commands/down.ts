import { setTimeout as delay } from 'node:timers/promises';
import { tryLock } from '../../bootstrap/lock.mjs';
import { processStart } from '../../bootstrap/process-start.mjs';
import type { Command } from '../command.ts';
import { CliError } from '../cli-error.ts';
import { homeOf, openHome } from '../home.ts';
import { ask, askStatus } from '../supervisor/control-client.ts';
import { endLeftovers } from '../supervisor/record.ts';

const GONE_WITHIN_MS = 5_000;

export const command: Command = {
  summary: 'Stops everything, the last one started first, and ends the supervisor.',
  usage: 'down',
  options: {},
  async run() {
    const home = homeOf(process.env);
    const supervisor = (await askStatus(home))?.pid;
    if (await ask(home, { type: 'down' })) {
      if (supervisor !== undefined) await isGone(supervisor);
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

/** It has answered, and is about to end: whoever goes on after us shall find nothing of it. */
async function isGone(pid: number): Promise<void> {
  const deadline = Date.now() + GONE_WITHIN_MS;
  while (processStart(pid) !== undefined && Date.now() < deadline) await delay(10);
}
