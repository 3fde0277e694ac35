/**
 * Peak-sensitive moving average of latency, after Finagle's `p2c.PeakEwma`: a slower answer replaces the average at
 * once, faster ones bring it down with weight 1 − e^(−Δt/τ), so that a slow instance is noticed by its first slow answer
 * and forgiven gradually. Unlike Finagle's, reading does not write: silence fades the value by e^(−Δt/τ) on the way out.
 */
export class PeakEwma {
  readonly #decayMs: number;
  #value = 0;
  #at = 0;
  #seen = false;

  constructor(decayMs: number) {
    this.#decayMs = decayMs;
  }

  /** Whether anything was ever observed. */
  get seen(): boolean {
    return this.#seen;
  }

  observe(latencyMs: number, now: number): void {
    const weight = this.#seen ? Math.exp((this.#at - now) / this.#decayMs) : 0;
    this.#value = latencyMs > this.#value ? latencyMs : this.#value * weight + latencyMs * (1 - weight);
    this.#at = now;
    this.#seen = true;
  }

  /** A call ended without an answer after this long: its latency would have been at least that. */
  observeAtLeast(latencyMs: number, now: number): void {
    if (latencyMs > this.read(now)) this.observe(latencyMs, now);
  }

  read(now: number): number {
    return this.#value * Math.exp((this.#at - now) / this.#decayMs);
  }
}

const SAMPLES = 16;
/** ms. Samples are at least so far apart, so that a burst of answers after a short pause counts as the one event it is. */
const GAP_MS = 50;

/** A sample of the latest latencies of an instance. Its median ignores single slow answers, which the peak average does not. */
export class RecentLatencies {
  readonly #latencies = new Float64Array(SAMPLES);
  readonly #times = new Float64Array(SAMPLES);
  #next = 0;
  #size = 0;

  record(latencyMs: number, now: number): void {
    if (this.#size > 0 && now - this.#times[(this.#next + SAMPLES - 1) % SAMPLES]! < GAP_MS) return;
    this.#latencies[this.#next] = latencyMs;
    this.#times[this.#next] = now;
    this.#next = (this.#next + 1) % SAMPLES;
    if (this.#size < SAMPLES) this.#size++;
  }

  clear(): void {
    this.#size = 0;
    this.#next = 0;
  }

  /** Median of those younger than `windowMs`, or undefined when there are fewer than `minimum`. */
  median(now: number, windowMs: number, minimum: number): number | undefined {
    const recent: number[] = [];
    for (let index = 0; index < this.#size; index++) if (now - this.#times[index]! <= windowMs) recent.push(this.#latencies[index]!);
    if (recent.length < minimum || recent.length === 0) return undefined;
    recent.sort((a, b) => a - b);
    return recent[(recent.length - 1) >> 1];
  }
}
