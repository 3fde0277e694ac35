import { spawn } from 'node:child_process';
import { delimiter, dirname } from 'node:path';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 };

/**
 * Runs the program under another Node and ends as it ends. Signals are passed on; a Ctrl-C reaches the program twice then (the
 * terminal sends it to everybody), and the program takes two within half a second as one. The channel lets it notice our death.
 */
export async function runMain({ node, main, args, env }) {
  const path = [dirname(node), env.PATH].filter(Boolean).join(delimiter);
  const child = spawn(node, [main, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...env, PATH: path, MLAB_ENDS_WITH_PARENT: '1' },
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? 128 + (NUMBERS[signal] ?? 1)));
  });
}
