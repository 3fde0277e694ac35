import type { Outcome } from '#/domain/call-failure.ts';
import type { BreakerPolicy } from '#/domain/policy.ts';
import { RollingCounts } from '#/domain/rolling-counts.ts';

export type BreakerState = 'closed' | 'open' | 'half_open';

/**
 * The circuit breaker of one instance (Nygard, "Release It!"): after enough failures it refuses at once instead of
 * letting every caller find out for himself, and later tries again with a few probes.
 *
 * Every change of state begins a new generation, and a result counts only in the generation in which its call began
 * (as in sony/gobreaker): a failure that was sent off before the breaker opened says nothing about the instance now.
 */
export class Breaker {
  state: BreakerState = 'closed';
  readonly #policy: BreakerPolicy;
  readonly #random: () => number;
  readonly #onChange: (from: BreakerState, to: BreakerState) => void;
  readonly #window: RollingCounts;
  #generation = 1;
  #consecutive = 0;
  #successes = 0;
  #probes = 0;
  /** When the next probe may start: the end of `open`, and in `half_open` the moment the last probe counts as silent. */
  #nextProbeAt = 0;

  constructor(policy: BreakerPolicy, random: () => number, onChange: (from: BreakerState, to: BreakerState) => void) {
    this.#policy = policy;
    this.#random = random;
    this.#onChange = onChange;
    this.#window = new RollingCounts(policy.windowMs);
  }

  get probes(): number {
    return this.#probes;
  }

  failureRate(now: number): number {
    return this.#window.failureRate(now);
  }

  admits(now: number): boolean {
    if (this.state === 'closed') return true;
    if (this.#probes >= this.#policy.halfOpenProbes) return false;
    // Probes start one by one, so that a burst of callers does not all wait on an instance that is still silent.
    if (this.state === 'half_open' && this.#probes === 0) return true;
    return now >= this.#nextProbeAt;
  }

  /** ms until it may admit a call; 0 when it admits one now. */
  retryInMs(now: number): number {
    return this.admits(now) ? 0 : Math.max(1, this.#nextProbeAt - now);
  }

  /** Call only when it admits. The ticket (negative for a probe) goes back into `end`, exactly once. */
  begin(now: number): number {
    if (this.state === 'closed') return this.#generation;
    if (this.state === 'open') {
      this.#successes = 0;
      this.#change('half_open');
    }
    this.#probes++;
    this.#nextProbeAt = now + this.#policy.openMs;
    return -this.#generation;
  }

  end(ticket: number, outcome: Outcome, now: number): void {
    // Also of an earlier generation: what counts is how many are under way.
    if (ticket < 0) this.#probes--;
    if (Math.abs(ticket) !== this.#generation || outcome === 'neutral') return;
    if (this.state === 'half_open') this.#judgeProbe(outcome, now);
    else if (this.state === 'closed') this.#judge(outcome, now);
  }

  #judge(outcome: Outcome, now: number): void {
    const failed = outcome === 'failure';
    this.#window.record(failed, now);
    if (!failed) {
      this.#consecutive = 0;
      return;
    }
    this.#consecutive++;
    const { consecutiveFailures, failureRate, minimumVolume } = this.#policy;
    if (
      this.#consecutive >= consecutiveFailures ||
      (this.#window.volume(now) >= minimumVolume && this.#window.failureRate(now) >= failureRate)
    ) {
      this.#open(now);
    }
  }

  #judgeProbe(outcome: Outcome, now: number): void {
    if (outcome === 'failure') {
      this.#open(now);
    } else if (++this.#successes >= this.#policy.halfOpenSuccesses) {
      this.#window.clear();
      this.#consecutive = 0;
      this.#change('closed');
    }
  }

  #open(now: number): void {
    this.#nextProbeAt = now + this.#policy.openMs * (1 + this.#policy.openJitter * this.#random());
    this.#change('open');
  }

  #change(to: BreakerState): void {
    const from = this.state;
    this.state = to;
    this.#generation++;
    this.#onChange(from, to);
  }
}
