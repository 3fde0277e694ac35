export type Schedule = (ms: number, fn: () => void) => () => void;

/** Something that expires. Its links belong to the wheel; keeping them here makes adding and removing free of allocation. */
export abstract class Timed {
  expiresAt = 0;
  wheelSlot = NOWHERE;
  wheelNext: Timed | undefined = undefined;
  wheelPrevious: Timed | undefined = undefined;

  abstract expire(now: number): void;
}

const NOWHERE = -1;
/** Taken out of its slot by the tick that is running, and not yet told. */
const DUE = -2;
const SLOTS = 512;

/**
 * One timer for all deadlines (a hashed timing wheel: Varghese and Lauck, 1987). Adding and removing are O(1) and touch
 * no timer, because nearly every call ends long before its deadline. Expiry is never early and at most one tick late.
 * The timer runs only while something is in the wheel.
 */
export class DeadlineWheel {
  readonly #now: () => number;
  readonly #schedule: Schedule;
  readonly #tickMs: number;
  readonly #slots: (Timed | undefined)[] = Array.from({ length: SLOTS });
  #size = 0;
  #tick = 0;
  #cancel: (() => void) | undefined;
  readonly #onTick = (): void => this.#turn();

  constructor(now: () => number, schedule: Schedule, tickMs = 10) {
    this.#now = now;
    this.#schedule = schedule;
    this.#tickMs = tickMs;
  }

  get size(): number {
    return this.#size;
  }

  add(entry: Timed, expiresAt: number, now: number): void {
    if (this.#cancel === undefined) {
      this.#tick = Math.floor(now / this.#tickMs);
      this.#arm(now);
    }
    // The first tick at which it is certainly over, and never one that has been turned already.
    const tick = Math.max(Math.floor(expiresAt / this.#tickMs), this.#tick) + 1;
    const slot = tick % SLOTS;
    const head = this.#slots[slot];
    entry.expiresAt = expiresAt;
    entry.wheelSlot = slot;
    entry.wheelPrevious = undefined;
    entry.wheelNext = head;
    if (head !== undefined) head.wheelPrevious = entry;
    this.#slots[slot] = entry;
    this.#size++;
  }

  remove(entry: Timed): void {
    const slot = entry.wheelSlot;
    if (slot === NOWHERE) return;
    entry.wheelSlot = NOWHERE;
    if (slot === DUE) return;
    const { wheelNext: next, wheelPrevious: previous } = entry;
    if (previous === undefined) this.#slots[slot] = next;
    else previous.wheelNext = next;
    if (next !== undefined) next.wheelPrevious = previous;
    entry.wheelNext = undefined;
    entry.wheelPrevious = undefined;
    this.#size--;
  }

  /** Everything in the wheel, and an end to its timer. */
  clear(): Timed[] {
    this.#cancel?.();
    this.#cancel = undefined;
    const all: Timed[] = [];
    for (const head of this.#slots) for (let entry = head; entry !== undefined; entry = entry.wheelNext) all.push(entry);
    for (const entry of all) this.remove(entry);
    return all;
  }

  #arm(now: number): void {
    this.#cancel = this.#schedule(Math.max(1, Math.ceil((Math.floor(now / this.#tickMs) + 1) * this.#tickMs - now)), this.#onTick);
  }

  #turn(): void {
    this.#cancel = undefined;
    const now = this.#now();
    const current = Math.floor(now / this.#tickMs);
    // After a long pause of the process one round of the wheel shows everything.
    const first = Math.max(this.#tick + 1, current - SLOTS + 1);
    this.#tick = Math.max(this.#tick, current);
    const due: Timed[] = [];
    for (let tick = first; tick <= current; tick++) this.#collect(tick % SLOTS, now, due);
    if (this.#size > 0) this.#arm(now);
    // Told only after the wheel is whole again: an expiring call may add and remove others.
    for (const entry of due) {
      if (entry.wheelSlot !== DUE) continue;
      entry.wheelSlot = NOWHERE;
      entry.expire(now);
    }
  }

  #collect(slot: number, now: number, due: Timed[]): void {
    for (let entry = this.#slots[slot]; entry !== undefined;) {
      const next = entry.wheelNext;
      // Later rounds of the wheel share the slot.
      if (entry.expiresAt <= now) {
        this.remove(entry);
        entry.wheelSlot = DUE;
        due.push(entry);
      }
      entry = next;
    }
  }
}
