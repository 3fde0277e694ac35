import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'node:test';
import { pathToFileURL } from 'node:url';

let together = false;
const closings: (() => Promise<void>)[] = [];

/** All tests of a folder in this process, each file a suite of its own: to load the libraries takes longer than most of what they do. */
export async function testTogether(folder: string): Promise<void> {
  together = true;
  const files = (await Array.fromAsync(glob('*.test.ts', { cwd: folder }))).toSorted();
  for (const file of files)
    if (file !== 'all.test.ts') await suite(file, async () => void (await import(pathToFileURL(join(folder, file)).href)));
  for (const close of closings) await close();
}

interface Shared<K, T> {
  /** Opens it, unless somebody has done so before. */
  readonly use: (key: K) => Promise<T>;
  /** What each file does in the end: it is closed when that file runs alone, and else when all have ended. */
  readonly leave: () => Promise<void>;
}

/** What several files of a folder need, each as it is: opened once for all that run in one process. */
export function shared<K, T extends AsyncDisposable>(open: (key: K) => Promise<T>): Shared<K, T> {
  const opened = new Map<K, Promise<T>>();
  const close = async (): Promise<void> => {
    for (const one of opened.values()) await (await one)[Symbol.asyncDispose]();
    opened.clear();
  };
  closings.push(close);
  return {
    use: (key) => {
      const one = opened.get(key) ?? open(key);
      opened.set(key, one);
      return one;
    },
    leave: async () => (together ? undefined : close()),
  };
}
