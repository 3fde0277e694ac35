import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tracer } from '@mlab/telemetry';
import { Call, type CallMeta } from '#/call.ts';
import type { Transport } from '#/client.ts';
import type { Upload } from '#/contract.ts';
import type { Door, Endpoint } from '#/endpoint.ts';
import { abandoned, timedOut } from '#/early-ends.ts';
import { AppError } from '#/errors.ts';
import { OutgoingBody } from '#/http/upload-body.ts';
import { handOverDownload } from '#/local-download.ts';
import type { Observer } from '#/observe.ts';
import { serve } from '#/serve.ts';

export interface LocalDoor {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  /** Of the protocols that it speaks, by method and path. */
  readonly foreign: ReadonlyMap<string, Door>;
  readonly tracer: Tracer;
  readonly observer: Observer;
  /** False once the service has ended. */
  readonly open: boolean;
  /** Its door over HTTP, for requests that are handed on; absent until it has one. */
  readonly route?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
}

/**
 * The way into a service of the same process. Inputs and outputs pass through JSON, inputs are validated and errors rendered
 * and parsed exactly as over HTTP, so that no caller can tell which way it came.
 */
export function localTransport(door: LocalDoor): Transport {
  return (name, operation, input, meta) => {
    const endpoint = door.endpoints.get(name);
    if (endpoint === undefined) return Promise.reject(new Error(`There is no operation ${name}.`));
    if (meta.signal.aborted) return Promise.reject(abandoned(meta.signal, true));
    const outgoing = operation.upload === true ? new OutgoingBody((input as Upload).body) : undefined;
    return new Promise((resolve, reject) => {
      const started = performance.now();
      door.observer.begin();
      const ownLimit = started + operation.timeoutMs;
      const trace = door.tracer.start(`${operation.method} ${operation.path}`, 'server', meta.trace);
      // Whoever holds a client in this process is the service that it was made for.
      const call = new Call({ name: meta.caller, proof: 'given' }, trace, Math.min(ownLimit, meta.deadline));
      let settled = false;
      const observe = (status: number, error: AppError | undefined, bytes?: number): void =>
        door.observer.observe({ door: endpoint, call, started, status, error, transport: 'local', bytes });
      const refuse = (error: AppError): void => {
        const rendered = endpoint.wire.renderError(error);
        observe(rendered.status, error);
        if (outgoing?.failure !== undefined) return reject(outgoing.failure.error);
        reject(asSeenByCaller(endpoint, rendered, error, meta));
      };
      const leave = (): void => end(abandoned(meta.signal, false));
      const end = serve(
        endpoint,
        () => {
          if (!door.open) throw new AppError('unavailable', `${endpoint.contract.label} is shutting down.`, { retryAfter: 1 });
          return endpoint.input.check(
            outgoing === undefined ? JSON.parse(JSON.stringify(input)) : { ...(input as Upload), body: outgoing },
          );
        },
        call,
        (output, error) => {
          settled = true;
          meta.signal.removeEventListener('abort', leave);
          if (error !== undefined) return refuse(error);
          if (typeof output !== 'object') {
            observe(200, undefined);
            return resolve(JSON.parse(output as string));
          }
          if ('status' in output) {
            observe(output.status, undefined);
            return resolve(JSON.parse(Buffer.from(output.body as Uint8Array).toString()));
          }
          const ended = (bytes: number, broken: AppError | undefined): void =>
            observe(broken === undefined ? 200 : endpoint.wire.renderError(broken).status, broken, bytes);
          void handOverDownload(output, { call, label: endpoint.contract.label, meta, refuse, ended }).then(resolve);
        },
      );
      if (!settled) meta.signal.addEventListener('abort', leave);
    });
  };
}

/** The error as it would have come over HTTP: without its cause, and without what the wire does not carry. */
function asSeenByCaller(endpoint: Endpoint, rendered: { status: number; body: string }, error: AppError, meta: CallMeta): AppError {
  if (meta.signal.aborted) return abandoned(meta.signal, false);
  if (meta.deadline <= performance.now()) return timedOut();
  const { code, message, issues } = endpoint.wire.parseError(rendered.status, JSON.parse(rendered.body));
  const failure = { kind: 'answered', notSent: false, status: rendered.status } as const;
  return new AppError(code, message, { issues, retryAfter: error.retryAfter, failure });
}
