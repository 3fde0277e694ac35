import { isIP } from 'node:net';
import type { Readable } from 'node:stream';
import { Compile } from '@mlab/schema';
import { inWords, issuesOf } from '@mlab/schema/issues';
import { Pool } from 'undici';
import type { CallMeta } from '#/call.ts';
import type { Transport } from '#/client.ts';
import type { AnyOperation, Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { Answer } from '#/http/answer.ts';
import { forwardRemote } from '#/http/forward-remote.ts';
import type { ForwardTo } from '#/http/forwarding.ts';
import { IncomingDownload } from '#/http/incoming-download.ts';
import { ask, type Way } from '#/http/ask.ts';
import { requestHeaders, requestWriter } from '#/http/request.ts';
import { OutgoingBody } from '#/http/upload-body.ts';
import { wires } from '#/http/wires.ts';
import type { Prover } from '#/identity/identity.ts';
import { lazily } from '#/lazily.ts';
import type { SpeakTransport } from '#/speak.ts';

export interface HttpTransportOptions {
  /** Where the service is: scheme, host, port, and the path that its operations stand below. */
  readonly base: URL;
  /** Connect to this address instead of asking for the host's name; the `Host` header stays. */
  readonly address?: string;
  /** How long a connection may take to come about, in milliseconds. */
  readonly connectTimeoutMs?: number;
  /** How callers prove who they are; absent: not at all. */
  readonly identity?: Prover | undefined;
}

export interface HttpTransport extends AsyncDisposable {
  readonly call: Transport;
  /** Hands on what came for this service to somebody else's door. */
  readonly forward: ForwardTo;
  /** Asks in a protocol of another system. */
  readonly speak: SpeakTransport;
}

/** Calls over pooled keep-alive connections. The deadline and the signal of a call end it, wherever it is. */
export function openHttpTransport(contract: Contract, options: HttpTransportOptions): HttpTransport {
  const { base, address, connectTimeoutMs = 1000, identity } = options;
  const origin = new URL(base.origin);
  if (address !== undefined) origin.hostname = address.includes(':') ? `[${address}]` : address;
  const pool = new Pool(origin.origin, {
    connect: identity?.tls?.connector(contract.name, connectTimeoutMs) ?? { timeout: connectTimeoutMs, ...serverNameOf(base) },
    // The deadline of each call is kept here; the pool's own time limits would only add timers.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const prefix = base.pathname.replace(/\/$/, '');
  const prepared = new Map(Object.values(contract.operations).map((operation) => [operation, prepare(contract, operation)]));
  const call: Transport = (_name, operation, input, meta) => {
    const known = prepared.get(operation);
    if (known === undefined) throw new Error(`${operation.method} ${operation.path} is not an operation of ${contract.name}.`);
    const proof = identity?.prove(meta.caller, contract.name);
    if (proof instanceof Promise) return proof.then((made) => send({ pool, prefix, host: base.host, proof: made }, known, input, meta));
    return send({ pool, prefix, host: base.host, proof }, known, input, meta);
  };
  const forward: ForwardTo = (forwarded) => {
    const proof = identity?.prove(forwarded.by, contract.name);
    const send = (made: string | undefined): void => forwardRemote({ pool, prefix, host: base.host, proof: made }, forwarded);
    if (proof instanceof Promise) proof.then(send, forwarded.unreachable);
    else send(proof);
  };
  const speak: SpeakTransport = async (protocol, route, question, meta) => {
    const proof = await identity?.prove(meta.caller, contract.name);
    return ask({ pool, prefix, host: base.host, proof }, { protocol, route, question }, meta);
  };
  return { call, forward, speak, [Symbol.asyncDispose]: () => pool.close() };
}

const bodyTypeOf = (body: string | OutgoingBody | null): string | undefined =>
  body === null ? undefined : typeof body === 'string' ? 'application/json' : 'application/octet-stream';

/** The name for TLS, which addresses do not have. */
function serverNameOf({ protocol, hostname }: URL): { readonly servername?: string } {
  return protocol === 'https:' && !hostname.startsWith('[') && isIP(hostname) === 0 ? { servername: hostname } : {};
}

interface Prepared {
  readonly operation: AnyOperation;
  readonly download: boolean;
  readonly write: ReturnType<typeof requestWriter>;
  /** What an answer means: a value that the contract's output accepts, or an AppError. */
  readonly read: (status: number, text: string, retryAfter: string | undefined) => unknown;
}

function prepare(contract: Contract, operation: AnyOperation): Prepared {
  const output = lazily(() => Compile(operation.output.json));
  const wire = wires[contract.wire];
  const unreadable = (status: number, why: string): AppError =>
    new AppError('bad_gateway', `${contract.label} answered ${why}.`, { failure: { kind: 'unreadable', notSent: false, status } });
  const read: Prepared['read'] = (status, text, retryAfter) => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      if (status < 300) throw unreadable(status, 'with something that is not JSON');
    }
    if (status < 200 || status >= 300) {
      const { code, message, issues } = wire.parseError(status, value);
      const seconds = Number(retryAfter);
      const failure = { kind: 'answered', notSent: false, status } as const;
      throw new AppError(code, message, { issues, retryAfter: Number.isFinite(seconds) ? seconds : undefined, failure });
    }
    if (output().Check(value)) return value;
    const [first] = issuesOf(output().Errors(value), value);
    const what = first === undefined ? '' : `: ${[...first.loc, inWords(first)].join(' ')}`;
    throw unreadable(status, `with something else than promised${what}`);
  };
  return { operation, download: operation.contentTypes !== undefined, write: requestWriter(operation), read };
}

function send(
  { pool, prefix, host, proof }: Way,
  { operation, download, write, read }: Prepared,
  input: unknown,
  call: CallMeta,
): Promise<unknown> {
  const { path, body } = write(input);
  const now = performance.now();
  return new Promise((resolve, reject) => {
    const answer = download
      ? new IncomingDownload(call, now, { resolve, reject, refuse: read })
      : new Answer(call, now, (error, status, bytes, headers) => {
          if (error !== undefined) return reject(body instanceof OutgoingBody ? (body.failure?.error ?? error) : error);
          try {
            resolve(read(status, bytes.toString('utf8'), headers['retry-after']));
          } catch (unexpected) {
            reject(unexpected);
          }
        });
    if (answer.ended) return;
    pool.dispatch(
      {
        path: prefix + path,
        method: operation.method,
        body: body as string | Readable | null,
        headers: requestHeaders(host, bodyTypeOf(body), call, now, proof),
        idempotent: operation.safe,
      },
      answer,
    );
  });
}
