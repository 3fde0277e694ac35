import type { Contract } from '#/contract.ts';
import type { Prover } from '#/identity/identity.ts';
import { fixedAddress } from '#/peers/addresses.ts';
import type { Discovery } from '#/peers/discovery.ts';
import { openInstances, type RemoteInstances } from '#/peers/instances.ts';

export interface DiscoveredOptions {
  readonly contract: Contract;
  readonly discovery: Discovery;
  readonly identity: Prover;
  readonly onChange: () => void;
}

/** The copies of a neighbour that have made themselves known. */
export async function openDiscoveredInstances({ contract, discovery, identity, onChange }: DiscoveredOptions): Promise<RemoteInstances> {
  const instances = openInstances(contract, identity);
  let opened = false;
  const watch = await discovery.watch(contract.name, (urls) => {
    // None at all is seldom the truth: while the database was away, nobody could renew his lease. Who is really gone refuses the connection.
    if (urls.length === 0) return;
    if (instances.set(urls.map((url) => fixedAddress(new URL(url)))) && opened) onChange();
  });
  opened = true;
  return {
    list: instances.list,
    [Symbol.asyncDispose]: async () => {
      await watch[Symbol.asyncDispose]();
      await instances[Symbol.asyncDispose]();
    },
  };
}
