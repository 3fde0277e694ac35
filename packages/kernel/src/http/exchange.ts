import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Tracer } from '@mlab/telemetry';
import { Call } from '#/call.ts';
import type { Door, Output } from '#/endpoint.ts';
import { AppError } from '#/errors.ts';
import { leaveRest, readBody } from '#/http/body.ts';
import { isHandedOn } from '#/http/forward-local.ts';
import { FORWARDED_BY_HEADER, TIMEOUT_HEADER, traceContextOf } from '#/http/headers.ts';
import { refusalHeaders, write, writeError } from '#/http/respond.ts';
import { IncomingRequest } from '#/http/incoming-request.ts';
import { describeDownload, sendDownload, type Outgoing } from '#/http/send-download.ts';
import { slowRequestsOf } from '#/http/slow-requests.ts';
import { unproven, type Caller } from '#/identity/caller.ts';
import type { Identity } from '#/identity/identity.ts';
import { NOBODY, onBehalf } from '#/identity/on-behalf.ts';
import type { Observer } from '#/observe.ts';
import { serve } from '#/serve.ts';
import type { Admit } from '#/service.ts';

type Headers = Readonly<Record<string, string>>;
export type Params = Readonly<Record<string, string>>;

export interface DoorRoute {
  readonly door: Door;
  readonly spanName: string;
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly bodyLimitBytes: number;
  readonly admit: Admit | undefined;
  readonly identity: Identity;
}

/** One request and its answer. It is answered exactly once: with an output, with an error, or not at all when the client has gone. */
export class Exchange {
  readonly #route: DoorRoute;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #params: Params;
  readonly #started = performance.now();
  readonly #call: Call;
  #settled = false;
  #admitted: Headers | undefined;
  #cancel: ((reason: AppError) => void) | undefined;

  constructor(route: DoorRoute, request: IncomingMessage, response: ServerResponse, params: Params) {
    this.#route = route;
    this.#request = request;
    this.#response = response;
    this.#params = params;
    const { headers } = request;
    this.#call = new Call(
      NOBODY,
      route.tracer.start(route.spanName, 'server', traceContextOf(headers)),
      this.#started + allowedTime(headers[TIMEOUT_HEADER], route.door.operation.timeoutMs),
    );
  }

  begin(): void {
    const { observer, admit, door, identity } = this.#route;
    const raw = this.#request;
    observer.begin();
    this.#response.on('close', () => this.#clientGone());
    try {
      this.#admitted = admit?.({ operation: door.name, client: raw.socket.remoteAddress ?? '' });
      const caller = isHandedOn(raw) ? NOBODY : identity.identify(raw, door.contract.name);
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
    const raw = this.#request;
    this.#call.identify(onBehalf(raw.headers[FORWARDED_BY_HEADER], caller));
    const { door, bodyLimitBytes } = this.#route;
    if (door.streams === true) {
      slowRequestsOf(raw)?.allowLong(raw);
      this.#run(undefined, NOTHING);
    } else readBody(raw, door.maxBodyBytes ?? bodyLimitBytes, (error, body) => this.#run(error, body));
  }

  /** Before it is known who calls. */
  #turnAway(error: unknown): void {
    this.#call.identify(unproven(this.#request.headers, 'missing'));
    this.#settle(undefined, AppError.from(error));
  }

  #run(refused: AppError | undefined, body: Buffer): void {
    if (refused !== undefined) return this.#settle(undefined, refused);
    if (this.#settled) return;
    const { door } = this.#route;
    const raw = this.#request;
    const read = (): unknown => door.input.read(new IncomingRequest(raw, this.#params, body));
    this.#cancel = serve(door, read, this.#call, (output, error) => this.#settle(output, error));
  }

  #clientGone(): void {
    if (this.#settled) return;
    const gone = new AppError('cancelled', 'The client closed the connection before it was answered.');
    this.#cancel?.(gone);
    this.#settle(undefined, gone);
  }

  #settle(output: Output | undefined, error: AppError | undefined): void {
    if (this.#settled) return;
    this.#settled = true;
    // What the handler has not read: closing now would tear the answer out of the hands of a client that still sends.
    if (this.#route.door.streams === true) leaveRest(this.#request);
    if (error !== undefined) return this.#refuse(error);
    if (typeof output !== 'object') return this.#respond(200, 'application/json', output ?? '');
    if (!('status' in output)) return void this.#send({ status: 200, headers: describeDownload(output), body: output.body });
    const { status, contentType, headers, body } = output;
    if (typeof body === 'string' || body instanceof Uint8Array) return this.#respond(status, contentType, body, headers);
    void this.#send({ status, headers: { ...headers, 'content-type': contentType }, body });
  }

  #respond(status: number, contentType: string, body: string | Uint8Array, headers?: Headers): void {
    this.#observe(status, undefined);
    write(this.#response, status, contentType, body, headers === undefined ? this.#admitted : { ...this.#admitted, ...headers });
  }

  #send(outgoing: Outgoing): Promise<void> {
    const { door } = this.#route;
    return sendDownload(this.#response, outgoing, {
      call: this.#call,
      label: door.contract.label,
      headers: this.#admitted,
      refuse: (error) => this.#refuse(error),
      ended: (bytes, error) => this.#observe(error === undefined ? outgoing.status : door.wire.renderError(error).status, error, bytes),
    });
  }

  #refuse(error: AppError): void {
    const rendered = this.#route.door.wire.renderError(error);
    this.#observe(rendered.status, error);
    writeError(this.#response, rendered, { ...this.#admitted, ...refusalHeaders(error) });
  }

  #observe(status: number, error: AppError | undefined, bytes?: number): void {
    const { door, observer } = this.#route;
    observer.observe({ door, call: this.#call, started: this.#started, status, error, transport: 'http', bytes });
  }
}

const NOTHING = Buffer.alloc(0);

/** The caller's patience, never more than the operation's own limit. */
function allowedTime(header: string | string[] | undefined, limit: number): number {
  const asked = Number(header);
  return asked > 0 && asked < limit ? asked : limit;
}
