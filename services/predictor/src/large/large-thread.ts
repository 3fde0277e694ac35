import { Worker } from 'node:worker_threads';
import { AppError, type CallMeta } from '@mlab/kernel';
import type { Config } from '#/config.ts';
import { copied } from '#/large/copied.ts';
import type { FromThread, LargeAnswer, LargeModel, LargeOrder, LargeQuestion, ToThread, Wanted } from '#/large/large-orders.ts';

export interface LargeAsker {
  /** Of a question that names its model itself: the version that answers it. */
  readonly modelFor?: (wanted: Wanted) => Promise<LargeModel | 'demo'>;
  /** Told when a worker of ONNX Runtime is lost of it. */
  readonly onLost: () => void;
}

interface Waiting extends LargeAsker {
  readonly question: LargeQuestion;
  readonly result: PromiseWithResolvers<LargeAnswer>;
  readonly stop: Int32Array<SharedArrayBuffer>;
}

const IDLE_MS = 10_000;

/**
 * A thread that reads, computes and writes what is large, one question after another, so that the thread that answers all else is never held
 * up by it. It begins with the first, and ends when none has come for a while.
 */
export class LargeThread implements AsyncDisposable {
  readonly #config: Config['large'];
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  #current: Waiting | undefined;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #next = 0;
  #isClosed = false;

  constructor(config: Config['large']) {
    this.#config = config;
  }

  /** From so many bytes on a question is large. */
  get fromBytes(): number {
    return this.#config.fromBytes;
  }

  async ask(question: LargeQuestion, asker: LargeAsker, { signal }: Pick<CallMeta, 'signal'>): Promise<LargeAnswer> {
    const { length } = question.body;
    if (this.#isClosed) throw closed();
    if (this.#waitingBytes > 0 && this.#waitingBytes + length > this.#config.maxWaitingBytes) {
      throw new AppError('unavailable', `Large questions of ${this.#waitingBytes} bytes are waited for already.`, { retryAfter: 1 });
    }
    signal.throwIfAborted();
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const waiting: Waiting = { ...asker, question, stop, result: Promise.withResolvers() };
    const leave = (): void => {
      Atomics.store(stop, 0, 1);
      const place = this.#queue.indexOf(waiting);
      if (place >= 0) this.#queue.splice(place, 1);
      waiting.result.reject(signal.reason);
    };
    signal.addEventListener('abort', leave);
    this.#waitingBytes += length;
    this.#queue.push(waiting);
    this.#begin();
    try {
      return await waiting.result.promise;
    } finally {
      this.#waitingBytes -= length;
      signal.removeEventListener('abort', leave);
    }
  }

  /** The next one, where none is under way. */
  #begin(): void {
    if (this.#current !== undefined) return;
    clearTimeout(this.#idle);
    const waiting = this.#queue.shift();
    this.#current = waiting;
    if (waiting !== undefined) void this.#send(waiting);
    else if (this.#worker !== undefined) this.#idle = setTimeout(() => void this.#close(), IDLE_MS).unref();
  }

  async #send(waiting: Waiting): Promise<void> {
    const { question, stop } = waiting;
    const body = await copied(question.body);
    if (this.#current !== waiting) return;
    this.#worker ??= this.#start();
    const order: LargeOrder = { id: ++this.#next, question: { ...question, body }, stop };
    this.#tell({ order }, [body.buffer]);
  }

  #tell(said: ToThread, transfer: ArrayBuffer[] = []): void {
    this.#worker?.postMessage(said, transfer);
  }

  #start(): Worker {
    const worker = new Worker(new URL('./large-worker.ts', import.meta.url), {
      name: 'large questions',
      resourceLimits: { maxOldGenerationSizeMb: this.#config.memoryMb },
    });
    worker.unref();
    worker.on('message', (said: FromThread) => this.#heard(said));
    worker.on('error', (cause: NodeJS.ErrnoException) => this.#lost(worker, cause));
    worker.on('exit', () => this.#lost(worker, undefined));
    return worker;
  }

  #heard(said: FromThread): void {
    const waiting = this.#current;
    if (waiting === undefined || said.id !== this.#next) return;
    if ('lost' in said) return waiting.onLost();
    if ('wants' in said) return void this.#name(waiting, said.id, said.wants);
    this.#current = undefined;
    if ('answer' in said) waiting.result.resolve(said.answer);
    else {
      const { code, message, issues, retryAfter } = said.failed;
      waiting.result.reject(new AppError(code, message, { issues, retryAfter }));
    }
    this.#begin();
  }

  async #name({ modelFor, result }: Waiting, id: number, wanted: Wanted): Promise<void> {
    try {
      this.#tell({ id, model: await modelFor?.(wanted) });
    } catch (error) {
      // Who asked hears this, and not what the thread says of it.
      result.reject(error);
      this.#tell({ id, model: undefined });
    }
  }

  /** The one that it was at is to blame; those behind it get another thread. */
  #lost(worker: Worker, cause: NodeJS.ErrnoException | undefined): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    const waiting = this.#current;
    this.#current = undefined;
    const isTooLarge = cause?.code === 'ERR_WORKER_OUT_OF_MEMORY';
    waiting?.result.reject(
      isTooLarge
        ? new AppError('too_large', `To read and answer it takes more than ${this.#config.memoryMb} MiB of memory.`, { cause })
        : new AppError('unavailable', 'The thread that answers large questions has ended.', { cause, retryAfter: 1 }),
    );
    this.#begin();
  }

  /** It closes what it has opened, and ends. */
  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    if (worker === undefined) return;
    this.#worker = undefined;
    const ended = new Promise<void>((resolve) => void worker.once('exit', () => resolve()));
    worker.postMessage({ close: true } satisfies ToThread, []);
    const impatient = setTimeout(() => void worker.terminate(), CLOSING_MS);
    await ended;
    clearTimeout(impatient);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const { result } of this.#queue.splice(0)) result.reject(closed());
    if (this.#current !== undefined) Atomics.store(this.#current.stop, 0, 1);
    this.#current?.result.reject(closed());
    this.#current = undefined;
    await this.#close();
  }
}

/** What it is at has to end before it hears that it is to. */
const CLOSING_MS = 2000;

const closed = (): AppError => new AppError('unavailable', 'The Model API is shutting down.', { retryAfter: 1 });
