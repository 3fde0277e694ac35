import type { Tracer } from '@mlab/telemetry';
import type { Contract } from '#/contract.ts';
import { openGrpcTransport, type GrpcPeer, type GrpcTransport } from '#/grpc/client.ts';
import type { Prover } from '#/identity/identity.ts';

export interface GrpcPeersOptions {
  readonly contract: Contract;
  readonly caller: string;
  readonly tracer: Tracer;
  readonly identity: Prover;
  /** Where a copy answers over gRPC, as far as that is known. */
  readonly addressOf: (id: string) => string | undefined;
}

/** The ways over gRPC to the copies of a neighbour. */
export interface GrpcPeers extends AsyncDisposable {
  /** Undefined where the neighbour answers nothing over gRPC. */
  readonly of: (id: string) => GrpcPeer | undefined;
  readonly forget: (id: string) => void;
}

export function openGrpcPeers({ contract, caller, tracer, identity, addressOf }: GrpcPeersOptions): GrpcPeers {
  const open = new Map<string, GrpcTransport>();
  const { name: callee, label, grpc } = contract;
  return {
    of: (id) => {
      if (grpc === undefined) return undefined;
      const known = open.get(id) ?? openGrpcTransport({ callee, label, url: () => addressOf(id), identity, caller, tracer });
      open.set(id, known);
      return known;
    },
    forget: (id) => {
      const gone = open.get(id);
      open.delete(id);
      // What is under way over it still comes to its end.
      void gone?.[Symbol.asyncDispose]();
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...open.values()].map((transport) => transport[Symbol.asyncDispose]()));
    },
  };
}

/**
 * Where the copies behind URLs answer over gRPC: on the hosts of the URLs, each on its port, of which the last counts for all that follow.
 */
export function beside(bases: readonly URL[], ports: readonly number[]): GrpcPeersOptions['addressOf'] {
  return (id) => {
    const index = bases.findIndex((base) => base.host === id);
    const base = bases[index] ?? bases.find(({ port }) => port !== '' && id.endsWith(`:${port}`)) ?? bases[0];
    const port = ports[Math.min(Math.max(index, 0), ports.length - 1)];
    if (base === undefined || port === undefined) return undefined;
    return `${base.protocol}//${id.replace(/:\d+$/, '')}:${port}`;
  };
}
