import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '@mlab/kernel/errors';
import type { Model } from '#/model/model.ts';

export interface ToRead {
  readonly id: number;
  /** In shared memory: it is read where it is. */
  readonly bytes: Uint8Array;
}

export type Reading =
  | { readonly id: number; readonly model: Model }
  | { readonly id: number; readonly failed: { readonly code: ErrorCode; readonly message: string } };

export interface ReadingOptions {
  /** The thread ends when it has had nothing to do for so long, in milliseconds. */
  readonly idleMs: number;
  /** What it may use for JavaScript objects, in MiB: a file that needs more is refused, and nothing else suffers. */
  readonly memoryMb: number;
}

/** Reads ONNX files in a thread, one after another, so that the one that answers questions does not stand still: see `ScorerOptions.read`. */
export class ReadingThread implements AsyncDisposable {
  readonly #options: ReadingOptions;
  readonly #waiting = new Map<number, PromiseWithResolvers<Model>>();
  #worker: Worker | undefined;
  #next = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  read(bytes: Uint8Array): Promise<Model> {
    clearTimeout(this.#idle);
    const id = this.#next++;
    const waiting = Promise.withResolvers<Model>();
    this.#waiting.set(id, waiting);
    this.#worker ??= this.#start();
    this.#worker.ref();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage({ id, bytes } satisfies ToRead);
    return waiting.promise;
  }

  #start(): Worker {
    const worker = new Worker(new URL('./reading-worker.ts', import.meta.url), {
      name: 'onnx reader',
      resourceLimits: { maxOldGenerationSizeMb: this.#options.memoryMb },
    });
    worker.on('message', (reading: Reading) => this.#settle(reading));
    worker.on('error', (error: NodeJS.ErrnoException) => this.#lost(worker, error));
    worker.on('exit', () => this.#lost(worker, undefined));
    return worker;
  }

  #settle(reading: Reading): void {
    const waiting = this.#waiting.get(reading.id);
    this.#waiting.delete(reading.id);
    if (this.#waiting.size === 0) this.#rest();
    if ('model' in reading) waiting?.resolve(reading.model);
    else waiting?.reject(new AppError(reading.failed.code, reading.failed.message));
  }

  /** The one that was being read is to blame; those behind it are as unlucky. */
  #lost(worker: Worker, error: NodeJS.ErrnoException | undefined): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const isTooLarge = error?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    const why = isTooLarge
      ? new AppError('invalid', `The model takes more than ${this.#options.memoryMb} MiB to read.`, { cause: error })
      : new AppError('unavailable', 'The thread that reads models has ended.', { cause: error });
    for (const waiting of this.#waiting.values()) waiting.reject(why);
    this.#waiting.clear();
  }

  #rest(): void {
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this[Symbol.asyncDispose](), this.#options.idleMs);
    this.#idle.unref();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    for (const waiting of this.#waiting.values()) waiting.reject(new AppError('unavailable', 'Models are read no more.'));
    this.#waiting.clear();
    await worker?.terminate();
  }
}
