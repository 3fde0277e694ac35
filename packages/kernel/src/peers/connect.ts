import type { Tracer } from '@mlab/telemetry';
import { createClient, type Transport } from '#/client.ts';
import type { ClientOf, Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import type { Instance, Peer } from '#/peers/peer.ts';
import { openRemoteInstances, type RemoteOptions } from '#/peers/remote.ts';

export interface Connection<C extends Contract> extends AsyncDisposable {
  readonly client: ClientOf<C>;
  readonly peer: Peer<ClientOf<C>>;
}

/** A neighbour in this process: always one copy. */
export function connectLocal<C extends Contract>(contract: C, transport: Transport, caller: string, tracer: Tracer): Connection<C> {
  const client = createClient(contract, transport, caller, tracer);
  const instances = [{ id: 'local', client }];
  return { client, peer: { instances: () => instances, onChange: () => {} }, [Symbol.asyncDispose]: async () => {} };
}

/** A neighbour elsewhere: the copies behind its URLs, and a client that takes them in turn. */
export async function connectRemote<C extends Contract>(
  options: Omit<RemoteOptions, 'onChange' | 'contract'> & { readonly contract: C; readonly caller: string; readonly tracer: Tracer },
): Promise<Connection<C>> {
  const { contract, caller, tracer } = options;
  const listeners: ((instances: readonly Instance<ClientOf<C>>[]) => void)[] = [];
  const clients = new Map<string, ClientOf<C>>();
  const list = (): readonly Instance<ClientOf<C>>[] =>
    remote.list().map(({ id, transport }) => {
      const client = clients.get(id) ?? createClient(contract, transport, caller, tracer);
      clients.set(id, client);
      return { id, client };
    });
  const changed = (): void => {
    const ids = new Set(remote.list().map(({ id }) => id));
    for (const id of clients.keys()) if (!ids.has(id)) clients.delete(id);
    for (const listener of listeners) listener(list());
  };
  const remote = await openRemoteInstances({ ...options, onChange: changed });

  let turn = 0;
  const inTurn: Transport = (name, operation, input, call) => {
    const instances = remote.list();
    const next = instances[turn++ % Math.max(1, instances.length)];
    if (next === undefined) return Promise.reject(new AppError('unavailable', `No instance of ${contract.label} is known.`));
    return next.transport(name, operation, input, call);
  };
  return {
    client: createClient(contract, inTurn, caller, tracer),
    peer: { instances: list, onChange: (listener) => void listeners.push(listener) },
    [Symbol.asyncDispose]: () => remote[Symbol.asyncDispose](),
  };
}
