import type { Tracer } from '@mlab/telemetry';
import { createClient, type Transport } from '#/client.ts';
import type { ClientOf, Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { openDiscoveredInstances, type DiscoveredOptions } from '#/peers/discovered.ts';
import type { RemoteInstances } from '#/peers/instances.ts';
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

interface Calling<C extends Contract> {
  readonly contract: C;
  readonly caller: string;
  readonly tracer: Tracer;
}

/** A neighbour elsewhere: the copies behind its URLs. */
export function connectRemote<C extends Contract>(
  options: Calling<C> & Omit<RemoteOptions, 'onChange' | 'contract'>,
): Promise<Connection<C>> {
  return connectInstances(options, (onChange) => openRemoteInstances({ ...options, onChange }));
}

/** A neighbour elsewhere: the copies that have made themselves known. */
export function connectDiscovered<C extends Contract>(
  options: Calling<C> & Omit<DiscoveredOptions, 'onChange' | 'contract'>,
): Promise<Connection<C>> {
  return connectInstances(options, (onChange) => openDiscoveredInstances({ ...options, onChange }));
}

/** A client that takes the copies in turn, and the copies themselves for who balances on his own. */
async function connectInstances<C extends Contract>(
  { contract, caller, tracer }: Calling<C>,
  open: (onChange: () => void) => Promise<RemoteInstances>,
): Promise<Connection<C>> {
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
  const remote = await open(changed);

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
