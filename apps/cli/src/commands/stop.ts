import { actOnServices } from '../act-on-services.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Stops one service (its work in progress is finished first); the others go on.',
  usage: 'stop <service…>',
  options: {},
  run: (input) => actOnServices('stop', input),
};
