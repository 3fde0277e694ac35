import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Tracer } from '@mlab/telemetry';
import { Call } from '#/call.ts';
import type { Download } from '#/contract.ts';
import type { Endpoint } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { readBody } from '#/http/body.ts';
import { TIMEOUT_HEADER, TRACEPARENT_HEADER, TRACESTATE_HEADER } from '#/http/headers.ts';
import { respond, respondError } from '#/http/respond.ts';
import { sendDownload } from '#/http/send-download.ts';
import { unproven, type Caller } from '#/identity/caller.ts';
import type { Identity } from '#/identity/identity.ts';
import type { Observer } from '#/observe.ts';
import { serve } from '#/serve.ts';
import type { Admit } from '#/service.ts';

type Headers = Readonly<Record<string, string>>;

export interface OperationRoute {
  readonly endpoint: Endpoint;
  readonly spanName: string;
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly bodyLimitBytes: number;
  readonly admit: Admit | undefined;
  readonly identity: Identity;
}

/** One request and its answer. It is answered exactly once: with an output, with an error, or not at all when the client has gone. */
export class Exchange {
  readonly #route: OperationRoute;
  readonly #request: FastifyRequest;
  readonly #reply: FastifyReply;
  readonly #started = performance.now();
  readonly #call: Call;
  #settled = false;
  #admitted: Headers | undefined;
  #cancel: ((reason: AppError) => void) | undefined;

  constructor(route: OperationRoute, request: FastifyRequest, reply: FastifyReply) {
    this.#route = route;
    this.#request = request;
    this.#reply = reply;
    const { headers } = request.raw;
    const traceparent = headers[TRACEPARENT_HEADER];
    const parent = typeof traceparent === 'string' ? { traceparent, tracestate: text(headers[TRACESTATE_HEADER]) } : undefined;
    this.#call = new Call(
      NOBODY,
      route.tracer.start(route.spanName, 'server', parent),
      this.#started + allowedTime(headers[TIMEOUT_HEADER], route.endpoint.operation.timeoutMs),
    );
  }

  begin(): void {
    const { observer, admit, endpoint, identity } = this.#route;
    const { raw } = this.#request;
    observer.begin();
    this.#reply.raw.on('close', () => this.#clientGone());
    try {
      this.#admitted = admit?.({ operation: endpoint.name, client: raw.socket.remoteAddress ?? '' });
      const caller = identity.identify(raw, endpoint.contract.name);
      if (!(caller instanceof Promise)) return this.#identified(caller);
      caller.then(
        (known) => this.#identified(known),
        (error: unknown) => this.#turnAway(error),
      );
    } catch (error) {
      this.#turnAway(error);
    }
  }

  #identified(caller: Caller): void {
    this.#call.identify(caller);
    readBody(this.#request.raw, this.#route.bodyLimitBytes, (error, body) => this.#run(error, body));
  }

  /** Before it is known who calls. */
  #turnAway(error: unknown): void {
    this.#call.identify(unproven(this.#request.raw.headers, 'missing'));
    this.#settle(undefined, AppError.from(error));
  }

  #run(refused: AppError | undefined, body: Buffer): void {
    if (refused !== undefined) return this.#settle(undefined, refused);
    if (this.#settled) return;
    const { endpoint } = this.#route;
    const { raw, params } = this.#request;
    const read = (): unknown =>
      endpoint.input.read({
        params: params as Record<string, string>,
        query: queryOf(raw.url ?? ''),
        contentType: raw.headers['content-type'],
        body,
      });
    this.#cancel = serve(endpoint, read, this.#call, (output, error) => this.#settle(output, error));
  }

  #clientGone(): void {
    if (this.#settled) return;
    const gone = new AppError('cancelled', 'The client closed the connection before it was answered.');
    this.#cancel?.(gone);
    this.#settle(undefined, gone);
  }

  #settle(output: string | Download | undefined, error: AppError | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    if (error !== undefined) return this.#refuse(error);
    if (typeof output === 'object') return void this.#send(output);
    this.#observe(200, undefined);
    respond(this.#reply, 200, 'application/json', output ?? '', this.#admitted);
  }

  #send(download: Download): Promise<void> {
    return sendDownload(this.#reply, download, {
      call: this.#call,
      label: this.#route.endpoint.contract.label,
      headers: this.#admitted,
      refuse: (error) => this.#refuse(error),
      ended: (bytes, error) => this.#observe(error === undefined ? 200 : this.#route.endpoint.wire.renderError(error).status, error, bytes),
    });
  }

  #refuse(error: AppError): void {
    const rendered = this.#route.endpoint.wire.renderError(error);
    this.#observe(rendered.status, error);
    const retryAfter = error.retryAfter === undefined ? {} : { 'retry-after': String(Math.max(1, Math.ceil(error.retryAfter))) };
    respondError(this.#reply, rendered, { ...this.#admitted, ...error.headers, ...retryAfter });
  }

  #observe(status: number, error: AppError | undefined, bytes?: number): void {
    const { endpoint, observer } = this.#route;
    observer.observe({ endpoint, call: this.#call, started: this.#started, status, error, transport: 'http', bytes });
  }
}

const text = (header: string | string[] | undefined): string | undefined => (typeof header === 'string' ? header.slice(0, 512) : undefined);

const NOBODY: Caller = { name: 'anonymous', proof: 'missing' };

/** The caller's patience, never more than the operation's own limit. */
function allowedTime(header: string | string[] | undefined, limit: number): number {
  const asked = Number(header);
  return asked > 0 && asked < limit ? asked : limit;
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}
