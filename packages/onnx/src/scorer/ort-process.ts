import { fork, type ChildProcess } from 'node:child_process';
import { AppError } from '@mlab/kernel/errors';
import type { OrtWorker } from '#/scorer/ort-worker-side.ts';
import { takeLoaded } from '#/scorer/ort-worker-side.ts';
import type { Answer, Question, WorkerSettings } from '#/scorer/ort-types.ts';

/**
 * A process with a model loaded by ONNX Runtime. A fault of the native library, or memory that it asks for without end, ends that process
 * alone; and unlike a thread it can be ended within a run.
 */
export class OrtProcess implements OrtWorker {
  readonly #child: ChildProcess;
  #waiting: PromiseWithResolvers<Answer> | undefined;
  #hasEnded = false;

  private constructor(settings: WorkerSettings) {
    this.#child = fork(new URL('./ort-child.ts', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      env: ownEnvironment(process.env),
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.#child.on('message', (answer: Answer) => this.#settle((waiting) => waiting.resolve(answer)));
    this.#child.on('error', (cause) => this.#gone(cause));
    this.#child.on('exit', (code, signal) => this.#gone(new Error(`It ended with ${signal ?? code}.`)));
    const { bytes, ...rest } = settings;
    // A copy: memory cannot be shared with another process.
    this.#child.send({ ...rest, bytes: Uint8Array.from(bytes) });
  }

  static start(settings: WorkerSettings): Promise<OrtProcess> {
    const process = new OrtProcess(settings);
    return takeLoaded(process, settings.loadTimeoutMs, process.#next());
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Of the operating system. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  ask(question: Question): Promise<Answer> {
    if (this.#hasEnded) return Promise.reject(gone(undefined));
    const answer = this.#next();
    this.#child.send(question);
    return answer;
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null || this.#child.pid === undefined) return;
    const ended = new Promise<void>((resolve) => void this.#child.once('exit', () => resolve()));
    this.#hasEnded = true;
    this.#child.ref();
    this.#child.kill('SIGKILL');
    await ended;
  }

  #next(): Promise<Answer> {
    // It keeps this process alive only while it computes.
    this.#child.ref();
    this.#child.channel?.ref();
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  #settle(how: (waiting: PromiseWithResolvers<Answer>) => void): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    this.#child.unref();
    this.#child.channel?.unref();
    if (waiting !== undefined) how(waiting);
  }

  #gone(cause: unknown): void {
    this.#hasEnded = true;
    this.#settle((waiting) => waiting.reject(gone(cause)));
  }
}

/** A model is somebody's file, and native code reads it: what else stands in this process' environment, passwords too, is not its business. */
const ownEnvironment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(NEEDED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

const NEEDED = ['NODE_COMPILE_CACHE', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'SystemRoot', 'TMPDIR', 'TEMP', 'TMP'];

const gone = (cause: unknown): AppError =>
  new AppError('unavailable', 'The process in which ONNX Runtime computes has ended.', { cause, retryAfter: 1 });
