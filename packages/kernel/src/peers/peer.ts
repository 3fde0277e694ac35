import type { GrpcPeer } from '#/grpc/client.ts';
import type { Speak } from '#/speak.ts';

/** One running copy of a neighbour. */
export interface Instance<Client> {
  /** Stays the same while it is the same copy: `127.0.0.1:8001`, or `local` when co-hosted. */
  readonly id: string;
  readonly client: Client;
  /** Asks it in a protocol of another system that it speaks. */
  readonly speak: Speak;
  /** Asks it over gRPC; undefined where its contract declares none. */
  readonly grpc?: GrpcPeer | undefined;
}

/** The running copies of a neighbour, as far as they are known now. */
export interface Peer<Client> {
  readonly instances: () => readonly Instance<Client>[];
  /** Calls `listener` with the new list whenever it changes. */
  readonly onChange: (listener: (instances: readonly Instance<Client>[]) => void) => void;
}
