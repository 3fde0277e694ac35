import type { Call } from '#/call.ts';
import { AppError } from '#/errors.ts';
import { remainingMs } from '#/remaining.ts';

/** The body of a download on its way to who asked for it: until the deadline of its call, as long as somebody reads. */
export class Outflow {
  /** Handed out so far. */
  bytes = 0;
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #call: Call;
  readonly #onStop: () => void;
  readonly #timer: NodeJS.Timeout;
  #closed = false;
  #stopped: AppError | undefined;
  #abandon: ((reason: AppError) => void) | undefined;

  /** `onStop` is told when it ends before its end, for whoever waits for something else than the next chunk. */
  constructor(body: AsyncIterable<Uint8Array>, call: Call, label: string, onStop: () => void = () => {}) {
    this.#iterator = body[Symbol.asyncIterator]();
    this.#call = call;
    this.#onStop = onStop;
    this.#timer = setTimeout(
      () => this.stop(new AppError('deadline', `${label} did not finish in time.`)),
      remainingMs(call.deadline, performance.now()),
    );
  }

  /** The next chunk that is not empty; undefined behind the last one. */
  next(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#stopped !== undefined) return reject(this.#stopped);
      this.#abandon = reject;
      const failed = (error: unknown): void => {
        // What was stopped has told its reason already, and a generator's last words are not it.
        if (this.#stopped !== undefined) return;
        this.close();
        reject(AppError.from(error));
      };
      const pull = (): void => {
        this.#iterator.next().then(({ done, value }) => {
          if (done === true) return resolve(undefined);
          if (value.byteLength === 0) return pull();
          this.bytes += value.byteLength;
          resolve(value);
        }, failed);
      };
      pull();
    });
  }

  /** All has arrived. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  stop(reason: AppError): void {
    if (this.#closed) return;
    this.close();
    this.#stopped = reason;
    // A generator that waits hears of its end by the signal of its call; one that does not wait, by `return`.
    this.#call.abort(reason);
    this.#abandon?.(reason);
    this.#onStop();
    Promise.resolve(this.#iterator.return?.()).catch(() => {});
  }
}
