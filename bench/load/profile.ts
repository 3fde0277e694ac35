/** Reads what `node --cpu-prof` wrote: where the time went, by part of the program and by function. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

interface Profile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const TOP_PARTS = 12;
const TOP_FUNCTIONS = 25;

export async function describeProfiles(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile')).toSorted();
  const profiles = files.map(async (file) => describe(file, JSON.parse(await readFile(join(folder, file), 'utf8')) as Profile));
  return (await Promise.all(profiles)).join('\n');
}

function describe(file: string, { nodes, samples, timeDeltas }: Profile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node] as const)));
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const node = byId.get(id);
    const time = timeDeltas[index] ?? 0;
    if (node === undefined || node.callFrame.functionName === '(idle)') continue;
    busy += time;
    add(parts, partOf(node, parents), time);
    add(functions, nameOf(node), time);
  }
  const top = (times: Map<string, number>, count: number): string[] => {
    const sorted = [...times].toSorted(([, a], [, b]) => b - a).slice(0, count);
    return sorted.map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(6)} %  ${name}`);
  };
  const heading = `\n${file}: ${(busy / 1e6).toFixed(1)} s busy; self time by part, then by function`;
  return [heading, ...top(parts, TOP_PARTS), '', ...top(functions, TOP_FUNCTIONS)].join('\n');
}

const add = (times: Map<string, number>, key: string, time: number): void => void times.set(key, (times.get(key) ?? 0) + time);

/** A package, a folder of ours, or Node; what V8 and Node do natively is put down to whoever asked for it. */
function partOf(node: ProfileNode, parents: ReadonlyMap<number, ProfileNode>): string {
  for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
    const { url, functionName } = at.callFrame;
    if (functionName.startsWith('(') && functionName !== '(anonymous)' && functionName !== '(root)') return functionName;
    if (url.startsWith('node:')) return 'node';
    if (url === '') continue;
    return (
      /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? /(?:packages|services|apps|contracts|bench)\/[^/]+/.exec(url)?.[0] ?? url
    );
  }
  return 'native';
}

function nameOf({ callFrame: { functionName, url, lineNumber } }: ProfileNode): string {
  // The part of a path that tells the reader something.
  const place = url.replace(/^.*\/node_modules\//, '').replace(/^file:\/\/.*\/(?=(?:packages|services|apps|contracts|bench)\/)/, '');
  return `${functionName || '(anonymous)'}${place === '' ? '' : `  ${place}:${lineNumber + 1}`}`;
}
