import type { Tracer } from '@mlab/telemetry';
import { createClient, type Transport } from '#/client.ts';
import type { ClientOf, Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { forwardLocal } from '#/http/forward-local.ts';
import type { Forwarded, ForwardTo } from '#/http/forwarding.ts';
import type { Prover } from '#/identity/identity.ts';
import { localSpeak } from '#/local-speak.ts';
import { localTransport, type LocalDoor } from '#/local-transport.ts';
import { openDiscoveredInstances, type DiscoveredOptions } from '#/peers/discovered.ts';
import { grpcByCopy, grpcName } from '#/peers/announcements.ts';
import { beside, openGrpcPeers, type GrpcPeers } from '#/peers/grpc-peers.ts';
import type { RemoteInstance, RemoteInstances } from '#/peers/instances.ts';
import type { Instance, Peer } from '#/peers/peer.ts';
import { openRemoteInstances, type RemoteOptions } from '#/peers/remote.ts';
import { createSpeak } from '#/speak.ts';

export interface Connection<C extends Contract> extends AsyncDisposable {
  readonly client: ClientOf<C>;
  readonly peer: Peer<ClientOf<C>>;
  /** Hands on what came for it. */
  readonly forward: ForwardTo;
}

interface LocalNeighbour<C extends Contract> extends Calling<C> {
  readonly door: LocalDoor;
  /** Where it answers over gRPC: through its own door, for there is no shorter way. */
  readonly grpcUrl: () => string | undefined;
}

/** A neighbour in this process: always one copy. */
export function connectLocal<C extends Contract>({ door, grpcUrl, ...calling }: LocalNeighbour<C>): Connection<C> {
  const { contract, caller, tracer } = calling;
  const client = createClient(contract, localTransport(door), caller, tracer);
  const grpc = openGrpcPeers({ ...calling, addressOf: grpcUrl });
  const instances = [{ id: 'local', client, speak: createSpeak(contract, localSpeak(door), caller, tracer), grpc: grpc.of('local') }];
  return {
    client,
    peer: { instances: () => instances, onChange: () => {} },
    forward: forwardLocal(door),
    [Symbol.asyncDispose]: () => grpc[Symbol.asyncDispose](),
  };
}

interface Calling<C extends Contract> {
  readonly contract: C;
  readonly caller: string;
  readonly tracer: Tracer;
  readonly identity: Prover;
}

/** A neighbour elsewhere: the copies behind its URLs. */
export function connectRemote<C extends Contract>(
  options: Calling<C> & Omit<RemoteOptions, 'onChange' | 'contract'> & { readonly grpcPorts: readonly number[] | undefined },
): Promise<Connection<C>> {
  const { contract, bases, grpcPorts = [contract.grpc?.port ?? 0] } = options;
  const grpc = openGrpcPeers({ ...options, addressOf: beside(bases, grpcPorts) });
  return connectInstances(options, grpc, (onChange) => openRemoteInstances({ ...options, onChange }));
}

/** A neighbour elsewhere: the copies that have made themselves known. */
export async function connectDiscovered<C extends Contract>(
  options: Calling<C> & Omit<DiscoveredOptions, 'onChange' | 'contract'>,
): Promise<Connection<C>> {
  const { contract, discovery } = options;
  let addresses: ReadonlyMap<string, string> = new Map();
  const watch =
    contract.grpc === undefined
      ? undefined
      : await discovery.watch(grpcName(contract.name), (urls) => {
          // As with the copies themselves: none at all is seldom the truth.
          if (urls.length > 0) addresses = grpcByCopy(urls);
        });
  const grpc = openGrpcPeers({ ...options, addressOf: (id) => addresses.get(id) });
  const connection = await connectInstances(options, grpc, (onChange) => openDiscoveredInstances({ ...options, onChange }));
  return {
    ...connection,
    [Symbol.asyncDispose]: async () => {
      await watch?.[Symbol.asyncDispose]();
      await connection[Symbol.asyncDispose]();
    },
  };
}

/** A client that takes the copies in turn, and the copies themselves for who balances on his own. */
async function connectInstances<C extends Contract>(
  { contract, caller, tracer }: Calling<C>,
  grpc: GrpcPeers,
  open: (onChange: () => void) => Promise<RemoteInstances>,
): Promise<Connection<C>> {
  const listeners: ((instances: readonly Instance<ClientOf<C>>[]) => void)[] = [];
  const known = new Map<string, Instance<ClientOf<C>>>();
  const list = (): readonly Instance<ClientOf<C>>[] =>
    remote.list().map(({ id, transport, speak }) => {
      const instance = known.get(id) ?? {
        id,
        client: createClient(contract, transport, caller, tracer),
        speak: createSpeak(contract, speak, caller, tracer),
        grpc: grpc.of(id),
      };
      known.set(id, instance);
      return instance;
    });
  const changed = (): void => {
    const ids = new Set(remote.list().map(({ id }) => id));
    for (const id of known.keys()) {
      if (ids.has(id)) continue;
      known.delete(id);
      grpc.forget(id);
    }
    for (const listener of listeners) listener(list());
  };
  const remote = await open(changed);

  let turn = 0;
  const next = (): RemoteInstance | undefined => {
    const instances = remote.list();
    return instances[turn++ % Math.max(1, instances.length)];
  };
  const unknown = (): AppError => new AppError('unavailable', `No instance of ${contract.label} is known.`);
  const inTurn: Transport = (name, operation, input, call) => next()?.transport(name, operation, input, call) ?? Promise.reject(unknown());
  const forward: ForwardTo = (forwarded) => attempt(forwarded, remote.list().length);
  const attempt = (forwarded: Forwarded, left: number): void => {
    const instance = next();
    if (instance === undefined) return forwarded.unreachable(unknown());
    const unreachable: Forwarded['unreachable'] = (cause, untouched) =>
      untouched === true && left > 1 ? attempt(forwarded, left - 1) : forwarded.unreachable(cause);
    instance.forward({ ...forwarded, unreachable });
  };
  return {
    client: createClient(contract, inTurn, caller, tracer),
    peer: { instances: list, onChange: (listener) => void listeners.push(listener) },
    forward,
    [Symbol.asyncDispose]: async () => {
      await grpc[Symbol.asyncDispose]();
      await remote[Symbol.asyncDispose]();
    },
  };
}
