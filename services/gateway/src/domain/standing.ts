import type { Outcome } from '#/domain/call-failure.ts';
import { RecentLatencies } from '#/domain/latency.ts';
import type { OutlierPolicy } from '#/domain/policy.ts';
import { RollingCounts } from '#/domain/rolling-counts.ts';

/** Whether one instance is in or out, and what it was judged by. */
export class Standing {
  readonly #policy: OutlierPolicy;
  readonly #latencies = new RecentLatencies();
  readonly #counts: RollingCounts;
  #ejected = false;
  #ejectedUntil = 0;
  /** In a row, for the length of the next one. */
  #ejections = 0;
  /** Ever, so that a probe knows which ejection it belongs to. */
  #sequence = 0;
  #returnedAt = 0;
  #probing = false;
  #probeStartedAt = 0;
  #goodProbes = 0;
  #badProbe = false;
  /** Calls since the last fast answer that were answered slowly or ran out of time. */
  slowInARow = 0;
  /** The last comparison found it silent. */
  suspected = false;
  /** ms. What counted as slow when the instances were last compared. */
  slowMs = Number.POSITIVE_INFINITY;

  constructor(policy: OutlierPolicy) {
    this.#policy = policy;
    this.#counts = new RollingCounts(policy.windowMs);
  }

  get ejected(): boolean {
    return this.#ejected;
  }

  get ejectedUntil(): number {
    return this.#ejectedUntil;
  }

  /** ms. How long the probe under way has been silent, 0 when there is none or it was judged already. */
  probeAge(now: number): number {
    return this.#probing && this.#probeStartedAt >= this.#ejectedUntil ? now - this.#probeStartedAt : 0;
  }

  /** A probe failed or was slow, and the next comparison has to say so. */
  get badProbe(): boolean {
    return this.#badProbe;
  }

  get mayReturn(): boolean {
    return this.#ejected && !this.#badProbe && this.#goodProbes >= this.#policy.probesToReturn;
  }

  median(now: number): number | undefined {
    return this.#latencies.median(now, this.#policy.windowMs, this.#policy.minimumSamples);
  }

  failureRate(now: number): number | undefined {
    return this.#counts.volume(now) < this.#policy.minimumVolume ? undefined : this.#counts.failureRate(now);
  }

  admits(now: number): boolean {
    if (!this.#ejected) return true;
    return !this.#probing && !this.#badProbe && !this.mayReturn && now >= this.#ejectedUntil;
  }

  /**
   * The ticket of a probe, 0 for any other attempt; it goes back into `end`. A call that is sent for want of anything
   * better while a probe is under way is none.
   */
  begin(now: number): number {
    if (!this.#ejected || this.#probing) return 0;
    this.#probing = true;
    this.#probeStartedAt = now;
    return this.#sequence;
  }

  end(ticket: number, outcome: Outcome, elapsed: number, now: number): void {
    if (ticket !== 0) this.#probing = false;
    if (outcome === 'neutral') return;
    const failed = outcome === 'failure';
    if (this.#ejected) {
      // What was sent before the ejection says nothing about the time after it.
      if (ticket !== this.#sequence) return;
      if (failed || elapsed >= this.slowMs) this.#badProbe = true;
      else this.#goodProbes++;
      return;
    }
    this.#counts.record(failed, now);
    // An error is often faster than an answer, and must not make the others look slow.
    if (failed && elapsed < this.slowMs) return;
    this.slowInARow = elapsed < this.slowMs ? 0 : this.slowInARow + 1;
    this.#latencies.record(elapsed, now);
  }

  /** Returns for how long. */
  eject(now: number): number {
    const { ejectionMs, maxEjectionMs, forgiveAfterMs } = this.#policy;
    if (!this.#ejected && now - this.#returnedAt >= forgiveAfterMs) this.#ejections = 0;
    this.#ejections++;
    this.#sequence++;
    // Envoy's rule: the base time, times the number of ejections in a row.
    const forMs = Math.min(maxEjectionMs, ejectionMs * this.#ejections);
    this.#ejected = true;
    this.#ejectedUntil = now + forMs;
    this.#goodProbes = 0;
    this.#badProbe = false;
    return forMs;
  }

  /** Back with a clean record, or the old latencies would eject it again at once. */
  restore(now: number): void {
    this.#ejected = false;
    this.#badProbe = false;
    this.#returnedAt = now;
    this.slowInARow = 0;
    this.suspected = false;
    this.#latencies.clear();
    this.#counts.clear();
  }
}
