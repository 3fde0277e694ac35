const BUCKETS = 10;

/** Successes and failures of the last `windowMs`, in ten buckets that are turned when they are next used, never by a timer. */
export class RollingCounts {
  readonly #bucketMs: number;
  readonly #successes = new Uint32Array(BUCKETS);
  readonly #failures = new Uint32Array(BUCKETS);
  /** Number of the newest bucket since the clock's zero. */
  #newest = -1;
  #successTotal = 0;
  #failureTotal = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  record(failed: boolean, now: number): void {
    const slot = this.#turn(now);
    if (failed) {
      this.#failures[slot]!++;
      this.#failureTotal++;
    } else {
      this.#successes[slot]!++;
      this.#successTotal++;
    }
  }

  volume(now: number): number {
    this.#turn(now);
    return this.#successTotal + this.#failureTotal;
  }

  /** Share of failures, 0 when there were no calls. */
  failureRate(now: number): number {
    const volume = this.volume(now);
    return volume === 0 ? 0 : this.#failureTotal / volume;
  }

  clear(): void {
    this.#successes.fill(0);
    this.#failures.fill(0);
    this.#successTotal = 0;
    this.#failureTotal = 0;
  }

  #turn(now: number): number {
    const current = Math.floor(now / this.#bucketMs);
    if (current > this.#newest) {
      if (current - this.#newest >= BUCKETS) this.clear();
      else for (let bucket = this.#newest + 1; bucket <= current; bucket++) this.#empty(bucket % BUCKETS);
      this.#newest = current;
    }
    return this.#newest % BUCKETS;
  }

  #empty(slot: number): void {
    this.#successTotal -= this.#successes[slot]!;
    this.#failureTotal -= this.#failures[slot]!;
    this.#successes[slot] = 0;
    this.#failures[slot] = 0;
  }
}
