import type { Schedule } from '#/domain/deadline-wheel.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly fn: () => void;
  cancelled: boolean;
}

/** Time that moves only when a test moves it. Timers run in order of their time, each followed by all promises it settled. */
export class VirtualClock {
  #now = 0;
  #order = 0;
  #pending = 0;
  /** A binary heap by time, then by order of scheduling. */
  readonly #heap: Timer[] = [];

  readonly now = (): number => this.#now;

  readonly schedule: Schedule = (ms, fn) => {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: this.#order++, fn, cancelled: false };
    this.#push(timer);
    this.#pending++;
    return () => {
      if (!timer.cancelled) this.#pending--;
      timer.cancelled = true;
    };
  };

  /** Timers that are neither run nor cancelled. */
  get pending(): number {
    return this.#pending;
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.schedule(ms, resolve));
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (let timer = this.#heap[0]; timer !== undefined && timer.at <= end; timer = this.#heap[0]) {
      this.#pop();
      if (timer.cancelled) continue;
      this.#pending--;
      timer.cancelled = true;
      this.#now = Math.max(this.#now, timer.at);
      timer.fn();
      // Much cheaper than `settle`, and more turns than any chain of promises here is long.
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    }
    this.#now = end;
    await settle();
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.push(timer) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(heap[index]!, heap[parent]!)) break;
      [heap[index], heap[parent]] = [heap[parent]!, heap[index]!];
      index = parent;
    }
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    for (let index = 0; ;) {
      let least = index;
      for (const child of [2 * index + 1, 2 * index + 2]) if (child < heap.length && before(heap[child]!, heap[least]!)) least = child;
      if (least === index) return;
      [heap[index], heap[least]] = [heap[least]!, heap[index]!];
      index = least;
    }
  }
}

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** All promises that can settle now have settled. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Repeatable random numbers (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
}
