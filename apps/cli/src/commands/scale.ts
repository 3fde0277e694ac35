import { report } from '../act-on-services.ts';
import type { Command } from '../command.ts';
import { usageError } from '../cli-error.ts';
import { homeOf } from '../home.ts';
import { demand } from '../supervisor/control-client.ts';

const MOST_INSTANCES = 64;

export const command: Command = {
  summary: 'Runs as many instances of a service as are wished for; those too many finish their work and end.',
  usage: 'scale <service> <n> | <service>=<n>…',
  details: `  mlab scale predictor 3          mlab scale predictor=3 platform=2

A service runs as often as the process that it is in. The first instance keeps the ports, the others take free ones (mlab ps shows
them); all find each other through the database. 0 stops it; mlab restart <service> renews one instance after the other.`,
  options: {},
  async run({ positionals }) {
    const [name, count, ...rest] = positionals;
    const isPair = name !== undefined && !name.includes('=') && count !== undefined && rest.length === 0;
    const counts = isPair ? [[name, countOf(name, count)] as const] : positionals.map(parseWish);
    if (counts.length === 0) throw usageError('mlab scale takes a service and a number, such as mlab scale predictor 3.');
    return report(await demand(homeOf(process.env), { type: 'scale', counts: Object.fromEntries(counts) }), 'scaled');
  },
};

function parseWish(text: string): readonly [string, number] {
  const at = text.indexOf('=');
  if (at < 1) throw usageError(`"${text}" does not say how many; mlab scale takes a service and a number, such as mlab scale predictor 3.`);
  return [text.slice(0, at), countOf(text.slice(0, at), text.slice(at + 1))];
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count <= MOST_INSTANCES) return count;
  throw usageError(`"${text}" is no number of instances for ${name}; give a whole number from 0 to ${MOST_INSTANCES}.`);
}
