import { availableParallelism } from 'node:os';

/** Where a model is trained, as far as it may matter to who looks at it later. `threads`: besides the one that trains. */
export const environmentOf = (threads: number): Readonly<Record<string, string>> => ({
  node: process.version,
  v8: process.versions.v8,
  platform: process.platform,
  arch: process.arch,
  processors: String(availableParallelism()),
  threads: String(threads + 1),
});
