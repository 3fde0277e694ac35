import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { Tracer } from '@mlab/telemetry';
import type { CallMeta } from '#/call.ts';
import { AppError } from '#/errors.ts';
import type { Prover } from '#/identity/identity.ts';

type AskOf<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? (request: MessageInitShape<M['input']>, call: CallMeta) => Promise<MessageShape<M['output']>>
  : never;

/** A client's methods, of those with one message and one answer. */
export type GrpcClientOf<S extends DescService> = { readonly [K in keyof S['method']]: AskOf<S['method'][K]> };

/** The way to a copy of a neighbour over gRPC. */
export interface GrpcPeer {
  /** Typed methods of a service that it answers. What speaks gRPC is loaded when the first of them is called. */
  readonly client: <S extends DescService>(service: S) => GrpcClientOf<S>;
  /**
   * Loads what speaks gRPC and connects, so that the first question waits for neither, here and there. Resolves when that is done, cannot
   * be done, or the time is over.
   */
  readonly connect: (withinMs: number) => Promise<void>;
}

export interface GrpcTransportOptions {
  /** The name of the service that is called. */
  readonly callee: string;
  /** What errors call it: `Service B`. */
  readonly label: string;
  /** `http://127.0.0.1:9001`, or https; undefined as long as nobody knows. */
  readonly url: () => string | undefined;
  readonly identity?: Prover | undefined;
  readonly caller: string;
  readonly tracer: Tracer;
  /** How long a connection may be silent that should say something, before another one is tried, in milliseconds. Default 3,000. */
  readonly silenceMs?: number;
}

export interface GrpcTransport extends GrpcPeer, AsyncDisposable {}

type ChannelModule = typeof import('#/grpc/channel.ts');
type Channel = ReturnType<ChannelModule['openChannel']>;

/** Calls over one connection of HTTP/2. The deadline and the signal of a call end it, wherever it is. */
export function openGrpcTransport(options: GrpcTransportOptions): GrpcTransport {
  const { callee, label, caller, tracer, identity, silenceMs = 3000 } = options;
  let channel: { readonly url: string; readonly to: Channel } | undefined;
  let closed = false;
  const known = new Map<DescService, object>();

  const open = async (): Promise<Channel | undefined> => {
    const url = options.url();
    if (url === undefined || closed) return undefined;
    if (channel?.url === url) return channel.to;
    const { openChannel } = await import('#/grpc/channel.ts');
    if (channel?.url === url) return channel.to;
    channel?.to.close();
    channel = { url, to: openChannel({ callee, label, url, identity, silenceMs }) };
    return channel.to;
  };
  const ask = async (method: DescMethod, request: unknown, call: CallMeta): Promise<unknown> => {
    const trace = tracer.start(`${callee}.${method.name}`, 'client', call.trace);
    try {
      const to = (await open()) ?? nowhere(label);
      const proof = identity?.prove(caller, callee);
      const made = proof instanceof Promise ? await proof : proof;
      const answer = await to.ask(method, request, { caller, trace, deadline: call.deadline, signal: call.signal }, made);
      trace.end();
      return answer;
    } catch (error) {
      trace.end(undefined, AppError.from(error).code);
      throw error;
    }
  };
  return {
    client: <S extends DescService>(service: S) => {
      const found = known.get(service);
      if (found !== undefined) return found as GrpcClientOf<S>;
      const unary = service.methods.filter(({ methodKind }) => methodKind === 'unary');
      const made = Object.fromEntries(
        unary.map((method) => [method.localName, (request: unknown, call: CallMeta) => ask(method, request, call)]),
      );
      known.set(service, made);
      return made as GrpcClientOf<S>;
    },
    connect: async (withinMs) => {
      try {
        await (await open())?.connect(withinMs);
      } catch {
        // The first question hears why.
      }
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
      channel?.to.close();
    },
  };
}

function nowhere(label: string): never {
  const failure = { kind: 'refused', notSent: true } as const;
  throw new AppError('unavailable', `Nobody knows where ${label} answers over gRPC.`, { failure });
}
