import type { RetryPolicy } from '#/domain/policy.ts';

/**
 * Retries are paid for by first attempts (Google SRE book, "Handling Overload": a per-client retry budget; Finagle's
 * `RetryBudget` is the same with a leaky window). When everything fails, the load grows by `ratio` and not by a factor.
 */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  #tokens: number;
  #at: number;

  constructor(policy: RetryPolicy, now: number) {
    this.#policy = policy;
    this.#tokens = Math.min(policy.minPerSecond, policy.maxSaved);
    this.#at = now;
  }

  get tokens(): number {
    return this.#tokens;
  }

  /** A first attempt begins. */
  deposit(): void {
    this.#tokens = Math.min(this.#policy.maxSaved, this.#tokens + this.#policy.ratio);
  }

  /** Whether a retry may be begun; takes its token if so. */
  withdraw(now: number): boolean {
    // The floor fills up to one second's worth only: a quiet hour must not pay for a storm.
    const floor = Math.min(this.#policy.maxSaved, this.#policy.minPerSecond);
    const earned = ((now - this.#at) / 1000) * this.#policy.minPerSecond;
    if (this.#tokens < floor) this.#tokens = Math.min(floor, this.#tokens + earned);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
