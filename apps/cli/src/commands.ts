import type { Command } from './command.ts';

/** Every command and the file that holds it; only the one that is asked for is loaded. */
export const commands: Readonly<Record<string, () => Promise<{ command: Command }>>> = {
  up: () => import('./commands/up.ts'),
  ps: () => import('./commands/ps.ts'),
  logs: () => import('./commands/logs.ts'),
  start: () => import('./commands/start.ts'),
  stop: () => import('./commands/stop.ts'),
  restart: () => import('./commands/restart.ts'),
  scale: () => import('./commands/scale.ts'),
  down: () => import('./commands/down.ts'),
  doctor: () => import('./commands/doctor.ts'),
  'dead-letters': () => import('./commands/dead-letters.ts'),
  train: () => import('./commands/train.ts'),
  predict: () => import('./commands/predict.ts'),
  demo: () => import('./commands/demo.ts'),
  import: () => import('./commands/import.ts'),
  certs: () => import('./commands/certs.ts'),
  test: () => import('./commands/test.ts'),
  check: () => import('./commands/check.ts'),
  bench: () => import('./commands/bench.ts'),
  new: () => import('./commands/new.ts'),
  docs: () => import('./commands/docs.ts'),
  help: () => import('./commands/help.ts'),
  version: () => import('./commands/version.ts'),
};

/** Started by other commands, never by hand. */
export const innerCommands: typeof commands = {
  supervise: () => import('./commands/supervise.ts'),
};
