/** Reads what `node --cpu-prof` wrote: where the time went, function by function. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const TOP = 25;

export async function hottestFunctions(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).toSorted();
  const reports = files.map(async (file) => report(file, JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile));
  return (await Promise.all(reports)).join('\n');
}

function report(file: string, { nodes, samples, timeDeltas }: Profile): string {
  const places = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'}  ${shorten(url)}:${lineNumber + 1}`,
    ]),
  );
  const self = new Map<string, number>();
  for (const [index, id] of samples.entries()) {
    const place = places.get(id) ?? '?';
    if (!place.startsWith('(idle)')) self.set(place, (self.get(place) ?? 0) + (timeDeltas[index] ?? 0));
  }
  const busy = [...self.values()].reduce((sum, each) => sum + each, 0);
  const top = [...self].toSorted(([, a], [, b]) => b - a).slice(0, TOP);
  const lines = top.map(([place, time]) => `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${place}`);
  return [`\n${file}: ${(busy / 1e6).toFixed(1)} s busy, self time`, ...lines].join('\n');
}

/** The part of a path that tells the reader something. */
const shorten = (url: string): string =>
  url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/(?=(?:packages|services|apps|contracts|bench)\/)/, '');
