import { fileURLToPath } from 'node:url';
import type { Objects } from '@mlab/kernel';
import type { Executor } from '#/command/executor.ts';
import { machineEnvironment } from '#/command/environment.ts';
import type { Config } from '#/config.ts';
import { openPrograms, type Programs } from './programs.ts';

const MOST_BYTES = 2_147_483_648;
const MAIN = 'services/training/src/remote/main.ts';

/** Our own trainers as programs of the executor, as it is configured. */
export function openConfiguredPrograms(
  config: Config,
  { objects, executor, machine }: { readonly objects: Objects; readonly executor: Executor; readonly machine: NodeJS.ProcessEnv },
): Programs {
  return openPrograms({
    objects,
    executor,
    command: commandOf(config, executor),
    env: executor.local ? machineEnvironment(machine) : {},
    url: config.publicUrl,
    memoryBytes: config.trainerMemoryMb * 1_048_576,
    cpus: config.commandCpus,
    image: executor.name === 'kubernetes' ? config.kubernetesTrainerImage : undefined,
    limitMs: config.trainerSeconds * 1000,
    maxBytes: MOST_BYTES,
  });
}

function commandOf({ trainerCommand }: Config, { local }: Executor): readonly string[] {
  const words = trainerCommand.split(' ').filter((word) => word !== '');
  if (words.length > 0) return words;
  return local ? [process.execPath, fileURLToPath(new URL('main.ts', import.meta.url))] : ['node', MAIN];
}
