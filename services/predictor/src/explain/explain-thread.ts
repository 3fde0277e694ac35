import { Worker } from 'node:worker_threads';
import { AppError, type CallMeta, type ErrorCode } from '@mlab/kernel';
import type { Columns } from '@mlab/onnx';
import type { Explained } from '#/explain/explainer.ts';

export interface ExplainQuestion {
  readonly sha256: string;
  /** In shared memory. */
  readonly bytes: Uint8Array;
  readonly signature: unknown;
  readonly profile: unknown;
  readonly columns: Columns;
  /** Of each row, the place of the class whose score is explained. */
  readonly targets: readonly number[];
}

export interface ExplainOrder extends ExplainQuestion {
  readonly id: number;
  /** Not 0 as soon as nobody waits any more. */
  readonly stop: Int32Array<SharedArrayBuffer>;
}

export type ExplainAnswer =
  | { readonly id: number; readonly explained: readonly Explained[] }
  | { readonly id: number; readonly failed: { readonly code: ErrorCode; readonly message: string } };

const IDLE_MS = 10_000;
const MOST_WAITING = 64;

/** A thread that explains, one question after another. It begins with the first, and ends when none has come for a while. */
export class ExplainThread implements AsyncDisposable {
  readonly #memoryMb: number;
  readonly #waiting = new Map<number, PromiseWithResolvers<readonly Explained[]>>();
  #worker: Worker | undefined;
  #next = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(memoryMb: number) {
    this.#memoryMb = memoryMb;
  }

  async explain(question: ExplainQuestion, { signal }: Pick<CallMeta, 'signal'>): Promise<readonly Explained[]> {
    if (this.#waiting.size >= MOST_WAITING) {
      throw new AppError('unavailable', `${this.#waiting.size} explanations are waited for already.`, { retryAfter: 1 });
    }
    signal.throwIfAborted();
    clearTimeout(this.#idle);
    const id = this.#next++;
    const waiting = Promise.withResolvers<readonly Explained[]>();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const leave = (): void => {
      Atomics.store(stop, 0, 1);
      waiting.reject(signal.reason);
    };
    this.#waiting.set(id, waiting);
    signal.addEventListener('abort', leave);
    this.#worker ??= this.#start();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage({ ...question, id, stop } satisfies ExplainOrder);
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #start(): Worker {
    const worker = new Worker(new URL('./explain-worker.ts', import.meta.url), {
      name: 'explainer',
      resourceLimits: { maxOldGenerationSizeMb: this.#memoryMb },
    });
    worker.unref();
    worker.on('message', (answer: ExplainAnswer) => this.#settle(answer));
    worker.on('error', (cause) => this.#lost(worker, cause));
    worker.on('exit', () => this.#lost(worker, undefined));
    return worker;
  }

  #settle(answer: ExplainAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#idle = setTimeout(() => void this[Symbol.asyncDispose](), IDLE_MS).unref();
    if ('explained' in answer) waiting?.resolve(answer.explained);
    else waiting?.reject(new AppError(answer.failed.code, answer.failed.message));
  }

  #lost(worker: Worker, cause: unknown): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#rejectAll(new AppError('unavailable', 'The thread that explains has ended.', { cause, retryAfter: 1 }));
  }

  #rejectAll(why: AppError): void {
    for (const waiting of this.#waiting.values()) waiting.reject(why);
    this.#waiting.clear();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(new AppError('unavailable', 'Nothing is explained any more.'));
    await worker?.terminate();
  }
}
