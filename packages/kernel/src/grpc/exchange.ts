import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Metadata } from '@grpc/grpc-js';
import type { Tracer } from '@mlab/telemetry';
import { Call } from '#/call.ts';
import { AppError, STATUS } from '#/errors.ts';
import type { GrpcDoor } from '#/grpc/doors.ts';
import type { Gate } from '#/http/gate.ts';
import { FORWARDED_BY_HEADER, traceContextOf } from '#/http/headers.ts';
import type { Caller } from '#/identity/caller.ts';
import type { Identity } from '#/identity/identity.ts';
import { NOBODY, onBehalf } from '#/identity/on-behalf.ts';
import type { Observer } from '#/observe.ts';
import type { Admit } from '#/service.ts';

export interface ExchangeOptions {
  readonly tracer: Tracer;
  readonly observer: Observer;
  readonly gate: Gate;
  readonly admit: Admit | undefined;
  readonly identity: Identity;
}

/** What the library knows of a call that has come. */
export interface Arrived {
  readonly door: GrpcDoor;
  readonly metadata: Metadata;
  readonly socket: Socket | undefined;
  /** `:authority` */
  readonly host: string;
  /** In milliseconds since 1970; Infinity where the caller waits for ever. */
  readonly until: number;
}

/** One call over gRPC, from its headers on. It is told of exactly once. */
export class GrpcExchange {
  readonly door: GrpcDoor;
  readonly call: Call;
  readonly started = performance.now();
  /** Whether its handler has been asked: from then on it is the handler's time that passes. */
  handled = false;
  readonly #options: ExchangeOptions;
  readonly #request: IncomingMessage;
  #settled = false;
  #cancel: ((reason: AppError) => void) | undefined;

  constructor(options: ExchangeOptions, { door, metadata, socket, host, until }: Arrived) {
    this.#options = options;
    this.door = door;
    // What the gate and an identity look at.
    const headers = { ...metadata.getMap(), host };
    this.#request = {
      headers,
      rawHeaders: [],
      url: door.operation.path,
      httpVersion: '2.0',
      socket: socket ?? {},
    } as unknown as IncomingMessage;
    const allowed = Math.min(until - Date.now(), door.operation.timeoutMs);
    this.call = new Call(NOBODY, options.tracer.start(door.operation.path, 'server', traceContextOf(headers)), this.started + allowed);
    options.observer.begin();
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** Finds out who calls and whether he may come in; throws or rejects when he may not. */
  identify(): void | Promise<void> {
    this.handled = true;
    const { gate, admit, identity } = this.#options;
    const fault = gate(this.#request);
    if (fault !== undefined) throw fault;
    if (this.door.open) return undefined;
    admit?.({ operation: this.door.name, client: this.#request.socket.remoteAddress ?? '' });
    const caller = identity.identify(this.#request, this.door.contract.name);
    if (caller instanceof Promise) return caller.then((known) => this.#identified(known));
    this.#identified(caller);
  }

  #identified(caller: Caller): void {
    this.call.identify(onBehalf(this.#request.headers[FORWARDED_BY_HEADER], caller));
  }

  /** Says how to end what has been begun. */
  begun(cancel: (reason: AppError) => void): void {
    this.#cancel = cancel;
  }

  /** Nobody waits for the answer any more: its time is up, or its client has gone. Also told, by the library, of what has been answered. */
  left(): void {
    if (this.#settled) return;
    const reason =
      performance.now() >= this.call.deadline
        ? new AppError('deadline', `${this.door.contract.label} did not finish in time.`)
        : new AppError('cancelled', this.handled ? 'The client left before it was answered.' : 'No message came that could be taken.');
    this.call.abort(reason);
    this.#cancel?.(reason);
    this.settle(reason);
  }

  /** Whether this is the first end that is told of it. */
  settle(error: AppError | undefined): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    const status = error === undefined ? 200 : STATUS[error.code];
    this.#options.observer.observe({ door: this.door, call: this.call, started: this.started, status, error, transport: 'grpc' });
    return true;
  }
}
