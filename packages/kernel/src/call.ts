import type { Span, TraceContext } from '@mlab/telemetry';
import { AppError } from '#/errors.ts';

/** What every call carries: who asks, in which trace, until when, and whether somebody still waits for the answer. */
export interface CallMeta {
  readonly caller: string;
  readonly trace: TraceContext & { readonly traceId: string };
  /** On the clock of `performance.now()`, in milliseconds. */
  readonly deadline: number;
  /** Aborted when the caller goes away or the deadline passes. */
  readonly signal: AbortSignal;
}

/** The callee's view of one call. The signal is made when somebody asks for it, because most handlers never do. */
export class Call implements CallMeta {
  readonly caller: string;
  readonly trace: Span;
  readonly deadline: number;
  #controller: AbortController | undefined;
  #ended: AppError | undefined;

  constructor(caller: string, trace: Span, deadline: number) {
    this.caller = caller;
    this.trace = trace;
    this.deadline = deadline;
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
