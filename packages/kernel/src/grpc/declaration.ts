/** One method of a gRPC service: what holds for operations over HTTP holds for it. */
export interface GrpcMethod {
  readonly summary: string;
  /** What a caller must be allowed to do. */
  readonly scope: string;
  /** Whether doing it twice is the same as doing it once. */
  readonly safe: boolean;
  /** How long it may take at most, in milliseconds; a caller's own deadline may be sooner. */
  readonly timeoutMs: number;
  /** The services that alone may call it; absent: anybody. */
  readonly callers?: readonly string[];
  /** Largest message that it takes, in bytes; absent: what MLAB_HTTP_BODY_LIMIT_BYTES says. */
  readonly maxMessageBytes?: number;
}

/** What a service answers over gRPC, on a port of its own. The messages stand in the descriptors that its implementation brings. */
export interface GrpcDeclaration {
  /** The port it listens on unless told otherwise. */
  readonly port: number;
  /** Methods by their names in the .proto file, by the full name of their service: `inference.GRPCInferenceService`. */
  readonly services: Readonly<Record<string, Readonly<Record<string, GrpcMethod>>>>;
}

interface GrpcMethodSpec extends Omit<GrpcMethod, 'safe' | 'timeoutMs'> {
  /** Default: it is not. */
  readonly safe?: boolean;
  /** Default 30,000. */
  readonly timeoutMs?: number;
}

export function grpcMethod({ safe = false, timeoutMs = 30_000, ...rest }: GrpcMethodSpec): GrpcMethod {
  return { safe, timeoutMs, ...rest };
}
