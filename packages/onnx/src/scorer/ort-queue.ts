import { AppError } from '@mlab/kernel/errors';
import { fitTogether, rowsOf, stack, unstack } from '#/scorer/carried-rows.ts';
import { OrtThread } from '#/scorer/ort-thread.ts';
import type { Carried, WorkerSettings } from '#/scorer/ort-types.ts';
import { within } from '#/scorer/within.ts';

export interface OrtQueueOptions extends WorkerSettings {
  /** How long a question may take, waiting included; and a run, after which its thread is given up. */
  readonly timeoutMs: number;
  /** How many questions may wait. */
  readonly maxWaiting: number;
  /** How many rows of questions that wait are asked together at most; 1 asks each alone. */
  readonly maxBatchRows: number;
}

interface Waiting {
  readonly feeds: readonly Carried[];
  readonly rows: number | undefined;
  readonly result: PromiseWithResolvers<readonly Carried[]>;
  isOver: boolean;
}

/**
 * Asks ONNX Runtime in a thread: questions that come while it computes are asked together, as one run of all their rows. A thread that
 * takes too long is given up, and the next question starts another. To close it takes as long as the run that is going on.
 */
export class OrtQueue implements AsyncDisposable {
  readonly #options: OrtQueueOptions;
  #thread: OrtThread | undefined;
  readonly #givenUp = new Set<OrtThread>();
  #waiting: Waiting[] = [];
  #isRunning = false;
  #isClosed = false;
  /** Until a model turns out not to give one output row for each input row. */
  #mayStack = true;

  constructor(options: OrtQueueOptions, thread: OrtThread) {
    this.#options = options;
    this.#thread = thread;
  }

  async ask(feeds: readonly Carried[], signal?: AbortSignal): Promise<readonly Carried[]> {
    if (this.#isClosed) throw closed();
    if (this.#waiting.length >= this.#options.maxWaiting) {
      throw new AppError('unavailable', `${this.#waiting.length} questions wait for this model already.`, { retryAfter: 1 });
    }
    signal?.throwIfAborted();
    const waiting: Waiting = { feeds, rows: rowsOf(feeds), result: Promise.withResolvers(), isOver: false };
    const timeout = AbortSignal.timeout(this.#options.timeoutMs);
    const giveUp = (error: unknown): void => {
      waiting.isOver = true;
      this.#waiting = this.#waiting.filter((other) => other !== waiting);
      waiting.result.reject(error);
    };
    const onTimeout = (): void => giveUp(late(this.#options.timeoutMs));
    const onAbort = (): void => giveUp(signal?.reason);
    timeout.addEventListener('abort', onTimeout);
    signal?.addEventListener('abort', onAbort);
    this.#waiting.push(waiting);
    void this.#run();
    try {
      return await waiting.result.promise;
    } finally {
      waiting.isOver = true;
      timeout.removeEventListener('abort', onTimeout);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { result } of this.#waiting.splice(0)) result.reject(closed());
    const threads = this.#thread === undefined ? this.#givenUp : [this.#thread, ...this.#givenUp];
    await Promise.all(Array.from(threads, (thread) => thread.end()));
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    while (this.#waiting.length > 0) await this.#answer(this.#take());
    this.#isRunning = false;
  }

  /** The question that has waited longest, and those behind it that can be asked with it. */
  #take(): readonly Waiting[] {
    const first = this.#waiting.shift() as Waiting;
    const batch = [first];
    let rows = first.rows ?? Number.POSITIVE_INFINITY;
    while (this.#mayStack) {
      const next = this.#waiting[0];
      if (next?.rows === undefined || rows + next.rows > this.#options.maxBatchRows || !fitTogether(first.feeds, next.feeds)) break;
      rows += next.rows;
      batch.push(next);
      this.#waiting.shift();
    }
    return batch;
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const [first] = batch;
    try {
      if (batch.length === 1 && first !== undefined) first.result.resolve(await this.#compute(first.feeds));
      else if (!(await this.#answerTogether(batch))) for (const one of batch) if (!one.isOver) await this.#answer([one]);
    } catch (error) {
      for (const { result } of batch) result.reject(error);
    }
  }

  /** Whether all were answered: else each is to be asked alone, so that one that cannot be answered spoils no other. */
  async #answerTogether(batch: readonly Waiting[]): Promise<boolean> {
    const outputs = await this.#compute(stack(batch.map(({ feeds }) => feeds))).catch((error: unknown) => {
      if (AppError.is(error, 'invalid')) return undefined;
      throw error;
    });
    if (outputs === undefined) return false;
    const answers = unstack(
      outputs,
      batch.map(({ rows }) => rows ?? 0),
    );
    if (answers === undefined) this.#mayStack = false;
    else batch.forEach(({ result }, index) => result.resolve(answers[index] ?? []));
    return answers !== undefined;
  }

  async #compute(feeds: readonly Carried[]): Promise<readonly Carried[]> {
    const thread = await this.#readyThread();
    const answer = await within(this.#options.timeoutMs, thread.ask({ feeds }));
    if (answer === 'timeout') {
      this.#giveUp(thread);
      throw late(this.#options.timeoutMs);
    }
    if ('outputs' in answer) return answer.outputs;
    throw new AppError('invalid', `ONNX Runtime cannot compute this: ${answer.failed}`);
  }

  async #readyThread(): Promise<OrtThread> {
    if (this.#isClosed) throw closed();
    if (this.#givenUp.size >= MAX_GIVEN_UP) {
      throw new AppError('unavailable', 'The model still computes what took too long.', { retryAfter: 1 });
    }
    if (this.#thread === undefined || this.#thread.hasEnded) this.#thread = await OrtThread.start(this.#options);
    return this.#thread;
  }

  /** Nobody waits any more for what the thread computes; it ends when it has. */
  #giveUp(thread: OrtThread): void {
    this.#thread = undefined;
    this.#givenUp.add(thread);
    void thread.end().finally(() => this.#givenUp.delete(thread));
  }
}

/** So many threads of a model may be at what nobody waits for any more; beyond that it has to be waited for. */
const MAX_GIVEN_UP = 2;

const late = (ms: number): AppError => new AppError('deadline', `The model did not answer within ${ms} ms.`);

const closed = (): AppError => new AppError('unavailable', 'The model has been closed.');
