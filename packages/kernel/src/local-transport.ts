import type { Tracer } from '@mlab/telemetry';
import { Call, type CallMeta } from '#/call.ts';
import type { Transport } from '#/client.ts';
import type { Endpoint } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import type { Observer } from '#/observe.ts';
import { serve } from '#/serve.ts';

export interface LocalDoor {
  readonly endpoints: ReadonlyMap<string, Endpoint>;
  readonly tracer: Tracer;
  readonly observer: Observer;
  /** False once the service has ended. */
  readonly open: boolean;
}

/**
 * The way into a service of the same process. Inputs and outputs pass through JSON, inputs are validated and errors rendered
 * and parsed exactly as over HTTP, so that no caller can tell which way it came.
 */
export function localTransport(door: LocalDoor): Transport {
  return (name, operation, input, meta) => {
    const endpoint = door.endpoints.get(name);
    if (endpoint === undefined) return Promise.reject(new Error(`There is no operation ${name}.`));
    return new Promise((resolve, reject) => {
      const started = performance.now();
      door.observer.begin();
      const ownLimit = started + operation.timeoutMs;
      const trace = door.tracer.start(`${operation.method} ${operation.path}`, 'server', meta.trace);
      const call = new Call(meta.caller, trace, Math.min(ownLimit, meta.deadline));
      const leave = (): void => end(cancellation(meta));
      const end = serve(
        endpoint,
        () => {
          if (!door.open) throw new AppError('unavailable', `${endpoint.contract.label} is shutting down.`, { retryAfter: 1 });
          return endpoint.input.check(JSON.parse(JSON.stringify(input)));
        },
        call,
        (output, error) => {
          meta.signal.removeEventListener('abort', leave);
          const rendered = error === undefined ? undefined : endpoint.wire.renderError(error);
          door.observer.observe({ endpoint, call, started, status: rendered?.status ?? 200, error, transport: 'local' });
          if (rendered === undefined) resolve(JSON.parse(output as string));
          else reject(asSeenByCaller(endpoint, rendered, error as AppError, meta));
        },
      );
      if (meta.signal.aborted) leave();
      else meta.signal.addEventListener('abort', leave);
    });
  };
}

/** The error as it would have come over HTTP: without its cause, and without what the wire does not carry. */
function asSeenByCaller(endpoint: Endpoint, rendered: { status: number; body: string }, error: AppError, meta: CallMeta): AppError {
  if (meta.signal.aborted) {
    return new AppError(error.code, 'The caller no longer waits for the answer.', { failure: { kind: 'cancelled', notSent: false } });
  }
  if (meta.deadline <= performance.now()) {
    return new AppError('deadline', 'It did not answer in time.', { failure: { kind: 'timeout', notSent: false } });
  }
  const { code, message, issues } = endpoint.wire.parseError(rendered.status, JSON.parse(rendered.body));
  const failure = { kind: 'answered', notSent: false, status: rendered.status } as const;
  return new AppError(code, message, { issues, retryAfter: error.retryAfter, failure });
}

function cancellation(meta: CallMeta): AppError {
  const reason: unknown = meta.signal.reason;
  return AppError.is(reason) ? reason : new AppError('cancelled', 'The caller no longer waits for the answer.', { cause: reason });
}
