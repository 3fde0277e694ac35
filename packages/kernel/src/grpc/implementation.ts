import type { DescMethod, DescService, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { CallMeta } from '#/call.ts';

type HandlerOf<M extends DescMethod> = M['methodKind'] extends 'unary'
  ? (request: MessageShape<M['input']>, call: CallMeta) => Promise<MessageInitShape<M['output']>> | MessageInitShape<M['output']>
  : M['methodKind'] extends 'server_streaming'
    ? (request: MessageShape<M['input']>, call: CallMeta) => AsyncIterable<MessageInitShape<M['output']>>
    : M['methodKind'] extends 'bidi_streaming'
      ? (requests: AsyncIterable<MessageShape<M['input']>>, call: CallMeta) => AsyncIterable<MessageInitShape<M['output']>>
      : never;

/** A handler per method, none missing and none more; named as in the descriptor, `modelInfer` for `ModelInfer`. */
export type GrpcHandlersOf<S extends DescService> = { readonly [K in keyof S['method']]: HandlerOf<S['method'][K]> };

/** A gRPC service at work. */
export interface GrpcImplementation {
  readonly descriptor: DescService;
  readonly handlers: Readonly<Record<string, (input: never, call: CallMeta) => unknown>>;
  readonly unread: Unread | undefined;
}

/** Messages that are too large to be read where all others are. */
export interface Unread {
  /** From so many bytes on. */
  readonly fromBytes: number;
  /** By the names of methods, those of a single message: the bytes of the answer. In streams such messages come as `UnreadMessage`. */
  readonly answer: Readonly<Record<string, (bytes: Uint8Array, call: CallMeta) => Promise<Uint8Array>>>;
}

/** A message of a stream that has not been read. What is answered to it may be bytes as well. */
export class UnreadMessage {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/**
 * Loads the implementations, when somebody connects for the first time: descriptors and the library behind them are large, and many a
 * process is never asked that way.
 */
export type OpenGrpc = () => Promise<readonly GrpcImplementation[]>;

export function implement<S extends DescService>(descriptor: S, handlers: GrpcHandlersOf<S>, unread?: Unread): GrpcImplementation {
  return { descriptor, handlers, unread };
}
