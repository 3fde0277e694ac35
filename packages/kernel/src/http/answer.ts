import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { CallMeta } from '#/call.ts';
import { abandoned, timedOut, unreached } from '#/early-ends.ts';
import { AppError } from '#/errors.ts';
import { Gathered } from '#/http/gathered.ts';
import { InTurns } from '#/http/in-turns.ts';
import { remainingMs } from '#/remaining.ts';
import { MAX_ANSWER_BYTES } from '#/speak.ts';

type Done = (error: AppError | undefined, status: number, body: Buffer, headers: IncomingHttpHeaders) => void;

/** Collects one answer from undici and calls `done` once: with the whole of it, or with why there is none. */
export class Answer implements Dispatcher.DispatchHandler {
  ended = false;
  readonly #done: Done;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: IncomingHttpHeaders = {};
  #body = EMPTY;
  #turns: InTurns | undefined;

  constructor(call: CallMeta, now: number, done: Done) {
    this.#done = done;
    this.#signal = call.signal;
    this.#timer = setTimeout(() => this.#giveUp(timedOut()), remainingMs(call.deadline, now));
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.ended) controller.abort(new Error('nobody waits any more'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    this.#status = statusCode;
    this.#headers = headers;
    const announced = Number(headers['content-length']);
    this.#body = new Gathered(announced > 0 ? announced : undefined, MAX_ANSWER_BYTES);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body.size + chunk.length > MAX_ANSWER_BYTES) {
      const failure = { kind: 'unreadable', notSent: false, status: this.#status } as const;
      this.#giveUp(new AppError('bad_gateway', `It answered with more than ${MAX_ANSWER_BYTES} bytes.`, { failure }));
    } else {
      this.#body.add(chunk);
      if (this.#body.isLarge) (this.#turns ??= turnsOf(controller)).took(chunk.length);
    }
  }

  onResponseEnd(): void {
    this.#end(undefined, this.#body.take());
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    // undici starts a request when it has a connection: before that, nothing can have been sent.
    this.#end(unreached(cause, this.#controller === undefined), NOTHING);
  }

  readonly #onAbort = (): void => this.#giveUp(abandoned(this.#signal, this.#controller === undefined));

  #giveUp(error: AppError): void {
    this.#end(error, NOTHING);
    this.#controller?.abort(error);
  }

  #end(error: AppError | undefined, body: Buffer): void {
    if (this.ended) return;
    this.ended = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#body = EMPTY;
    this.#done(error, this.#status, body, this.#headers);
  }
}

const NOTHING = Buffer.alloc(0);
/** Before there are headers nothing is gathered. */
const EMPTY = new Gathered(0, 0);

const turnsOf = (controller: Dispatcher.DispatchController): InTurns =>
  new InTurns({ pause: () => controller.pause(), resume: () => controller.resume() });
