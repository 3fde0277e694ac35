import type { Span, TraceContext } from '@mlab/telemetry';
import type { AppError } from '#/errors.ts';
import type { Caller, Proof } from '#/identity/caller.ts';

/** What every call carries: who asks, in which trace, until when, and whether somebody still waits for the answer. */
export interface CallMeta {
  /** A service, by its name; who has not proven to be one is `anonymous`, or `claimed:` and what it says of itself. */
  readonly caller: string;
  readonly trace: TraceContext & { readonly traceId: string };
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadline: number;
  /** Aborted when the caller goes away or the deadline passes. */
  readonly signal: AbortSignal;
}

/** The callee's view of one call. The signal is made when somebody asks for it, because most handlers never do. */
export class Call implements CallMeta {
  caller: string;
  proof: Proof;
  readonly trace: Span;
  readonly deadline: number;
  #controller: AbortController | undefined;
  #ended: AppError | undefined;

  constructor(caller: Caller, trace: Span, deadline: number) {
    this.caller = caller.name;
    this.proof = caller.proof;
    this.trace = trace;
    this.deadline = deadline;
  }

  /** Who asks may be known only after the call has begun, and always is before a handler sees it. */
  identify(caller: Caller): void {
    this.caller = caller.name;
    this.proof = caller.proof;
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#ended !== undefined) this.#controller.abort(this.#ended);
    }
    return this.#controller.signal;
  }

  abort(reason: AppError): void {
    this.#ended ??= reason;
    this.#controller?.abort(this.#ended);
  }
}
