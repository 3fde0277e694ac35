import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Telemetry } from '@mlab/telemetry';
import { variableOf } from '#/config.ts';
import type { Contract } from '#/contract.ts';
import type { GrpcEngine } from '#/grpc/engine.ts';
import type { OpenGrpc } from '#/grpc/implementation.ts';
import { openSocketTable } from '#/grpc/socket-table.ts';
import { openGate } from '#/http/gate.ts';
import type { HttpSettings } from '#/http/settings.ts';
import { whyNotListening } from '#/http/why-not-listening.ts';
import type { Identity, IdentityTls } from '#/identity/identity.ts';
import type { Observer } from '#/observe.ts';
import type { Admit, Check } from '#/service.ts';

export interface GrpcServerOptions {
  readonly contract: Contract;
  readonly open: OpenGrpc;
  readonly telemetry: Telemetry;
  readonly observer: Observer;
  readonly checks: () => readonly Check[];
  readonly admit: Admit | undefined;
  readonly settings: HttpSettings;
  readonly identity: Identity;
  readonly port: number;
}

export interface GrpcServer extends AsyncDisposable {
  /** `http://127.0.0.1:9001`, or https where connections prove who calls. */
  readonly url: string;
}

/**
 * The door of one service over gRPC: HTTP/2 in clear text on loopback, TLS where connections prove who calls. It listens at once, and
 * loads what speaks gRPC when somebody connects.
 */
export async function openGrpcServer(options: GrpcServerOptions): Promise<GrpcServer> {
  const { contract, settings, identity, port, telemetry } = options;
  const sockets = openSocketTable();
  const draining = new AbortController();
  let engine: Promise<GrpcEngine> | undefined;
  const accept = (socket: Socket): void => {
    sockets.add(socket);
    // A connection that breaks has nobody to be told.
    socket.on('error', () => {});
    engine ??= openEngine(options, sockets, draining.signal);
    engine.then(
      (opened) => (draining.signal.aborted ? socket.destroy() : opened.accept(socket)),
      (error: unknown) => {
        telemetry.log.error({ err: error }, 'gRPC cannot be spoken');
        engine = undefined;
        socket.destroy();
      },
    );
  };
  const server = identity.tls === undefined ? createServer({ noDelay: true }, accept) : openTls(identity.tls, settings, accept);
  try {
    await listen(server, settings.listen, port);
  } catch (error) {
    const place = { name: `${contract.name} (gRPC)`, address: settings.listen, port, variable: variableOf(contract.name, 'grpc-port') };
    throw new Error(whyNotListening({ ...place, option: `${contract.name}/grpc` }, error as NodeJS.ErrnoException), { cause: error });
  }
  const { port: taken } = server.address() as AddressInfo;
  const host = settings.listen.includes(':') ? `[${settings.listen}]` : settings.listen;
  return {
    url: `${identity.tls === undefined ? 'http' : 'https'}://${host}:${taken}`,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      draining.abort();
      const opened = await engine?.catch(() => undefined);
      opened?.drain();
      // Those that never said a word.
      for (const socket of sockets.all()) if (socket.bytesRead === 0) socket.destroy();
      const impatient = setTimeout(() => {
        for (const socket of sockets.all()) socket.destroy();
      }, settings.drainMs);
      await sockets.emptied();
      clearTimeout(impatient);
      await closed;
    },
  };
}

async function openEngine(
  { contract, open, settings, checks, telemetry, observer, admit, identity }: GrpcServerOptions,
  sockets: ReturnType<typeof openSocketTable>,
  draining: AbortSignal,
): Promise<GrpcEngine> {
  const [implementations, { openDoors }, { healthDoors }, { reflectionDoors }, { openGrpcEngine }] = await Promise.all([
    open(),
    import('#/grpc/doors.ts'),
    import('#/grpc/health.ts'),
    import('#/grpc/reflection.ts'),
    import('#/grpc/engine.ts'),
  ]);
  const doors = openDoors({ contract, messageLimitBytes: settings.bodyLimitBytes }, implementations);
  const { tracer } = telemetry;
  const gate = openGate(settings, identity.tls !== undefined);
  const services = implementations.map(({ descriptor }) => descriptor);
  const all = [...doors, ...healthDoors(contract, checks, draining), ...reflectionDoors(contract, services)];
  return openGrpcEngine({ doors: all, sockets, settings, draining, tracer, observer, gate, admit, identity });
}

function openTls(tls: IdentityTls, settings: HttpSettings, accept: (socket: Socket) => void): Server {
  const options = { ...tls.serverOptions(), ALPNProtocols: ['h2'], handshakeTimeout: settings.headersTimeoutMs, noDelay: true };
  const server = createTlsServer(options, accept);
  tls.onChange((changed) => server.setSecureContext(changed));
  return server;
}

const listen = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
