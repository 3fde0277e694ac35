import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Socket } from 'node:net';
import type { HttpSettings } from '#/http/settings.ts';
import { watchSlowRequests } from '#/http/slow-requests.ts';
import type { IdentityTls } from '#/identity/identity.ts';

const unusedOf = new WeakMap<Server, ReadonlySet<Socket>>();

/** Closes connections that nobody uses. Node's own way leaves those that never were used, such as a browser opens in advance. */
export function closeUnused(server: Server): void {
  server.closeIdleConnections();
  for (const socket of unusedOf.get(server) ?? []) socket.destroy();
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Node's own server with our limits; over TLS where connections prove who calls. It follows when certificates are replaced. */
export function createNodeServer(settings: HttpSettings, tls: IdentityTls | undefined, listener: Listener): Server {
  const options = {
    maxHeaderSize: settings.headerLimitBytes,
    headersTimeout: settings.headersTimeoutMs,
    // Kept by `watchSlowRequests`, which knows requests that may take their time.
    requestTimeout: 0,
    keepAliveTimeout: settings.keepAliveMs,
    connectionsCheckingInterval: 500,
    // A missing Host is refused in words of our own.
    requireHostHeader: false,
  };
  const server = tls === undefined ? createServer(options) : createTls(options, settings, tls);
  const slow = watchSlowRequests(server, settings.requestTimeoutMs);
  const unused = new Set<Socket>();
  unusedOf.set(server, unused);
  server.on(tls === undefined ? 'connection' : 'secureConnection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  server.on('request', (request, response) => {
    unused.delete(request.socket);
    slow.watch(request, response);
    listener(request, response);
  });
  return server;
}

function createTls(options: ServerOptions, settings: HttpSettings, tls: IdentityTls): Server {
  const server = createTlsServer({ ...options, handshakeTimeout: settings.headersTimeoutMs, ...tls.serverOptions() });
  tls.onChange((changed) => server.setSecureContext(changed));
  return server;
}
