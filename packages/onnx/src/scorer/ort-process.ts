import { fork, type ChildProcess } from 'node:child_process';
import { AppError } from '@mlab/kernel/errors';
import { MemoryWatch } from '#/scorer/memory-watch.ts';
import type { OrtWorker } from '#/scorer/ort-worker-side.ts';
import { takeLoaded } from '#/scorer/ort-worker-side.ts';
import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';
import { ownEnvironment } from '#/scorer/own-environment.ts';
import { Replies } from '#/scorer/replies.ts';

const MIB = 1_048_576;

/**
 * A process with a model loaded by ONNX Runtime. A fault of the native library, or memory that it asks for without end, ends that process
 * alone; and unlike a thread it can be ended within a run.
 */
export class OrtProcess implements OrtWorker {
  readonly #child: ChildProcess;
  readonly #replies: Replies;
  readonly #watch: MemoryWatch | undefined;
  /** How it came to its end, where we have ended it. */
  #passed: string | undefined;

  private constructor(settings: WorkerSettings) {
    const child = fork(new URL('./ort-child.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      env: ownEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child = child;
    const ref = (): void => {
      child.ref();
      child.channel?.ref();
    };
    const unref = (): void => {
      child.unref();
      child.channel?.unref();
    };
    this.#replies = new Replies({ ref, unref }, (cause) => gone(this.#passed ?? 'has ended', cause));
    this.#watch = this.#watchOf(settings.memoryMb);
    child.on('message', (answer: Answer) => this.#came(answer));
    child.on('error', (cause) => this.#end(cause));
    child.on('exit', (code, signal) => this.#end(new Error(`It ended with ${signal ?? code}.`)));
    const { bytes, ...rest } = settings;
    // A copy: memory cannot be shared with another process.
    child.send({ ...rest, bytes: Uint8Array.from(bytes) });
  }

  static start(settings: WorkerSettings): Promise<OrtProcess> {
    const process = new OrtProcess(settings);
    const loaded = process.#replies.next();
    process.#watch?.begin();
    return takeLoaded(process, settings.loadTimeoutMs, loaded);
  }

  get hasEnded(): boolean {
    return this.#replies.hasEnded;
  }

  /** Of the operating system. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  ask(question: Question): Promise<Answer> {
    this.#watch?.begin();
    return this.#replies.ask(() => this.#child.send(question));
  }

  async end(): Promise<void> {
    this.#watch?.[Symbol.dispose]();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise<void>((resolve) => void this.#child.once('exit', () => resolve()));
    this.#replies.close();
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await ended;
  }

  #watchOf(memoryMb: number | undefined): MemoryWatch | undefined {
    const { pid } = this.#child;
    if (memoryMb === undefined || pid === undefined) return undefined;
    return new MemoryWatch({
      pid,
      maxBytes: memoryMb * MIB,
      isBusy: () => this.#replies.isWaiting,
      onPassed: (bytes) => {
        this.#passed = `had ${Math.ceil(bytes / MIB)} MiB of memory, may have ${memoryMb}, and was ended`;
        this.#child.kill('SIGKILL');
      },
    });
  }

  #came(answer: Answer): void {
    this.#replies.came(answer);
    if (answer.residentBytes !== undefined) this.#watch?.check(answer.residentBytes);
  }

  #end(cause: unknown): void {
    this.#watch?.[Symbol.dispose]();
    this.#replies.end(cause);
  }
}

const gone = (how: string, cause: unknown): AppError =>
  new AppError('unavailable', `The process in which ONNX Runtime computes ${how}.`, { cause, retryAfter: 1 });
