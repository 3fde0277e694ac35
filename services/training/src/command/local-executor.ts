import { tmpdir } from 'node:os';
import type { Executor } from './executor.ts';
import { runCommand } from './run-command.ts';

/** Programs as processes of this machine. They end when this process does, however it ends. */
export const localExecutor = ({ graceMs }: { readonly graceMs: number }): Executor => ({
  name: 'local',
  local: true,
  run: async ({ command, env, memoryBytes, seesToMemory }, { signal, onLine }) => {
    const order = { command, env, folder: env['MLAB_OUTPUT'] ?? tmpdir(), memoryBytes: seesToMemory ? undefined : memoryBytes };
    const end = await runCommand(order, { signal, graceMs, onLine });
    const how = end.code === undefined ? `was ended by ${end.signal ?? 'a signal'}` : `ended with code ${end.code}`;
    return { succeeded: end.code === 0, sentence: `It ${how}.` };
  },
});
