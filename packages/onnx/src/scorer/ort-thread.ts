import { Worker } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';
import { takeLoaded, type OrtWorker } from '#/scorer/ort-worker-side.ts';

/** A thread with a model loaded by ONNX Runtime: less memory than a process, and a fault of the native library ends everything. */
export class OrtThread implements OrtWorker {
  readonly #worker: Worker;
  #waiting: PromiseWithResolvers<Answer> | undefined;
  #hasEnded = false;

  private constructor(settings: WorkerSettings) {
    this.#worker = new Worker(new URL('./ort-worker.ts', import.meta.url), { workerData: settings, name: 'onnxruntime' });
    this.#worker.on('message', (answer: Answer) => this.#settle((waiting) => waiting.resolve(answer)));
    this.#worker.on('error', (cause) => this.#gone(cause));
    this.#worker.on('exit', () => this.#gone(undefined));
  }

  static start(settings: WorkerSettings): Promise<OrtThread> {
    const thread = new OrtThread(settings);
    return takeLoaded(thread, settings.loadTimeoutMs, thread.#next());
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  ask(question: Question): Promise<Answer> {
    if (this.#hasEnded) return Promise.reject(gone(undefined));
    const answer = this.#next();
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    this.#worker.postMessage(question);
    return answer;
  }

  /** Ends the thread after the run that is going on: to stop it within would end the whole process, as ONNX Runtime is made. */
  async end(): Promise<void> {
    await this.#waiting?.promise.catch(() => {});
    this.#hasEnded = true;
    await this.#worker.terminate();
  }

  #next(): Promise<Answer> {
    // A thread keeps the process alive only while it computes.
    this.#worker.ref();
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #settle(how: (waiting: PromiseWithResolvers<Answer>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#worker.unref();
    if (waiting !== undefined) how(waiting);
  }

  #gone(cause: unknown): void {
    this.#hasEnded = true;
    this.#settle((waiting) => waiting.reject(gone(cause)));
  }
}

const gone = (cause: unknown): AppError => new AppError('unavailable', 'The thread in which ONNX Runtime computes has ended.', { cause });
