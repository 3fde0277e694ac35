import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { FastifyReply } from 'fastify';
import findMyWay, { type HTTPMethod } from 'find-my-way';
import { respondError } from '#/http/respond.ts';
import type { Door } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import type { OpenedProtocol } from '#/http/protocol-doors.ts';
import type { Wire } from '#/http/wire.ts';
import { lazily } from '#/lazily.ts';

export interface Route {
  readonly methods: readonly string[];
  readonly path: string;
}

const ANY: HTTPMethod = 'GET';

export const routeOf = ({ operation: { method, path } }: Door): Route => ({ methods: [method], path });

type Answer = (request: IncomingMessage, reply: FastifyReply) => void;

/** What no route takes, in the words of the protocol below whose root it lies, else in those of the service. */
export function unmatchedHandler(wire: Wire, routes: readonly Route[], protocols: readonly OpenedProtocol[]): Answer {
  const own = answerOf(wire, routes);
  const foreign = protocols.map(({ root, doors, renderError }) => ({
    root,
    answer: answerOf(foreignWire(renderError), doors.map(routeOf)),
  }));
  return (request, reply) => {
    const { url = '/' } = request;
    const found = foreign.find(({ root }) => url.startsWith(root) && /^$|^[/?]/.test(url.slice(root.length)));
    (found?.answer ?? own)(request, reply);
  };
}

/** What a wire says of requests that nobody takes. */
type Words = Pick<Wire, 'renderError' | 'notFound' | 'methodNotAllowed' | 'redirectsSlashes'>;

const foreignWire = (renderError: Words['renderError']): Words => ({
  renderError,
  notFound: (method, path) => new AppError('not_found', `There is nothing at ${method} ${path}.`, { reason: 'no_route' }),
  methodNotAllowed: (method, path) => new AppError('method_not_allowed', `${path} does not take ${method}.`, { reason: 'no_route' }),
  redirectsSlashes: false,
});

/** 405 with `allow` where the path exists, a redirect where only its last slash is too much, else 404. */
function answerOf(wire: Words, routes: readonly Route[]): Answer {
  // Most processes never need it, and it takes longer than all else that a service does when it starts.
  const paths = lazily(() => pathsOf(routes));
  const allowedAt = (path: string): string | undefined => paths().find(ANY, path)?.store as string | undefined;

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

/** What each path takes. */
function pathsOf(routes: readonly Route[]): ReturnType<typeof findMyWay> {
  const allowed = new Map<string, Set<string>>();
  for (const { methods, path } of routes) allowed.set(path, (allowed.get(path) ?? new Set()).union(new Set(methods)));
  const paths = findMyWay();
  for (const [path, methods] of allowed) paths.on(ANY, path, () => {}, [...methods].toSorted().join(', '));
  return paths;
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
