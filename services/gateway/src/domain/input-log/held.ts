/** Things that wait for something better to happen, and not longer than `ms`. */
export interface Held<T> {
  add(item: T): void;
  /** False when it was not there any more. */
  take(item: T): boolean;
  /** Gives up waiting for all. */
  releaseAll(): void;
}

/** One timer for all of them, which runs only while there are some: `release` comes up to twice `ms` after `add`, and not before `ms`. */
export function openHeld<T>(ms: number, schedule: (ms: number, task: () => void) => () => void, release: (item: T) => void): Held<T> {
  let older = new Set<T>();
  let younger = new Set<T>();
  let running = false;
  const turn = (): void => {
    const due = older;
    older = younger;
    younger = new Set();
    running = older.size > 0;
    if (running) schedule(ms, turn);
    for (const item of due) release(item);
  };
  return {
    add(item) {
      younger.add(item);
      if (running) return;
      running = true;
      schedule(ms, turn);
    },
    take: (item) => younger.delete(item) || older.delete(item),
    releaseAll() {
      const all = [...older, ...younger];
      older.clear();
      younger.clear();
      for (const item of all) release(item);
    },
  };
}
