import type { Clock } from '@mlab/kernel';
import type { ServedModel } from '#/domain/served-model.ts';

/** How often, and how long together, in nanoseconds. */
interface Durations {
  count: number;
  ns: number;
}

/** What one version was asked over the protocol. */
export interface VersionStatistics {
  readonly model: string;
  readonly version: number;
  /** Rows that were answered for. */
  inferences: number;
  /** Requests that were answered. */
  executions: number;
  /** In milliseconds since 1970; 0: never. */
  lastAt: number;
  readonly success: Durations;
  readonly fail: Durations;
  readonly input: Durations;
  readonly infer: Durations;
  readonly output: Durations;
}

/** So many versions are told apart. Whatever comes beyond is not counted. */
const MOST = 1000;

/** Counts since the start of this process. */
export class Statistics {
  readonly #clock: Clock;
  readonly #versions = new Map<string, VersionStatistics>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  of({ model, version }: Pick<ServedModel, 'model' | 'version'>): VersionStatistics {
    const key = `${version} ${model}`;
    let found = this.#versions.get(key);
    if (found === undefined) {
      found = nothing(model, version);
      if (this.#versions.size < MOST) this.#versions.set(key, found);
    }
    return found;
  }

  /** Of those that were asked. */
  all(): readonly VersionStatistics[] {
    return [...this.#versions.values()];
  }

  /** On the clock that never goes back, in milliseconds. */
  now(): number {
    return this.#clock.monotonic();
  }

  /** How long each part of it took, in milliseconds. */
  took(statistics: VersionStatistics, rows: number, [read, computed, written]: readonly [number, number, number]): void {
    this.succeeded(statistics, rows, [0, read, read + computed, read + computed + written]);
  }

  /** `times`: when it began, when the inputs were there, when the model had answered, and when the answer was written. */
  succeeded(statistics: VersionStatistics, rows: number, times: readonly [number, number, number, number]): void {
    const [began, read, asked, written] = times;
    statistics.inferences += rows;
    statistics.executions++;
    statistics.lastAt = this.#clock.now().getTime();
    add(statistics.success, written - began);
    add(statistics.input, read - began);
    add(statistics.infer, asked - read);
    add(statistics.output, written - asked);
  }

  failed(statistics: VersionStatistics, began: number): void {
    add(statistics.fail, this.now() - began);
  }
}

function add(durations: Durations, ms: number): void {
  durations.count++;
  durations.ns += Math.round(ms * 1e6);
}

const nothing = (model: string, version: number): VersionStatistics => ({
  model,
  version,
  inferences: 0,
  executions: 0,
  lastAt: 0,
  success: { count: 0, ns: 0 },
  fail: { count: 0, ns: 0 },
  input: { count: 0, ns: 0 },
  infer: { count: 0, ns: 0 },
  output: { count: 0, ns: 0 },
});
