import { fork, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { AppError, InTurns, writeInParts, type CallMeta } from '@mlab/kernel';
import { ownEnvironment } from '@mlab/onnx/own-environment';
import type { Config } from '#/config.ts';
import { Arriving } from '#/large/arriving.ts';
import type { FromProcess, LargeAnswer, LargeModel, LargeQuestion, ToProcess, Wanted } from '#/large/large-orders.ts';

export interface LargeAsker {
  readonly body: Uint8Array;
  /** Of a question that names its model itself: the version that answers it. */
  readonly modelFor?: (wanted: Wanted) => Promise<LargeModel | 'demo'>;
  /** The file of the model. */
  readonly file: () => Uint8Array;
  /** Told when a worker of ONNX Runtime is lost of it. */
  readonly onLost: () => void;
}

interface Waiting extends LargeAsker {
  readonly question: LargeQuestion;
  readonly result: PromiseWithResolvers<LargeAnswer>;
}

const IDLE_MS = 10_000;

/**
 * A process that reads, computes and writes what is large, one question after another, so that the loop that answers all else is never held
 * up by it. A process and no thread: what takes more memory than it has ends it alone. It begins with the first question, and ends when none
 * has come for a while.
 */
export class LargeProcess implements AsyncDisposable {
  readonly #config: Config['large'];
  readonly #queue: Waiting[] = [];
  #waitingBytes = 0;
  #current: Waiting | undefined;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #id = 0;
  #isClosed = false;

  constructor(config: Config['large']) {
    this.#config = config;
  }

  async ask(question: LargeQuestion, asker: LargeAsker, { signal }: Pick<CallMeta, 'signal'>): Promise<LargeAnswer> {
    const { length } = asker.body;
    if (this.#isClosed) throw closed();
    if (this.#waitingBytes > 0 && this.#waitingBytes + length > this.#config.maxWaitingBytes) {
      throw new AppError('unavailable', `Large questions of ${this.#waitingBytes} bytes are waited for already.`, { retryAfter: 1 });
    }
    signal.throwIfAborted();
    const waiting: Waiting = { ...asker, question, result: Promise.withResolvers() };
    const leave = (): void => this.#leave(waiting, signal.reason);
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

  /** Nobody waits for it any more. What is being read cannot be stopped but with the process. */
  #leave(waiting: Waiting, reason: unknown): void {
    waiting.result.reject(reason);
    const place = this.#queue.indexOf(waiting);
    if (place >= 0) this.#queue.splice(place, 1);
    else if (this.#current === waiting) this.#child?.kill('SIGKILL');
  }

  /** The next one, where none is under way. */
  #begin(): void {
    if (this.#current !== undefined) return;
    clearTimeout(this.#idle);
    const waiting = this.#queue.shift();
    this.#current = waiting;
    if (waiting === undefined) {
      if (this.#child !== undefined) this.#idle = setTimeout(() => void this.#close(), IDLE_MS).unref();
      return;
    }
    this.#child ??= this.#start();
    this.#tell({ id: ++this.#id, question: waiting.question, size: waiting.body.length });
    this.#hand(this.#child, waiting.body);
  }

  /** One after the other: it asks for more when it has read what there is. */
  #hand({ stdin }: ChildProcess, bytes: Uint8Array): void {
    if (stdin !== null) writeInParts(stdin, bytes, (part) => void stdin.write(part));
  }

  #tell(said: ToProcess): void {
    this.#child?.send(said);
  }

  #start(): ChildProcess {
    const child = fork(new URL('./large-child.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${this.#config.memoryMb}`],
      env: ownEnvironment(process.env),
      stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
    });
    const answer = new Arriving((answered) => this.#end(child, ({ result }) => result.resolve(answered)));
    const output = child.stdout as Readable;
    const turns = new InTurns(output);
    output.on('data', (chunk: Buffer) => {
      answer.add(chunk);
      turns.took(chunk.length);
    });
    child.on('message', (said: FromProcess) => ('answer' in said ? answer.said(said) : this.#heard(child, said)));
    // A process that has ended is told of once, by its end.
    child.stdin?.on('error', () => {});
    child.on('error', (cause) => this.#lost(child, cause));
    child.on('exit', (code, signal) =>
      // What the engine does that has no more memory.
      this.#lost(child, new Error(`It ended with ${signal ?? code}.`), signal === 'SIGABRT' || code === 134),
    );
    return child;
  }

  #heard(child: ChildProcess, said: Exclude<FromProcess, { readonly answer: unknown }>): void {
    const waiting = this.#current;
    if (waiting === undefined || said.id !== this.#id) return;
    if ('lost' in said) waiting.onLost();
    else if ('needs' in said) this.#hand(child, waiting.file());
    else if ('wants' in said) void this.#name(child, waiting, said);
    else {
      const { code, message, issues, retryAfter } = said.failed;
      this.#end(child, ({ result }) => result.reject(new AppError(code, message, { issues, retryAfter })));
    }
  }

  async #name(child: ChildProcess, { modelFor, result }: Waiting, { id, wants }: { id: number; wants: Wanted }): Promise<void> {
    try {
      const model = await modelFor?.(wants);
      if (model !== undefined && this.#id === id) this.#tell({ id, model });
    } catch (error) {
      // It has been read in vain.
      this.#end(child, () => result.reject(error));
    }
  }

  #end(child: ChildProcess, settle: (waiting: Waiting) => void): void {
    if (this.#child !== child || this.#current === undefined) return;
    const waiting = this.#current;
    this.#current = undefined;
    settle(waiting);
    this.#begin();
  }

  /** The one that it was at is to blame; those behind it get another process. */
  #lost(child: ChildProcess, cause: unknown, isTooLarge = false): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    const waiting = this.#current;
    this.#current = undefined;
    waiting?.result.reject(
      isTooLarge
        ? new AppError('too_large', `To read and answer it takes more than ${this.#config.memoryMb} MiB of memory.`, { cause })
        : new AppError('unavailable', 'The process that answers large questions has ended.', { cause, retryAfter: 1 }),
    );
    this.#begin();
  }

  /** It closes what it has opened, and ends. */
  async #close(): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
    if (child.connected) child.send({ close: true } satisfies ToProcess);
    const impatient = setTimeout(() => child.kill('SIGKILL'), CLOSING_MS);
    await ended;
    clearTimeout(impatient);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    const waiting = [...this.#queue.splice(0), ...(this.#current === undefined ? [] : [this.#current])];
    this.#current = undefined;
    for (const { result } of waiting) result.reject(closed());
    await this.#close();
  }
}

/** What it is at has to end before it hears that it is to. */
const CLOSING_MS = 2000;

const closed = (): AppError => new AppError('unavailable', 'The Model API is shutting down.', { retryAfter: 1 });
