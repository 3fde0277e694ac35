import { actOnServices } from '../act-on-services.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Stops one service and starts it again.',
  usage: 'restart <service…>',
  options: {},
  run: (input) => actOnServices('restart', input),
};
