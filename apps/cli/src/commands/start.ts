import { actOnServices } from '../act-on-services.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Starts a service that was stopped, and waits until it is ready.',
  usage: 'start <service…>',
  options: {},
  run: (input) => actOnServices('start', input),
};
