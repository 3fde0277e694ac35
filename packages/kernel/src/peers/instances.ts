import type { Transport } from '#/client.ts';
import type { Contract } from '#/contract.ts';
import type { ForwardTo } from '#/http/forwarding.ts';
import { openHttpTransport, type HttpTransport } from '#/http/transport.ts';
import type { Prover } from '#/identity/identity.ts';
import type { Address } from '#/peers/addresses.ts';
import type { SpeakTransport } from '#/speak.ts';

export interface RemoteInstance {
  readonly id: string;
  readonly transport: Transport;
  readonly forward: ForwardTo;
  readonly speak: SpeakTransport;
}

/** Copies of a neighbour elsewhere, each with its own connections. */
export interface RemoteInstances extends AsyncDisposable {
  readonly list: () => readonly RemoteInstance[];
}

export interface SettableInstances extends RemoteInstances {
  /** Opens connections to new addresses and closes those to old ones. Answers whether anything has changed. */
  readonly set: (addresses: readonly Address[]) => boolean;
}

export function openInstances(contract: Contract, identity: Prover): SettableInstances {
  const open = new Map<string, HttpTransport>();
  let list: readonly RemoteInstance[] = [];
  return {
    list: () => list,
    set: (addresses) => {
      const wanted = new Map(addresses.map((address) => [address.id, address]));
      const gone = [...open].filter(([id]) => !wanted.has(id));
      const added = [...wanted.values()].filter(({ id }) => !open.has(id));
      for (const [id, transport] of gone) {
        open.delete(id);
        // Closing waits for the calls under way; nobody needs to wait for the closing.
        void transport[Symbol.asyncDispose]();
      }
      for (const { id, base, address } of added)
        open.set(id, openHttpTransport(contract, { base, identity, ...(address === undefined ? {} : { address }) }));
      list = [...open].map(([id, transport]) => ({ id, transport: transport.call, forward: transport.forward, speak: transport.speak }));
      return gone.length + added.length > 0;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open.values()].map((transport) => transport[Symbol.asyncDispose]()));
    },
  };
}
