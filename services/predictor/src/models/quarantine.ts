import { AppError, type Clock } from '@mlab/kernel';

export interface QuarantineRules {
  readonly failures: number;
  readonly withinMs: number;
  readonly ms: number;
}

const LONGEST_MS = 600_000;

/** A version whose worker dies of it, or stalls, time and again is not asked for a while, and for twice as long each further time. */
export class Quarantine {
  readonly #rules: QuarantineRules;
  readonly #clock: Clock;
  readonly #onBegin: (ms: number) => void;
  #deaths: number[] = [];
  #until = Number.NEGATIVE_INFINITY;
  #ms = 0;

  constructor(rules: QuarantineRules, clock: Clock, onBegin: (ms: number) => void) {
    this.#rules = rules;
    this.#clock = clock;
    this.#onBegin = onBegin;
  }

  /** How long it still lasts, in milliseconds; 0: it does not. */
  get leftMs(): number {
    return Math.max(0, this.#until - this.#clock.monotonic());
  }

  /** A worker has died, or was ended because it did not answer. */
  died(): void {
    const now = this.#clock.monotonic();
    const { failures, withinMs, ms } = this.#rules;
    this.#deaths = [...this.#deaths.filter((at) => at > now - withinMs), now];
    if (this.#deaths.length < failures || this.leftMs > 0) return;
    this.#deaths = [];
    this.#ms = Math.min(LONGEST_MS, this.#ms === 0 ? ms : this.#ms * 2);
    this.#until = now + this.#ms;
    this.#onBegin(this.#ms);
  }

  /** Lets it be asked again at once. What it did before is not forgotten. */
  end(): void {
    this.#until = Number.NEGATIVE_INFINITY;
  }

  refuseWhileIn(name: string): void {
    const { leftMs } = this;
    if (leftMs === 0) return;
    const seconds = Math.max(1, Math.ceil(leftMs / 1000));
    throw new AppError(
      'unavailable',
      `${name} is in quarantine for ${seconds} more seconds: its worker has died, or has not answered, too often.`,
      {
        retryAfter: seconds,
      },
    );
  }
}
