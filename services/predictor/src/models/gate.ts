import { AppError, type CallMeta } from '@mlab/kernel';

/** Lets so many in at once, and so many more wait in the order in which they came. */
export class Gate {
  readonly #most: number;
  readonly #maxWaiting: number;
  readonly #waiting: { readonly enter: () => void }[] = [];
  #inside = 0;

  constructor(most: number, maxWaiting: number) {
    this.#most = most;
    this.#maxWaiting = maxWaiting;
  }

  get inside(): number {
    return this.#inside;
  }

  /** How many are inside or wait. */
  get busy(): number {
    return this.#inside + this.#waiting.length;
  }

  /** Whether there was room at once; else `wait`. */
  tryEnter(): boolean {
    if (this.#inside >= this.#most) return false;
    this.#inside++;
    return true;
  }

  async wait({ signal }: Pick<CallMeta, 'signal'>): Promise<void> {
    if (this.#waiting.length >= this.#maxWaiting) {
      throw new AppError('unavailable', `${this.busy} questions to this model are under way, and no more are taken.`, { retryAfter: 1 });
    }
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting = { enter: resolve };
    const leave = (): void => {
      const place = this.#waiting.indexOf(waiting);
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', leave);
    this.#waiting.push(waiting);
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  leave(): void {
    const next = this.#waiting.shift();
    // Who waited takes the place of who leaves.
    if (next === undefined) this.#inside--;
    else next.enter();
  }
}
