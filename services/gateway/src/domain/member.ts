import { Breaker } from '#/domain/breaker.ts';
import type { BreakerState } from '#/domain/breaker.ts';
import type { Outcome } from '#/domain/call-failure.ts';
import { PeakEwma } from '#/domain/latency.ts';
import type { UpstreamPolicy } from '#/domain/policy.ts';
import { Standing } from '#/domain/standing.ts';

export interface Instance {
  readonly id: string;
}

/** An attempt as its instance sees it. The links are the instance's list of attempts under way, oldest first. */
export class Attempt {
  readonly startedAt: number;
  readonly controller = new AbortController();
  readonly breakerTicket: number;
  readonly standingTicket: number;
  older: Attempt | undefined = undefined;
  newer: Attempt | undefined = undefined;
  ended = false;

  constructor(startedAt: number, breakerTicket: number, standingTicket: number) {
    this.startedAt = startedAt;
    this.breakerTicket = breakerTicket;
    this.standingTicket = standingTicket;
  }
}

/** What we know about one instance. Kept by id: a new list with the same id changes nothing here. */
export class Member<I extends Instance> {
  readonly id: string;
  instance: I;
  /** No longer in the list: its calls end as usual, and nobody hears of its state. */
  removed = false;
  readonly breaker: Breaker;
  readonly latency: PeakEwma;
  readonly standing: Standing;
  readonly #penaltyMs: number;
  #inFlight = 0;
  #oldest: Attempt | undefined;
  #newest: Attempt | undefined;
  #lastAnswerAt = 0;

  constructor(
    instance: I,
    policy: UpstreamPolicy,
    context: { random: () => number; onBreaker: (member: Member<I>, from: BreakerState, to: BreakerState) => void },
  ) {
    this.id = instance.id;
    this.instance = instance;
    this.breaker = new Breaker(policy.breaker, context.random, (from, to) => context.onBreaker(this, from, to));
    this.latency = new PeakEwma(policy.balancer.latencyDecayMs);
    this.standing = new Standing(policy.outliers);
    this.#penaltyMs = policy.balancer.failurePenaltyMs;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** Neither half open nor ejected: it may have as many calls as it is given. */
  get steady(): boolean {
    return this.breaker.state === 'closed' && !this.standing.ejected;
  }

  admits(now: number): boolean {
    return this.breaker.admits(now) && this.standing.admits(now);
  }

  /**
   * Expected cost of one more call: (in flight + 1) × latency, as in Finagle's least-loaded P2C. A call that has been
   * silent for longer than the average already proves the average too low, long before it is answered.
   */
  load(now: number): number {
    const age = this.#oldest === undefined ? 0 : now - this.#oldest.startedAt;
    // Never measured and already asked: wait for that first answer before sending it more than its share.
    if (!this.latency.seen && this.#inFlight > 0) return UNKNOWN + this.#inFlight;
    return Math.max(this.latency.read(now), age) * (this.#inFlight + 1);
  }

  /** For how long it has owed answers without giving a single one. */
  silentFor(now: number): number {
    return this.#oldest === undefined ? 0 : now - Math.max(this.#oldest.startedAt, this.#lastAnswerAt);
  }

  /** How many calls have been under way for at least `ms`, counted up to `most`. */
  inFlightFor(ms: number, now: number, most: number): number {
    let count = 0;
    for (let attempt = this.#oldest; attempt !== undefined && count < most && now - attempt.startedAt >= ms; attempt = attempt.newer)
      count++;
    return count;
  }

  begin(now: number): Attempt {
    const attempt = new Attempt(now, this.breaker.begin(now), this.standing.begin(now));
    attempt.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = attempt;
    else this.#newest.newer = attempt;
    this.#newest = attempt;
    this.#inFlight++;
    return attempt;
  }

  /** Exactly once for each attempt, whether it was answered, failed, ran out of time or was cancelled. */
  end(attempt: Attempt, outcome: Outcome, now: number): void {
    this.#unlink(attempt);
    const elapsed = now - attempt.startedAt;
    if (outcome === 'success') {
      this.latency.observe(elapsed, now);
      this.#lastAnswerAt = now;
    } else {
      this.latency.observeAtLeast(outcome === 'failure' ? Math.max(elapsed, this.#penaltyMs) : elapsed, now);
    }
    this.breaker.end(attempt.breakerTicket, outcome, now);
    this.standing.end(attempt.standingTicket, outcome, elapsed, now);
  }

  #unlink(attempt: Attempt): void {
    attempt.ended = true;
    const { older, newer } = attempt;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    attempt.older = undefined;
    attempt.newer = undefined;
    this.#inFlight--;
  }
}

/** Above any real load, and small enough that adding the calls in flight still orders them. */
const UNKNOWN = 1e9;
