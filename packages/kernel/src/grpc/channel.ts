import { create, fromBinary, toBinary, type DescMethod, type Message } from '@bufbuild/protobuf';
import { Client, credentials, Metadata, status, type ChannelCredentials, type ServiceError } from '@grpc/grpc-js';
import { bufferOf } from '#/buffer-of.ts';
import type { CallMeta } from '#/call.ts';
import { abandoned, timedOut, unreached } from '#/early-ends.ts';
import { AppError, STATUS, type Issue } from '#/errors.ts';
import { openLines } from '#/grpc/lines.ts';
import { CODE_TRAILER, codeOf, ISSUES_TRAILER, RETRY_TRAILER } from '#/grpc/status.ts';
import { CALLER_HEADER, IDENTITY_HEADER, TRACEPARENT_HEADER, TRACESTATE_HEADER } from '#/http/headers.ts';
import type { IdentityTls, Prover } from '#/identity/identity.ts';

export interface Channel {
  readonly ask: (method: DescMethod, request: unknown, call: CallMeta, proof: string | undefined) => Promise<unknown>;
  /** Opens the connection ahead of the first question. Resolves also when that cannot be, or not in time. */
  readonly connect: (withinMs: number) => Promise<void>;
  readonly close: () => void;
}

/** What the library tries by itself is left to those who know whether to try again; proxies are for the world outside. */
const OPTIONS = {
  'grpc.enable_retries': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_channelz': 0,
  // What has failed is left (lines.ts), and tries once more all the same: at once, or that would be a connection that nobody uses.
  'grpc.initial_reconnect_backoff_ms': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
};

export interface ChannelOptions {
  /** The name of the service that is called. */
  readonly callee: string;
  /** What errors call it. */
  readonly label: string;
  readonly url: string;
  readonly identity: Prover | undefined;
  /** How long a connection may be silent that should say something, before another one is tried, in milliseconds. */
  readonly silenceMs: number;
}

export function openChannel({ callee, label, url, identity, silenceMs }: ChannelOptions): Channel {
  const { host } = new URL(url);
  // With mutual TLS a service is known by its name wherever it is, and an address is no name that TLS could ask for.
  const named = identity?.tls === undefined ? {} : { 'grpc.ssl_target_name_override': callee };
  // A host that has gone without a word is found out by asking it: over one connection no call would ever open another.
  const options = { ...OPTIONS, ...named, 'grpc.keepalive_time_ms': silenceMs, 'grpc.keepalive_timeout_ms': silenceMs };
  const lines = openLines({ open: () => new Client(host, credentialsOf(callee, url, identity?.tls), options), patienceMs: silenceMs });
  // The library asks for a certificate once; connections to come need the new one.
  identity?.tls?.onChange(lines.renew);

  const ask: Channel['ask'] = ({ input, output, parent, name }, request, call, proof) =>
    new Promise((resolve, reject) => {
      if (call.signal.aborted) return reject(abandoned(call.signal, true));
      const left = call.deadline - performance.now();
      if (left <= 0) return reject(timedOut());
      const message = create(input, request as Message);
      const metadata = metadataOf(call, proof);
      const line = lines.take();
      let trailers: Metadata | undefined;
      const leave = (): void => sent.cancel();
      const sent = line.client.makeUnaryRequest(
        `/${parent.typeName}/${name}`,
        (asked: Message) => bufferOf(toBinary(input, asked)),
        (bytes) => bytes,
        message,
        metadata,
        { deadline: Date.now() + left },
        (error, bytes) => {
          call.signal.removeEventListener('abort', leave);
          lines.giveBack(line);
          if (error !== null) return reject(call.signal.aborted ? abandoned(call.signal, false) : errorOf(error, label, trailers));
          try {
            resolve(fromBinary(output, bytes as Buffer));
          } catch (cause) {
            const failure = { kind: 'unreadable', notSent: false, status: 200 } as const;
            reject(new AppError('bad_gateway', `${label} answered with something that is no ${output.typeName}.`, { cause, failure }));
          }
        },
      );
      sent.on('status', ({ metadata }) => (trailers = metadata));
      call.signal.addEventListener('abort', leave);
    });
  return { ask, connect: lines.connect, close: lines.close };
}

function credentialsOf(callee: string, url: string, tls: IdentityTls | undefined): ChannelCredentials {
  if (!url.startsWith('https:')) {
    if (tls !== undefined) throw new Error(`${callee} is called at ${url}, where it cannot prove who it is.`);
    return credentials.createInsecure();
  }
  if (tls === undefined) return credentials.createSsl();
  const { ca, key, cert, checkServerIdentity } = tls.clientOptions(callee);
  return credentials.createSsl(Buffer.from(ca), Buffer.from(key), Buffer.from(cert), { checkServerIdentity });
}

function metadataOf({ caller, trace }: CallMeta, proof: string | undefined): Metadata {
  const metadata = new Metadata();
  metadata.set(CALLER_HEADER, caller);
  metadata.set(TRACEPARENT_HEADER, trace.traceparent);
  if (trace.tracestate !== undefined) metadata.set(TRACESTATE_HEADER, trace.tracestate);
  if (proof !== undefined) metadata.set(IDENTITY_HEADER, proof);
  return metadata;
}

/** No answer at all is told from one that says no: only ours says in its trailers which error it was. */
function errorOf(error: ServiceError, label: string, trailers: Metadata | undefined): AppError {
  const { code, details } = error;
  const metadata = (error.metadata as Metadata | undefined) ?? trailers;
  const own = metadata?.get(CODE_TRAILER)[0]?.toString();
  if (own === undefined) {
    if (code === status.DEADLINE_EXCEEDED) return timedOut();
    if (code === status.UNAVAILABLE) return unreached(error, NEVER_SENT.test(details));
  }
  const known = codeOf(code, own);
  const retryAfter = Number(metadata?.get(RETRY_TRAILER)[0] ?? Number.NaN);
  return new AppError(known, own === undefined ? `${label} answered: ${details}` : details, {
    cause: error,
    issues: issuesOf(metadata),
    retryAfter: Number.isFinite(retryAfter) ? retryAfter : undefined,
    failure: { kind: 'answered', notSent: false, status: STATUS[known] },
  });
}

function issuesOf(metadata: Metadata | undefined): readonly Issue[] | undefined {
  const bytes = metadata?.get(ISSUES_TRAILER)[0];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString()) as Issue[];
  } catch {
    return undefined;
  }
}

/** The library's words for a connection that did not come about. */
const NEVER_SENT = /No connection established|Name resolution failed|ECONNREFUSED|closed before call started/;
