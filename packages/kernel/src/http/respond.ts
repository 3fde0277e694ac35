import type { Server, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { AppError } from '#/errors.ts';
import type { RenderedError } from '#/protocol.ts';

type Headers = Readonly<Record<string, string>>;

/**
 * Writes an answer as it is. Fastify's own `send` would add a charset to JSON, which has none (RFC 8259), and looks for
 * hooks and serializers that no route here has.
 */
export function respond(reply: FastifyReply, status: number, contentType: string, body: string | Uint8Array, headers?: Headers): void {
  reply.hijack();
  write(reply.raw, status, contentType, body, headers);
}

/** Writes an error to a request that has not come as far as a route. */
export function respondUnrouted(raw: ServerResponse, { status, contentType, body }: RenderedError, headers?: Headers): void {
  write(raw, status, contentType, body, headers);
}

function write(raw: ServerResponse, status: number, contentType: string, body: string | Uint8Array, headers?: Headers): void {
  closeWhenDraining(raw);
  raw.writeHead(status, { ...headers, 'content-type': contentType, 'content-length': Buffer.byteLength(body) });
  raw.end(body);
}

/** While the server drains, an answer is the last one on its connection; a connection that stayed open would hold the end up. */
export function closeWhenDraining(raw: ServerResponse): void {
  const { server } = (raw.socket ?? {}) as { readonly server?: Server };
  if (server?.listening === false) raw.shouldKeepAlive = false;
}

/** Writes an error as its wire has rendered it. */
export function respondError(reply: FastifyReply, { status, contentType, body }: RenderedError, headers?: Headers): void {
  respond(reply, status, contentType, body, headers);
}

/** What an error says in headers, whatever its form. */
export const refusalHeaders = ({ headers, retryAfter }: AppError): Headers => ({
  ...headers,
  ...(retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(retryAfter))) }),
});
