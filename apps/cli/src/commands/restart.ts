import { actOnServices } from '../act-on-services.ts';
import type { Command } from '../command.ts';

export const command: Command = {
  summary: 'Renews a service, one instance after the other; without a name everything but the database, one process after the other.',
  usage: 'restart [service…]',
  details: `With two or more instances no request fails: an instance is told of no more, finishes its work and ends, and the next one waits
until its successor serves. mlab restart predictor.2 renews that instance alone, mlab restart postgres the database.`,
  options: {},
  run: (input) => actOnServices('restart', input),
};
