import type { Server, ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { AppError } from '#/errors.ts';
import { PART_BYTES, writeInParts } from '#/http/in-parts.ts';
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

/** The same without Fastify. */
export function write(raw: ServerResponse, status: number, contentType: string, body: string | Uint8Array, headers?: Headers): void {
  closeWhenDraining(raw);
  const own = { 'content-type': contentType, 'content-length': Buffer.byteLength(body) };
  raw.writeHead(status, headers === undefined ? own : { ...headers, ...own });
  if (typeof body === 'string' || body.length <= PART_BYTES) raw.end(body);
  else writeInParts(raw, body, (part) => void raw.end(part));
}

export function writeError(raw: ServerResponse, { status, contentType, body }: RenderedError, headers?: Headers): void {
  write(raw, status, contentType, body, headers);
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
