import type { Identity } from '#/identity/identity.ts';

/** Throws a sentence when a neighbour is to be called where it could not prove who it is. */
export function refuseUnprovable(peer: string, bases: readonly URL[], { mode }: Identity): void {
  const plain = bases.find(({ protocol }) => protocol !== 'https:');
  if (mode !== 'mtls' || plain === undefined) return;
  throw new Error(`The peer ${peer} is at ${plain.origin}; with MLAB_IDENTITY=mtls neighbours are called by https only.`);
}
