import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { HttpSettings } from '#/http/settings.ts';
import type { IdentityTls } from '#/identity/identity.ts';

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

/** Node's own server with our limits; over TLS where connections prove who calls. It follows when certificates are replaced. */
export function createNodeServer(settings: HttpSettings, tls: IdentityTls | undefined, listener: Listener): Server {
  const options = {
    maxHeaderSize: settings.headerLimitBytes,
    headersTimeout: settings.headersTimeoutMs,
    requestTimeout: settings.requestTimeoutMs,
    keepAliveTimeout: settings.keepAliveMs,
    connectionsCheckingInterval: 500,
    // A missing Host is refused in words of our own.
    requireHostHeader: false,
  };
  if (tls === undefined) return createServer(options, listener);
  const server = createTlsServer({ ...options, handshakeTimeout: settings.headersTimeoutMs, ...tls.serverOptions() }, listener);
  tls.onChange((changed) => server.setSecureContext(changed));
  return server;
}
