import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

interface Arrival {
  readonly response: ServerResponse;
  readonly began: number;
  /** Whether it may take as long as it likes, as long as bytes keep coming. */
  long: boolean;
  bytes: number;
  moved: number;
}

const CHECK_MS = 500;

/** Requests whose bodies are still on their way. */
export interface SlowRequests {
  watch(request: IncomingMessage, response: ServerResponse): void;
  /** The request carries a file: what counts is that bytes keep coming. */
  allowLong(request: IncomingMessage): void;
}

const watched = new WeakMap<Server, SlowRequests>();

/** What watches over the requests of the server that a request came to. */
export const slowRequestsOf = (request: IncomingMessage): SlowRequests | undefined => {
  const { server } = request.socket as Socket & { readonly server?: Server };
  return server === undefined ? undefined : watched.get(server);
};

/**
 * Ends requests that do not arrive within `limitMs`, in Node's own way (`clientError`, 408). Node's own limit knows no exception, and
 * a file of a gigabyte takes its time.
 */
export function watchSlowRequests(server: Server, limitMs: number): SlowRequests {
  const arriving = new Map<IncomingMessage, Arrival>();
  const timer = setInterval(() => {
    const now = performance.now();
    for (const [request, arrival] of arriving) {
      const { socket } = request;
      if (request.complete || socket.destroyed) {
        arriving.delete(request);
        continue;
      }
      if (socket.bytesRead !== arrival.bytes) {
        arrival.bytes = socket.bytesRead;
        arrival.moved = now;
      }
      // Where bytes wait to be read, for the disk is slow, it is not the client who keeps us waiting.
      if (arrival.long && request.readableLength > 0) arrival.moved = now;
      if (now - (arrival.long ? arrival.moved : arrival.began) < limitMs) continue;
      arriving.delete(request);
      // Who has been answered and still does not come to an end is told nothing more.
      if (arrival.response.headersSent) socket.destroy();
      else server.emit('clientError', Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    }
  }, CHECK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
  const slow: SlowRequests = {
    watch: (request, response) => {
      const { headers } = request;
      const hasBody = headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
      if (!hasBody) return;
      const now = performance.now();
      arriving.set(request, { response, began: now, long: false, bytes: request.socket.bytesRead, moved: now });
      request.once('close', () => arriving.delete(request));
    },
    allowLong: (request) => {
      const arrival = arriving.get(request);
      if (arrival !== undefined) arrival.long = true;
    },
  };
  watched.set(server, slow);
  return slow;
}
