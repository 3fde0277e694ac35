import { seededRandom } from '@mlab/learning';

/** Chance for one purpose, so that what one step draws does not change what another one gets. FNV-1a of both. */
export function randomFor(seed: number, purpose: string): () => number {
  let hash = 0x811c_9dc5;
  for (const char of `${seed} ${purpose}`) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x0100_0193);
  return seededRandom(hash);
}
