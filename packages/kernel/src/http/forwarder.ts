import type { IncomingMessage, ServerResponse } from 'node:http';
import { printable, type Logger, type Tracer } from '@mlab/telemetry';
import type { Contract } from '#/contract.ts';
import { AppError } from '#/errors.ts';
import { leaveRest } from '#/http/body.ts';
import { destinations, type ForwardTo } from '#/http/forwarding.ts';
import { traceContextOf } from '#/http/headers.ts';
import { refusalHeaders, writeError } from '#/http/respond.ts';
import { slowRequestsOf } from '#/http/slow-requests.ts';
import type { Wire } from '#/http/wire.ts';
import type { Observer } from '#/observe.ts';
import type { Admit } from '#/service.ts';

/** Takes a request that is for another service, and answers whether it has. */
export type Forward = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface ForwarderOptions {
  /** The service whose door it is. */
  readonly by: string;
  /** Of the protocols that it speaks itself, whoever else does. */
  readonly ownRoots: ReadonlySet<string>;
  readonly contracts: readonly Contract[];
  /** By the name of the contract; one that is missing cannot be reached. */
  readonly ways: Readonly<Record<string, ForwardTo>>;
  readonly wire: Wire;
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly log: Logger;
  readonly admit: Admit | undefined;
}

export function openForwarder({ by, ownRoots, contracts, ways, wire, tracer, observer, log, admit }: ForwarderOptions): Forward {
  const find = destinations(contracts, ownRoots);
  return (request, response) => {
    const { method = '', url = '/', headers } = request;
    const destination = find(method, url);
    if (destination === undefined) return false;
    const { contract, path } = destination;
    const started = performance.now();
    const span = tracer.start(`forward ${contract.name}`, 'server', traceContextOf(headers));
    let failure: AppError | undefined;
    response.once('close', () => {
      const { statusCode, writableFinished } = response;
      const status = writableFinished ? statusCode : 499;
      const seen = { to: contract.name, method, path: printable(url, 256), status, trace_id: span.traceId };
      const ms = Math.round((performance.now() - started) * 1000) / 1000;
      log.info({ ...seen, ms, ...(failure === undefined ? {} : { error: failure.code, detail: failure.message }) }, 'forwarded request');
      observer.observeOther(`forward ${contract.name}`, status, started);
      span.end({ 'http.response.status_code': status }, status >= 500 ? (failure?.code ?? 'internal') : undefined);
    });
    response.once('finish', () => leaveRest(request));
    const refuse = (error: AppError): void => {
      failure = error;
      if (response.headersSent) return void response.destroy();
      writeError(response, wire.renderError(error), refusalHeaders(error));
    };
    const unreachable = (cause: unknown): void => {
      refuse(new AppError('unavailable', `${contract.label} cannot be reached.`, { cause, retryAfter: 1 }));
    };
    try {
      const admitted = admit?.({ operation: 'forward', client: request.socket.remoteAddress ?? '' });
      for (const [name, value] of Object.entries(admitted ?? {})) response.setHeader(name, value);
    } catch (error) {
      refuse(AppError.from(error));
      return true;
    }
    slowRequestsOf(request)?.allowLong(request);
    const way = ways[contract.name];
    if (way === undefined) unreachable(undefined);
    else way({ request, response, path, by, traceparent: span.traceparent, unreachable });
    return true;
  };
}
