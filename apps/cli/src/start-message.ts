import { relative } from 'node:path';
import { styleText } from 'node:util';
import { type Home } from './home.ts';
import { startTable } from './process-table.ts';
import type { ProcessStatus } from './supervisor/process-status.ts';
import type { ProcessPlan, Trial } from './topology.ts';

/** What a person needs to know once all is up: what runs where, how to try it, where to look. */
export function startMessage(plans: readonly ProcessPlan[], processes: readonly ProcessStatus[], home: Home, ending: string): string {
  const urls = new Map(
    processes.filter(({ state }) => state === 'ready').flatMap(({ services }) => services.map(({ name, url }) => [name, url])),
  );
  const running = plans.flatMap((plan) => plan.services).filter((service) => urls.has(service.name));
  const trials = running.toReversed().flatMap((service) => service.tryIt.map((trial) => curl(urls.get(service.name) ?? '', trial)));
  const part = (name: string, lines: readonly string[]): string => `${styleText('bold', name.padEnd(8))}${lines.join('\n        ')}\n`;
  return [
    startTable(processes),
    '\n',
    part('Try it', trials),
    part('Docs', [
      running
        .toReversed()
        .map((service) => `${urls.get(service.name)}/docs`)
        .join('   '),
    ]),
    part('Logs', [`${shortest(home.logs)}   (./mlab logs -f)`]),
    part('End it', [ending]),
  ].join('');
}

function curl(url: string, { path, json }: Trial): string {
  if (!json) return `curl ${url}${path}`;
  const text = JSON.stringify(json);
  // The Windows shells know no single quotes.
  const quoted = process.platform === 'win32' ? `"${text.replaceAll('"', '\\"')}"` : `'${text}'`;
  return `curl ${url}${path} -H "content-type: application/json" -d ${quoted}`;
}

function shortest(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.length < path.length && !fromHere.startsWith('..') ? fromHere : path;
}
