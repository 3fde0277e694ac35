import { readFile } from 'node:fs';

/** How often the memory of a process that computes is looked at: what it takes within that time it may have beyond its bound. */
const LOOK_MS = 50;

export interface Watched {
  readonly pid: number;
  readonly maxBytes: number;
  /** Whether it computes: only then does its memory grow. */
  readonly isBusy: () => boolean;
  /** Told once, of how many bytes it has. */
  readonly onPassed: (bytes: number) => void;
}

/** Watches what another process really has in memory, as Linux tells it; elsewhere a process has to tell it of itself. */
export class MemoryWatch implements Disposable {
  readonly #watched: Watched;
  #timer: NodeJS.Timeout | undefined;
  #isOver = process.platform !== 'linux';

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Looks until it is not busy any more. */
  begin(): void {
    if (this.#timer !== undefined || this.#isOver) return;
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref();
  }

  #look(): void {
    if (!this.#watched.isBusy()) return this.#rest();
    readFile(`/proc/${this.#watched.pid}/status`, 'utf8', (error, text) => {
      // It has ended, which is told elsewhere.
      if (error !== null || this.#isOver) return;
      this.check(Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024);
    });
  }

  /** Compares what somebody says that it has. */
  check(bytes: number): void {
    if (!(bytes > this.#watched.maxBytes)) return;
    this[Symbol.dispose]();
    this.#watched.onPassed(bytes);
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.#rest();
  }
}
