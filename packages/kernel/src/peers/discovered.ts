import type { Contract } from '#/contract.ts';
import { fixedAddress } from '#/peers/addresses.ts';
import type { Discovery } from '#/peers/discovery.ts';
import { openInstances, type RemoteInstances } from '#/peers/instances.ts';

/** The copies of a neighbour that have made themselves known. */
export async function openDiscoveredInstances(contract: Contract, discovery: Discovery, onChange: () => void): Promise<RemoteInstances> {
  const instances = openInstances(contract);
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
