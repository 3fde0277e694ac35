import { Worker } from 'node:worker_threads';
import { AppError } from '@mlab/kernel/errors';
import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';
import { takeLoaded, type OrtWorker } from '#/scorer/ort-worker-side.ts';
import { Replies } from '#/scorer/replies.ts';

/** A thread with a model loaded by ONNX Runtime: less memory than a process, and a fault of the native library ends everything. */
export class OrtThread implements OrtWorker {
  readonly #worker: Worker;
  readonly #replies: Replies;

  private constructor(settings: WorkerSettings) {
    const worker = new Worker(new URL('./ort-worker.ts', import.meta.url), { workerData: settings, name: 'onnxruntime' });
    this.#worker = worker;
    this.#replies = new Replies({ ref: () => worker.ref(), unref: () => worker.unref() }, gone);
    worker.on('message', (answer: Answer) => this.#replies.came(answer));
    worker.on('error', (cause) => this.#replies.end(cause));
    worker.on('exit', () => this.#replies.end(undefined));
  }

  static start(settings: WorkerSettings): Promise<OrtThread> {
    const thread = new OrtThread(settings);
    return takeLoaded(thread, settings.loadTimeoutMs, thread.#replies.next());
  }

  get hasEnded(): boolean {
    return this.#replies.hasEnded;
  }

  ask(question: Question): Promise<Answer> {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    return this.#replies.ask(() => this.#worker.postMessage(question));
  }

  /** Ends the thread after the run that is going on: to stop it within would end the whole process, as ONNX Runtime is made. */
  async end(): Promise<void> {
    await this.#replies.settled();
    this.#replies.close();
    await this.#worker.terminate();
  }
}

const gone = (cause: unknown): AppError => new AppError('unavailable', 'The thread in which ONNX Runtime computes has ended.', { cause });
