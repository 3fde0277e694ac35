import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tracer } from '@mlab/telemetry';
import { Call } from '#/call.ts';
import type { Endpoint } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { readBody } from '#/http/body.ts';
import { CALLER_HEADER, TIMEOUT_HEADER, TRACEPARENT_HEADER, TRACESTATE_HEADER } from '#/http/headers.ts';
import { respond } from '#/http/respond.ts';
import type { Observer } from '#/observe.ts';
import { serve } from '#/serve.ts';
import type { Running } from '#/service.ts';

export interface OperationRouteOptions {
  readonly endpoint: Endpoint;
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly bodyLimitBytes: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever the contract: the door asks only for `admit`
  readonly admit: Running<any>['admit'];
}

/** One operation over HTTP, from the arrival of its headers to the answer. */
export function operationRoute(options: OperationRouteOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const { endpoint, tracer, observer, bodyLimitBytes, admit } = options;
  const { operation, wire } = endpoint;
  const spanName = `${operation.method} ${operation.path}`;

  return (request, reply) => {
    const started = performance.now();
    observer.begin();
    const { raw } = request;
    const { headers } = raw;
    const traceparent = headers[TRACEPARENT_HEADER];
    const parent = typeof traceparent === 'string' ? { traceparent, tracestate: text(headers[TRACESTATE_HEADER]) } : undefined;
    const timeoutMs = allowedTime(headers[TIMEOUT_HEADER], operation.timeoutMs);
    const call = new Call(text(headers[CALLER_HEADER]) ?? 'anonymous', tracer.start(spanName, 'server', parent), started + timeoutMs);

    let settled = false;
    let extra: Readonly<Record<string, string>> | undefined;
    let cancel: ((reason: AppError) => void) | undefined;
    const settle = (output: string | undefined, error: AppError | undefined): void => {
      if (settled) return;
      settled = true;
      if (error === undefined) {
        observer.observe({ endpoint, call, started, status: 200, error, transport: 'http' });
        respond(reply, 200, 'application/json', output ?? '', extra);
        return;
      }
      const { status, contentType, body } = wire.renderError(error);
      observer.observe({ endpoint, call, started, status, error, transport: 'http' });
      const retryAfter = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter))) };
      respond(reply, status, contentType, body, { ...extra, ...error.headers, ...retryAfter });
    };
    reply.raw.on('close', () => {
      if (settled) return;
      const gone = new AppError('cancelled', 'The client closed the connection before it was answered.');
      cancel?.(gone);
      settle(undefined, gone);
    });

    try {
      extra = admit?.({ operation: endpoint.name, client: raw.socket.remoteAddress ?? '' });
    } catch (error) {
      settle(undefined, AppError.from(error));
      return;
    }
    readBody(raw, bodyLimitBytes, (error, body) => {
      if (error !== undefined) return settle(undefined, error);
      if (settled) return;
      const read = (): unknown =>
        endpoint.input.read({
          params: request.params as Record<string, string>,
          query: queryOf(raw.url ?? ''),
          contentType: headers['content-type'],
          body,
        });
      cancel = serve(endpoint, read, call, settle);
    });
  };
}

const text = (header: string | string[] | undefined): string | undefined => (typeof header === 'string' ? header.slice(0, 512) : undefined);

/** The caller's patience, never more than the operation's own limit. */
function allowedTime(header: string | string[] | undefined, limit: number): number {
  const asked = Number(header);
  return asked > 0 && asked < limit ? asked : limit;
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}
