import type { IncomingHttpHeaders } from 'node:http';
import type { CallMeta } from '#/call.ts';
import type { Contract, Method } from '#/contract.ts';
import type { AppError } from '#/errors.ts';

/** One request that a foreign protocol knows. */
export interface Route {
  readonly method: Method;
  /** Below the root of its protocol; `:name` takes one part of the path, `*` at the end takes all that is left. */
  readonly path: string;
  readonly summary: string;
  /** What a caller must be allowed to do. */
  readonly scope: string;
  /** Whether doing it twice is the same as doing it once. */
  readonly safe: boolean;
  /** How long it may take at most, in milliseconds. */
  readonly timeoutMs: number;
  /** `whole`: read before the handler is asked. `stream`: the handler reads it as it comes, however long it is. */
  readonly body: 'whole' | 'stream';
  /** Largest whole body, in bytes; absent: what MLAB_HTTP_BODY_LIMIT_BYTES says. */
  readonly maxBodyBytes?: number;
}

/** How the clients of another system speak: its paths, its bodies, its errors. Ours are operations. */
export interface Protocol {
  /** The system whose protocol it is. */
  readonly title: string;
  /** The path that all its routes stand below; several services may share one. */
  readonly root: `/${string}`;
  /** Other beginnings of paths below the root that stand for the same: `{ '/ajax-api/': '/api/' }`. */
  readonly aliases?: Readonly<Record<string, string>>;
  readonly routes: Readonly<Record<string, Route>>;
}

/** All paths of a route, the root included. What stands at the root itself is asked for with and without a slash behind it. */
export function pathsOf({ root, aliases = {} }: Protocol, { path }: Route): readonly string[] {
  if (path === '/') return [root, `${root}/`];
  const others = Object.entries(aliases).filter(([, target]) => path.startsWith(target));
  return [path, ...others.map(([alias, target]) => alias + path.slice(target.length))].map((each) => root + each);
}

interface RouteSpec {
  readonly summary: string;
  readonly scope: string;
  /** Default: GET is safe, all else is not. */
  readonly safe?: boolean;
  /** Default 30,000; of a stream 3,600,000. */
  readonly timeoutMs?: number;
  /** Default `whole`. */
  readonly body?: 'whole' | 'stream';
  readonly maxBodyBytes?: number;
}

export function route(where: `${Method} /${string}`, spec: RouteSpec): Route {
  const [method, path] = where.split(' ') as [Method, string];
  const { summary, scope, body = 'whole', safe = method === 'GET', maxBodyBytes } = spec;
  const timeoutMs = spec.timeoutMs ?? (body === 'stream' ? 3_600_000 : 30_000);
  return { method, path, summary, scope, safe, timeoutMs, body, ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }) };
}

/** A request as it came. Nothing of it has been checked but its size. */
export interface ForeignRequest {
  readonly method: string;
  /** By name, decoded; what `*` took is called `*`. */
  readonly params: Readonly<Record<string, string | undefined>>;
  /** The part of the URL behind `?`, not decoded. */
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
  readonly contentType: string | undefined;
  /** Empty where the route streams. */
  readonly body: Buffer;
  /** The body of a route that streams. Who stops reading loses nothing but the rest. */
  readonly stream: AsyncIterable<Uint8Array>;
  /** Where the client sees the root of the service: `http://localhost:8000`, also when a gateway stands between. */
  readonly origin: string;
}

export interface ForeignAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** An iterable is sent as it comes; an error before its first chunk is answered as any other. */
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
}

export interface RenderedError {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A handler per route, none missing and none more. */
export type RouteHandlers<R> = {
  readonly [K in keyof R]: (request: ForeignRequest, call: CallMeta) => Promise<ForeignAnswer> | ForeignAnswer;
};

/** A protocol at work: its handlers, and its own form of errors. */
export interface Spoken<P extends Protocol> {
  readonly handlers: RouteHandlers<P['routes']>;
  readonly renderError: (error: AppError) => RenderedError;
}

export type SpokenBy<C extends Contract> = C extends { readonly protocols: infer P extends Readonly<Record<string, Protocol>> }
  ? { readonly [K in keyof P]: Spoken<P[K]> }
  : undefined;
