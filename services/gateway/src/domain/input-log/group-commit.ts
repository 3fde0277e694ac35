export interface GroupCommitOptions<T> {
  /** Writes a batch. Resolves when it is committed, with those that were refused one by one; rejects when none of it was. */
  readonly write: (items: readonly T[]) => Promise<ReadonlyMap<T, Error>>;
  readonly schedule: (ms: number, task: () => void) => () => void;
  /** How long the first of a batch waits for others, in milliseconds. */
  readonly gatherMs: number;
  readonly maxItems: number;
  readonly maxBytes: number;
}

/** Items that are written together. */
export interface Batch<T> {
  /** Whether it is being written or is written: then what it holds is no longer looked at. */
  readonly begun: boolean;
  readonly done: Promise<ReadonlyMap<T, Error>>;
}

export interface GroupCommit<T> {
  add(item: T, bytes: number): Batch<T>;
  /** Resolves when all that was added has been written, or refused. */
  drain(): Promise<void>;
}

interface OpenBatch<T> extends Batch<T> {
  readonly items: T[];
  readonly resolve: (refused: ReadonlyMap<T, Error>) => void;
  readonly reject: (error: unknown) => void;
  begun: boolean;
  bytes: number;
}

/**
 * Many small commits as few large ones. A batch is written when its first item has waited `gatherMs`, or when it is full; while one is
 * being written the next gathers, so that the slower a commit is, the more it carries. One at a time: their order is that of the adds.
 */
export function openGroupCommit<T>({ write, schedule, gatherMs, maxItems, maxBytes }: GroupCommitOptions<T>): GroupCommit<T> {
  const waiting: OpenBatch<T>[] = [];
  let writing: Promise<void> | undefined;
  let cancelTimer: (() => void) | undefined;

  const begin = (): void => {
    if (writing !== undefined) return;
    const batch = waiting.shift();
    if (batch === undefined) return;
    cancelTimer?.();
    cancelTimer = undefined;
    batch.begun = true;
    writing = write(batch.items).then(batch.resolve, batch.reject).then(ended);
  };
  const ended = (): void => {
    writing = undefined;
    begin();
  };
  return {
    add(item, bytes) {
      let batch = waiting.at(-1);
      if (batch === undefined || batch.items.length >= maxItems || batch.bytes + bytes > maxBytes) {
        batch = newBatch<T>();
        waiting.push(batch);
      }
      batch.items.push(item);
      batch.bytes += bytes;
      if (writing === undefined) {
        if (waiting.length > 1 || batch.items.length >= maxItems || batch.bytes >= maxBytes) begin();
        else cancelTimer ??= schedule(gatherMs, begin);
      }
      return batch;
    },
    async drain() {
      begin();
      // Each that ends begins the next.
      for (let last = writing; last !== undefined; last = writing) await last;
    },
  };
}

function newBatch<T>(): OpenBatch<T> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<T, Error>>();
  // Who waits for it hears of it; when all have gone, nobody has to.
  promise.catch(() => {});
  return { items: [], done: promise, resolve, reject, begun: false, bytes: 0 };
}
