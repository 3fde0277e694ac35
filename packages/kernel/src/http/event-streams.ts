import type { Server, ServerResponse } from 'node:http';

const openOf = new WeakMap<Server, Set<ServerResponse>>();

/** Remembers an answer that is a stream of events, which does not end by itself. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function noteEventStream(raw: ServerResponse, contentType: string | undefined): void {
  if (contentType?.startsWith('text/event-stream') !== true) return;
  const { server } = (raw.socket ?? {}) as { readonly server?: Server };
  if (server === undefined) return;
  const open = openOf.get(server) ?? new Set();
  openOf.set(server, open.add(raw));
  raw.once('close', () => open.delete(raw));
}

/** Whoever listens comes again by himself, to another instance or after the start; waiting for him would hold the end up. */
export function endEventStreams(server: Server): void {
  for (const raw of openOf.get(server) ?? []) raw.destroy();
}
