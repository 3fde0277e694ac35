import type { Config } from '#/config.ts';
import { threadsOf } from '#/threads/bounds.ts';

/** How many threads a trainer may use besides its own where a program of its own trains: as it has processors. */
export const remoteThreads = (config: Config): number =>
  config.executor === 'local' ? threadsOf(config) : Math.max(0, Math.ceil(config.commandCpus) - 1);
