import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { CallMeta } from '#/call.ts';
import type { Download } from '#/contract.ts';
import { abandoned, brokenOff, timedOut, unreached } from '#/early-ends.ts';
import { AppError } from '#/errors.ts';
import { remainingMs } from '#/remaining.ts';

/** An error's text that is longer is cut off: it is read by people. */
const MAX_ERROR_BYTES = 1024 * 1024;

export interface IncomingEnds {
  readonly resolve: (download: Download) => void;
  readonly reject: (error: unknown) => void;
  /** What an answer that is not 2xx stands for. It throws. */
  readonly refuse: (status: number, text: string, retryAfter: string | undefined) => unknown;
}

/** Takes a download from undici: handed on as soon as it begins, and read from the connection no faster than it is consumed. */
export class IncomingDownload implements Dispatcher.DispatchHandler {
  ended = false;
  readonly #ends: IncomingEnds;
  readonly #signal: AbortSignal;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #body: Readable | undefined;
  #status = 0;
  #retryAfter: string | undefined;
  #errorText: Buffer[] = [];
  #errorBytes = 0;

  constructor(call: CallMeta, now: number, ends: IncomingEnds) {
    this.#ends = ends;
    this.#signal = call.signal;
    this.#timer = setTimeout(() => this.#giveUp(timedOut()), remainingMs(call.deadline, now));
    if (this.#signal.aborted) this.#onAbort();
    else this.#signal.addEventListener('abort', this.#onAbort);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.ended) controller.abort(new Error('nobody waits any more'));
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#status = status;
    this.#retryAfter = headers['retry-after'];
    if (status < 200 || status >= 300) return;
    this.#body = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        // Who stops reading needs no more of it.
        this.#giveUp(error === null ? abandonedByReader() : AppError.from(error));
        done(error);
      },
    });
    // Told to who reads; when nobody does, to nobody.
    this.#body.on('error', () => {});
    const fileName = fileNameOf(headers['content-disposition']);
    const contentType = headers['content-type'] ?? 'application/octet-stream';
    this.#ends.resolve({ contentType, ...(fileName === undefined ? {} : { fileName }), body: this.#body });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#body !== undefined) {
      if (!this.#body.push(chunk)) controller.pause();
    } else if (this.#errorBytes < MAX_ERROR_BYTES) {
      this.#errorBytes += chunk.length;
      this.#errorText.push(chunk);
    }
  }

  onResponseEnd(): void {
    if (!this.#leave()) return;
    if (this.#body !== undefined) return void this.#body.push(null);
    try {
      this.#ends.refuse(this.#status, Buffer.concat(this.#errorText).toString('utf8'), this.#retryAfter);
    } catch (error) {
      this.#ends.reject(error);
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, cause: Error): void {
    this.#end(this.#body === undefined ? unreached(cause, this.#controller === undefined) : brokenOff(cause));
  }

  readonly #onAbort = (): void => this.#giveUp(abandoned(this.#signal, this.#controller === undefined));

  #giveUp(error: AppError): void {
    if (this.#end(error)) this.#controller?.abort(error);
  }

  #end(error: AppError): boolean {
    if (!this.#leave()) return false;
    if (this.#body === undefined) this.#ends.reject(error);
    else this.#body.destroy(error);
    return true;
  }

  #leave(): boolean {
    if (this.ended) return false;
    this.ended = true;
    clearTimeout(this.#timer);
    this.#signal.removeEventListener('abort', this.#onAbort);
    return true;
  }
}

const abandonedByReader = (): AppError => new AppError('cancelled', 'The caller no longer reads the download.');

function fileNameOf(disposition: string | string[] | undefined): string | undefined {
  const encoded = /filename\*=UTF-8''([^;]+)/i.exec(String(disposition))?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}
