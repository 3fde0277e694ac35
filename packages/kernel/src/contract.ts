import type { Static, TSchema } from '@mlab/schema';
import type { CallMeta } from '#/call.ts';
import type { GrpcDeclaration } from '#/grpc/declaration.ts';
import type { Protocol } from '#/protocol.ts';
import type { AnyEventType, AnyQueue } from '#/state/events.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How requests are read and errors are written on the outside: FastAPI's way for the lab's two services, RFC 9457 for all others. */
export type WireName = 'fastapi' | 'problem';

export interface AnySchema {
  readonly json: TSchema;
}

/** A JSON Schema that remembers the TypeScript type it accepts. The phantom keeps the schema library out of every generic signature. */
export interface Schema<T> extends AnySchema {
  readonly '~type'?: T;
}

export interface AnyOperation {
  readonly method: Method;
  /** Below the service's own root; `:name` takes a part of the input. */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** What a caller must be allowed to do. */
  readonly scope: string;
  /** Whether doing it twice is the same as doing it once, so that a failed call may be repeated. */
  readonly safe: boolean;
  /** How long it may take at most, in milliseconds; a caller's own deadline may be sooner. */
  readonly timeoutMs: number;
  /** The services that alone may call it; absent: anybody. */
  readonly callers?: readonly string[];
  /** Largest body, in bytes; absent: what MLAB_HTTP_BODY_LIMIT_BYTES says. */
  readonly maxBodyBytes?: number;
  /** Parts of the input that may also come as a header, which then counts: its name in lower case, by the name of the part. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly input: AnySchema;
  readonly output: AnySchema;
  /** Set on a download: the media types it may answer with instead of JSON. */
  readonly contentTypes?: readonly string[];
  /** Set on an upload: its body is bytes, and its input comes by path and query. */
  readonly upload?: true;
}

export interface Operation<I, O> extends AnyOperation {
  readonly input: Schema<I>;
  readonly output: Schema<O>;
}

export interface Contract {
  readonly name: string;
  /** What `/` says, and the title of its documentation. */
  readonly title: string;
  /** What `/health` says. */
  readonly label: string;
  readonly description: string;
  /** The port it listens on unless told otherwise. */
  readonly port: number;
  readonly wire: WireName;
  readonly operations: Readonly<Record<string, AnyOperation>>;
  /** Protocols of other systems that it speaks to their clients. */
  readonly protocols?: Readonly<Record<string, Protocol>>;
  /** What it answers over gRPC besides. */
  readonly grpc?: GrpcDeclaration;
  /** What it tells. */
  readonly events?: Readonly<Record<string, AnyEventType>>;
  /** What work it takes. */
  readonly queues?: Readonly<Record<string, AnyQueue>>;
}

/** A client's methods: the call is a required argument, so that no deadline and no trace is lost by forgetting it. */
export type ClientOf<C extends Contract> = {
  readonly [K in keyof C['operations']]: C['operations'][K] extends Operation<infer I, infer O>
    ? (input: I, call: CallMeta) => Promise<O>
    : never;
};

/** A handler per operation, none missing and none more. It may answer at once or later. */
export type HandlersOf<C extends Contract> = {
  readonly [K in keyof C['operations']]: C['operations'][K] extends Operation<infer I, infer O>
    ? (input: I, call: CallMeta) => Promise<O> | O
    : never;
};

export function defineContract<const C extends Contract>(contract: C): C {
  return contract;
}

interface OperationSpec<I extends TSchema, O extends TSchema> {
  readonly summary: string;
  readonly description?: string;
  readonly scope: string;
  /** Default: GET is safe, all else is not. */
  readonly safe?: boolean;
  /** Default 30,000. */
  readonly timeoutMs?: number;
  /** Default: anybody may call it. A service in the list must prove that it is one (MLAB_IDENTITY); so nobody else can come from outside. */
  readonly callers?: readonly string[];
  /** Default: as all others. */
  readonly maxBodyBytes?: number;
  /** `{ after: 'last-event-id' }`, where a standard puts a part of the input into a header. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly input: I;
  readonly output: O;
}

export function operation<I extends TSchema, O extends TSchema>(
  route: `${Method} /${string}`,
  spec: OperationSpec<I, O>,
): Operation<Static<I>, Static<O>> {
  const [method, path] = route.split(' ') as [Method, string];
  const { summary, description = '', scope, safe = method === 'GET', timeoutMs = 30_000, input, output, ...rest } = spec;
  return { method, path, summary, description, scope, safe, timeoutMs, ...rest, input: { json: input }, output: { json: output } };
}

/**
 * What a download answers with. An error before the first chunk is answered as any other; after it the connection is broken, so
 * that nobody takes a part for the whole. Who stops reading ends the iterator. A chunk is not changed once it is handed out.
 */
export interface Download {
  readonly contentType: string;
  /** What a browser would save it as. */
  readonly fileName?: string;
  readonly body: AsyncIterable<Uint8Array>;
}

interface DownloadSpec<I extends TSchema> extends Omit<OperationSpec<I, TSchema>, 'output'> {
  readonly contentTypes: readonly [string, ...string[]];
}

/** An operation that answers with bytes as they come, however many. `timeoutMs` is for all of them; default 600,000. */
export function download<I extends TSchema>(route: `${Method} /${string}`, spec: DownloadSpec<I>): Operation<Static<I>, Download> {
  const { contentTypes, ...rest } = spec;
  return { ...operation(route, { timeoutMs: 600_000, ...rest, output: {} }), contentTypes } as Operation<Static<I>, Download>;
}

/** What an upload brings besides its input. */
export interface Upload {
  /**
   * The bytes as they come, of any media type. Where they break off, reading them throws `cancelled`; who stops reading leaves the rest,
   * and may still answer.
   */
  readonly body: AsyncIterable<Uint8Array>;
}

/** An operation whose body is bytes, however many: whoever handles it sees to a limit. `timeoutMs` is for all of them; default 3,600,000. */
export function upload<I extends TSchema, O extends TSchema>(
  route: `${'POST' | 'PUT'} /${string}`,
  spec: Omit<OperationSpec<I, O>, 'safe' | 'maxBodyBytes'>,
): Operation<Static<I> & Upload, Static<O>> {
  // What has begun to come cannot be sent again.
  return { ...operation(route, { timeoutMs: 3_600_000, ...spec, safe: false }), upload: true };
}

export function schema<S extends TSchema>(json: S): Schema<Static<S>> {
  return { json };
}
