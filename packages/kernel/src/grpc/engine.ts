import {
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  ServerListenerBuilder,
  ResponderBuilder,
  type Metadata,
  type sendUnaryData,
  type ServerDuplexStream,
  type ServerInterceptor,
  type ServerUnaryCall,
} from '@grpc/grpc-js';
import type { Socket } from 'node:net';
import { AppError } from '#/errors.ts';
import { GrpcExchange, type ExchangeOptions } from '#/grpc/exchange.ts';
import { answerStream, answerUnary } from '#/grpc/handlers.ts';
import { refusalOf } from '#/grpc/refusal.ts';
import type { GrpcDoor } from '#/grpc/doors.ts';
import type { SocketTable } from '#/grpc/socket-table.ts';
import type { HttpSettings } from '#/http/settings.ts';

export interface EngineOptions extends ExchangeOptions {
  readonly doors: readonly GrpcDoor[];
  readonly sockets: SocketTable;
  readonly settings: HttpSettings;
  readonly draining: AbortSignal;
}

/** What speaks gRPC over connections that were accepted elsewhere. */
export interface GrpcEngine {
  readonly accept: (socket: Socket) => void;
  /** Takes no more calls. Connections close when what is under way over them has ended. */
  readonly drain: () => void;
}

/** Calls under way on one connection; a client with more waits. */
const MAX_STREAMS = 1000;
const CHECK_MS = 500;

export function openGrpcEngine(options: EngineOptions): GrpcEngine {
  const { doors, sockets, settings, draining } = options;
  const byPath = new Map(doors.map((door) => [door.operation.path, door]));
  /** Found again by the headers that the handler of the library gets. */
  const exchanges = new WeakMap<Metadata, GrpcExchange>();
  const arriving = new Map<GrpcExchange, (error: AppError) => void>();

  const follow: ServerInterceptor = (method, library) => {
    const door = byPath.get(method.path) as GrpcDoor;
    let exchange: GrpcExchange | undefined;
    const listener = new ServerListenerBuilder()
      .withOnReceiveMetadata((metadata, next) => {
        const deadline = library.getDeadline();
        exchange = new GrpcExchange(options, {
          door,
          metadata,
          socket: sockets.find(library.getPeer()),
          host: library.getHost(),
          until: typeof deadline === 'number' ? deadline : deadline.getTime(),
        });
        exchanges.set(metadata, exchange);
        const { code, details, metadata: trailers } = SLOW;
        arriving.set(exchange, () => library.sendStatus({ code, details, metadata: trailers }));
        next(metadata);
      })
      .withOnReceiveHalfClose((next) => {
        if (exchange !== undefined) arriving.delete(exchange);
        next();
      })
      .withOnCancel(() => {
        if (exchange === undefined) return;
        arriving.delete(exchange);
        exchange.left();
      })
      .build();
    return new ServerInterceptingCall(library, new ResponderBuilder().withStart((next) => next(listener)).build());
  };

  const server = new Server({
    'grpc.max_receive_message_length': Math.max(...doors.map(({ maxMessageBytes }) => maxMessageBytes)),
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': MAX_STREAMS,
    'grpc.max_connection_idle_ms': settings.keepAliveMs,
    'grpc.enable_channelz': 0,
    interceptors: [follow],
  });
  for (const door of doors) {
    const unary = (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void =>
      answerUnary(exchanges.get(call.metadata) as GrpcExchange, call, reply);
    const stream = (call: ServerDuplexStream<Buffer, Buffer>): void => {
      const exchange = exchanges.get(call.metadata) as GrpcExchange;
      arriving.delete(exchange);
      void answerStream(exchange, call, draining);
    };
    // Messages are read behind the check of who calls, and a message that cannot be read is refused in our words.
    server.register(door.operation.path, door.kind === 'unary' ? unary : stream, same, same, KINDS[door.kind]);
  }
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const impatient = setInterval(() => {
    const now = performance.now();
    for (const [exchange, end] of arriving) {
      if (now - exchange.started < settings.requestTimeoutMs) return;
      arriving.delete(exchange);
      exchange.settle(TOO_SLOW);
      end(TOO_SLOW);
    }
  }, CHECK_MS);
  impatient.unref();

  return {
    accept: (socket) => injector.injectConnection(socket),
    // The library's own word of when all has ended comes too early, so it is the connections that are waited for.
    drain: () => server.tryShutdown(() => clearInterval(impatient)),
  };
}

const same = (bytes: Buffer): Buffer => bytes;

const KINDS = { unary: 'unary', server_streaming: 'serverStream', client_streaming: 'clientStream', bidi_streaming: 'bidi' };

const TOO_SLOW = new AppError('timed_out', 'The message did not arrive in time.');
const SLOW = refusalOf(TOO_SLOW);
