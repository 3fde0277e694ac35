import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { suite } from 'node:test';
import { pathToFileURL } from 'node:url';

/** All tests of a folder in this process, each file a suite of its own: to load the libraries takes longer than most of what they do. */
export async function testTogether(folder: string): Promise<void> {
  const files = (await Array.fromAsync(glob('*.test.ts', { cwd: folder }))).toSorted();
  for (const file of files)
    if (file !== 'all.test.ts') await suite(file, async () => void (await import(pathToFileURL(join(folder, file)).href)));
}
