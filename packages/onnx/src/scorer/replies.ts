import type { AppError } from '@mlab/kernel/errors';
import type { Answer } from '#/scorer/ort-types.ts';

/** What a thread and a process have: whether they keep this process alive. */
interface Kept {
  readonly ref: () => void;
  readonly unref: () => void;
}

/** The one answer that is waited for from where ONNX Runtime computes. It keeps this process alive only while it is waited for. */
export class Replies {
  readonly #kept: Kept;
  readonly #gone: (cause: unknown) => AppError;
  #waiting: PromiseWithResolvers<Answer> | undefined;
  #hasEnded = false;

  /** `gone` says in words that there will be no answer. */
  constructor(kept: Kept, gone: (cause: unknown) => AppError) {
    this.#kept = kept;
    this.#gone = gone;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  get isWaiting(): boolean {
    return this.#waiting !== undefined;
  }

  /** The answer to what `send` asks. */
  ask(send: () => void): Promise<Answer> {
    if (this.#hasEnded) return Promise.reject(this.#gone(undefined));
    const answer = this.next();
    send();
    return answer;
  }

  /** What is said next. */
  next(): Promise<Answer> {
    this.#kept.ref();
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  came(answer: Answer): void {
    this.#take()?.resolve(answer);
  }

  /** Nothing is said any more. */
  end(cause: unknown): void {
    this.#hasEnded = true;
    this.#take()?.reject(this.#gone(cause));
  }

  /** Told from now on that there is nothing to be asked; whoever waits still does. */
  close(): void {
    this.#hasEnded = true;
  }

  /** Until the answer that is waited for has come, or never will. */
  async settled(): Promise<void> {
    await this.#waiting?.promise.catch(() => {});
  }

  #take(): PromiseWithResolvers<Answer> | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#kept.unref();
    return waiting;
  }
}
