import { AppError } from '@mlab/kernel/errors';
import { fitTogether, rowsOf, stack, unstack } from '#/scorer/carried-rows.ts';
import type { OrtWorker } from '#/scorer/ort-worker-side.ts';
import type { Carried } from '#/scorer/ort-types.ts';
import { within } from '#/scorer/within.ts';

export interface OrtQueueOptions {
  /** Another worker, where the last one has ended. */
  readonly start: () => Promise<OrtWorker>;
  /** Told of a worker that has ended by itself, or was given up because it did not answer in time. */
  readonly onLost: (why: 'died' | 'stalled') => void;
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
 * Asks ONNX Runtime in a worker, a thread or a process: questions that come while it computes are asked together, as one run of all their rows. A worker that
 * takes too long is given up, and the next question starts another. To close a thread takes as long as the run that is going on.
 */
export class OrtQueue implements AsyncDisposable {
  readonly #options: OrtQueueOptions;
  #worker: OrtWorker | undefined;
  readonly #givenUp = new Set<OrtWorker>();
  #waiting: Waiting[] = [];
  #isRunning = false;
  #isClosed = false;
  /** Until a model turns out not to give one output row for each input row. */
  #mayStack = true;

  constructor(options: OrtQueueOptions, worker: OrtWorker) {
    this.#options = options;
    this.#worker = worker;
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
    const workers = this.#worker === undefined ? this.#givenUp : [this.#worker, ...this.#givenUp];
    await Promise.all(Array.from(workers, (worker) => worker.end()));
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
      if (AppError.is(error, 'invalid') || AppError.is(error, 'too_large')) return undefined;
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
    const worker = await this.#readyWorker();
    let answer: Awaited<ReturnType<OrtWorker['ask']>> | 'timeout';
    try {
      answer = await within(this.#options.timeoutMs, worker.ask({ feeds }));
    } catch (error) {
      if (!this.#isClosed) this.#options.onLost('died');
      throw error;
    }
    if (answer === 'timeout') {
      this.#giveUp(worker);
      this.#options.onLost('stalled');
      throw late(this.#options.timeoutMs);
    }
    if ('outputs' in answer) return answer.outputs;
    if ('tooMany' in answer) throw new AppError('too_large', `The model has given ${answer.tooMany} bytes, which are more than are taken.`);
    throw new AppError('invalid', `ONNX Runtime cannot compute this: ${answer.failed}`);
  }

  async #readyWorker(): Promise<OrtWorker> {
    if (this.#isClosed) throw closed();
    if (this.#givenUp.size >= MAX_GIVEN_UP) {
      throw new AppError('unavailable', 'The model still computes what took too long.', { retryAfter: 1 });
    }
    if (this.#worker === undefined || this.#worker.hasEnded) {
      try {
        this.#worker = await this.#options.start();
      } catch (error) {
        this.#options.onLost(AppError.is(error, 'deadline') ? 'stalled' : 'died');
        throw error;
      }
    }
    return this.#worker;
  }

  /** Nobody waits any more for what the worker computes; a thread ends when it has. */
  #giveUp(worker: OrtWorker): void {
    this.#worker = undefined;
    this.#givenUp.add(worker);
    void worker.end().finally(() => this.#givenUp.delete(worker));
  }
}

/** So many workers of a model may be at what nobody waits for any more; beyond that it has to be waited for. */
const MAX_GIVEN_UP = 2;

const late = (ms: number): AppError => new AppError('deadline', `The model did not answer within ${ms} ms.`);

const closed = (): AppError => new AppError('unavailable', 'The model has been closed.');
