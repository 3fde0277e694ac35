import { relative } from 'node:path';
import { styleText } from 'node:util';
import { type Home } from './home.ts';
import { startTable, troublesOf } from './process-table.ts';
import type { ProcessStatus } from './supervisor/process-status.ts';
import { type Trial, TRIALS } from './topology/trials.ts';

interface Started {
  readonly processes: readonly ProcessStatus[];
  /** A sentence for each that did not start at first. */
  readonly failures: readonly string[];
  readonly home: Home;
  readonly ending: string;
}

/** What a person needs to know once all is up that can be: what runs where, how to try it, where to look, what does not run and why. */
export function startMessage({ processes, failures, home, ending }: Started): string {
  const urls = new Map<string, string>();
  for (const { name, url } of processes.filter(({ state }) => state === 'ready').flatMap(({ services }) => services)) {
    // The first instance is the one whose address is known.
    if (url?.startsWith('http') && !urls.has(name)) urls.set(name, url);
  }
  const trials = Object.entries(TRIALS).flatMap(([name, all]) => {
    const url = urls.get(name);
    return url === undefined ? [] : all.map((trial) => curl(url, trial));
  });
  const part = (name: string, lines: readonly string[]): string =>
    lines.length === 0 ? '' : `${styleText('bold', name.padEnd(8))}${lines.join('\n        ')}\n`;
  // What is being started anew at this moment has no reason of its own any more.
  const untold = failures.filter((failure) => processOf(failure, processes)?.reason === undefined);
  const recovered = untold.filter((failure) => runsByNow(failure, processes));
  const troubles = `${troublesOf(processes)}${linesOf(untold.filter((failure) => !recovered.includes(failure)))}`;
  return [
    startTable(processes),
    '\n',
    part('Try it', trials),
    part('Docs', docsOf(urls)),
    part(
      'See it',
      urls.has('gateway') && urls.has('training') ? ['./mlab demo   (a real model, from its data to an explained prediction)'] : [],
    ),
    part('Logs', [`${shortest(home.logs)}   (./mlab logs -f)`]),
    part('End it', [ending]),
    troubles === ''
      ? ''
      : `\n${styleText('bold', 'What does not run (it is tried again and again; ./mlab ps shows how it goes)')}\n${troubles}`,
    recovered.length === 0 ? '' : `\n${styleText('bold', 'What did not start at once, and runs by now')}\n${linesOf(recovered)}`,
  ].join('');
}

const processOf = (failure: string, processes: readonly ProcessStatus[]): ProcessStatus | undefined =>
  processes.find(({ process: name }) => failure.startsWith(`${name} `));

/** Whether that which a sentence tells of has been started again, and is ready. */
export const runsByNow = (failure: string, processes: readonly ProcessStatus[]): boolean =>
  processOf(failure, processes)?.state === 'ready';

const linesOf = (sentences: readonly string[]): string => sentences.map((sentence) => `  ${sentence}\n`).join('');

/** Those of the lab first; with many services the others would fill the screen. */
const MOST_DOCS = 4;

function docsOf(urls: ReadonlyMap<string, string>): string[] {
  const names = [...Object.keys(TRIALS).filter((name) => urls.has(name)), ...[...urls.keys()].filter((name) => !(name in TRIALS))];
  return urls.size === 0
    ? []
    : [
        names
          .slice(0, MOST_DOCS)
          .map((name) => `${urls.get(name)}/docs`)
          .join('   '),
      ];
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
