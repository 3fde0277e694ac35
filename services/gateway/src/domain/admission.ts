import { Timed } from '#/domain/deadline-wheel.ts';
import type { AdmissionPolicy } from '#/domain/policy.ts';

/** Who wants a place. Its links belong to the queue. */
export abstract class Waiter extends Timed {
  waiting = false;
  queueNext: Waiter | undefined = undefined;
  queuePrevious: Waiter | undefined = undefined;

  /** A place became free and is his. */
  abstract admitted(): void;
}

/**
 * Bounded concurrency with a short queue. Beyond both, refusing at once is kinder than waiting: the queue of a service
 * that is too slow only grows (Google SRE book, "Addressing Cascading Failures"). First come, first served; a waiter
 * that leaves is unlinked where it stands, so that every operation is O(1).
 */
export class Admission {
  readonly #policy: AdmissionPolicy;
  #inFlight = 0;
  #queued = 0;
  #first: Waiter | undefined;
  #last: Waiter | undefined;
  #handingOver = false;

  constructor(policy: AdmissionPolicy) {
    this.#policy = policy;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get queued(): number {
    return this.#queued;
  }

  /** `admitted`: the place is his, and `release` gives it back. `queued`: `admitted()` is called later, unless he leaves before. */
  enter(waiter: Waiter): 'admitted' | 'queued' | 'full' {
    if (this.#inFlight < this.#policy.maxInFlight && this.#first === undefined) {
      this.#inFlight++;
      return 'admitted';
    }
    if (this.#queued >= this.#policy.maxQueue) return 'full';
    waiter.waiting = true;
    waiter.queuePrevious = this.#last;
    waiter.queueNext = undefined;
    if (this.#last === undefined) this.#first = waiter;
    else this.#last.queueNext = waiter;
    this.#last = waiter;
    this.#queued++;
    return 'queued';
  }

  leave(waiter: Waiter): void {
    if (!waiter.waiting) return;
    const { queueNext: next, queuePrevious: previous } = waiter;
    if (previous === undefined) this.#first = next;
    else previous.queueNext = next;
    if (next === undefined) this.#last = previous;
    else next.queuePrevious = previous;
    waiter.queueNext = undefined;
    waiter.queuePrevious = undefined;
    waiter.waiting = false;
    this.#queued--;
  }

  release(): void {
    this.#inFlight--;
    // The next one may fail at once and release again: a loop, so that a long queue is not a deep stack.
    if (this.#handingOver || this.#first === undefined) return;
    this.#handingOver = true;
    while (this.#first !== undefined && this.#inFlight < this.#policy.maxInFlight) {
      const waiter: Waiter = this.#first;
      this.leave(waiter);
      this.#inFlight++;
      waiter.admitted();
    }
    this.#handingOver = false;
  }
}
