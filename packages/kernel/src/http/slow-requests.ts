import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { announcesBody } from '#/http/headers.ts';

interface Arrival {
  readonly response: ServerResponse;
  readonly began: number;
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
  /** May take as long as they like, as long as bytes keep coming. */
  const long = new WeakSet<IncomingMessage>();
  let fresh: ServerResponse[] = [];
  let sifting: NodeJS.Immediate | undefined;
  const sift = (): void => {
    sifting = undefined;
    for (const response of fresh) {
      const { req: request } = response;
      const { complete, socket } = request;
      if (complete || socket.destroyed) continue;
      const now = performance.now();
      arriving.set(request, { response, began: now, bytes: socket.bytesRead, moved: now });
    }
    fresh = [];
  };
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
      const isLong = long.has(request);
      // Where bytes wait to be read, for the disk is slow, it is not the client who keeps us waiting.
      if (isLong && request.readableLength > 0) arrival.moved = now;
      if (now - (isLong ? arrival.moved : arrival.began) < limitMs) continue;
      arriving.delete(request);
      // Who has been answered and still does not come to an end is told nothing more.
      if (arrival.response.headersSent) socket.destroy();
      else server.emit('clientError', Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
    }
  }, CHECK_MS);
  timer.unref();
  server.once('close', () => {
    clearInterval(timer);
    clearImmediate(sifting);
  });
  const slow: SlowRequests = {
    watch: (request, response) => {
      if (!announcesBody(request.headers)) return;
      // Nearly every body comes with its headers, and is there when this turn of the event loop ends. Nothing is held for longer:
      // what outlives a collection of garbage costs more than all else here.
      fresh.push(response);
      sifting ??= setImmediate(sift);
    },
    allowLong: (request) => void long.add(request),
  };
  watched.set(server, slow);
  return slow;
}
