import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { FastifyReply } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { respondError } from '#/http/respond.ts';
import type { Wire } from '#/http/wire.ts';

export interface Route {
  readonly methods: readonly string[];
  readonly path: string;
}

const ANY: HTTPMethod = 'GET';

/** Requests that no route takes: 405 with `allow` where the path exists, a redirect where only its last slash is too much, else 404. */
export function unmatchedHandler(wire: Wire, routes: readonly Route[]): (request: IncomingMessage, reply: FastifyReply) => void {
  const allowed = new Map<string, Set<string>>();
  for (const { methods, path } of routes) allowed.set(path, (allowed.get(path) ?? new Set()).union(new Set(methods)));
  const paths = findMyWay();
  for (const [path, methods] of allowed) paths.on(ANY, path, () => {}, [...methods].toSorted().join(', '));
  const allowedAt = (path: string): string | undefined => paths.find(ANY, path)?.store as string | undefined;

  return (request, reply) => {
    const { method = '', url = '/' } = request;
    const [path, query] = splitOnce(url, '?');
    const allow = allowedAt(path);
    if (allow !== undefined) {
      respondError(reply, wire.renderError(wire.methodNotAllowed(method, path)), { allow });
      return;
    }
    const target = wire.redirectsSlashes ? withoutLastSlashes(path) : undefined;
    if (target !== undefined && allowedAt(target) !== undefined) {
      const scheme = request.socket instanceof TLSSocket ? 'https' : 'http';
      const location = `${scheme}://${request.headers.host ?? ''}${target}${query === undefined ? '' : `?${query}`}`;
      reply.hijack();
      reply.raw.writeHead(307, { location, 'content-length': 0 }).end();
      return;
    }
    respondError(reply, wire.renderError(wire.notFound(method, path)));
  };
}

/** `/process//` as `/process`, also when it is written with escapes; undefined when that is not a different path. */
function withoutLastSlashes(path: string): string | undefined {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.endsWith('/') ? encodeURI(decoded.replace(/\/+$/, '')) || undefined : undefined;
  } catch {
    return undefined;
  }
}

function splitOnce(text: string, separator: string): readonly [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}
