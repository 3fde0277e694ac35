export interface GroupCommitOptions<T> {
  /** Writes a batch. Resolves when it is committed, with those that were refused one by one; rejects when none of it was. */
  readonly write: (items: readonly T[]) => Promise<ReadonlyMap<T, Error>>;
  readonly schedule: (ms: number, task: () => void) => () => void;
  /** How long the first of a batch waits for others, in milliseconds, when others are to be expected. */
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
  /** Whether it has waited long enough. */
  gathered: boolean;
  bytes: number;
  cancelTimer: () => void;
}

/** As many as came together lately make it worth while to wait for more. PostgreSQL calls it commit_siblings. */
const COMPANY = 8;

/**
 * Many small commits as few large ones, one at a time: their order is that of the adds. An item that comes alone is written at once. As
 * long as items come in numbers, a batch gathers until as many are there as last time, for `gatherMs` at most, because each commit costs
 * about the same however much it carries.
 */
export function openGroupCommit<T>({ write, schedule, gatherMs, maxItems, maxBytes }: GroupCommitOptions<T>): GroupCommit<T> {
  const waiting: OpenBatch<T>[] = [];
  let writing: Promise<void> | undefined;
  let carried = 0;
  let draining = false;

  const isFull = ({ items, bytes }: OpenBatch<T>): boolean => items.length >= maxItems || bytes >= maxBytes;
  /** Who is answered mostly comes again: when as many are there as last time, nobody is left to wait for. */
  const isComplete = ({ items }: OpenBatch<T>): boolean => carried >= COMPANY && items.length >= carried;
  const isReady = (batch: OpenBatch<T>): boolean =>
    batch.gathered || draining || carried < COMPANY || waiting.length > 1 || isFull(batch) || isComplete(batch);

  const next = (): void => {
    const [batch] = waiting;
    if (writing !== undefined || batch === undefined || !isReady(batch)) return;
    waiting.shift();
    batch.begun = true;
    batch.cancelTimer();
    carried = batch.items.length;
    writing = finish(batch);
  };
  const finish = async (batch: OpenBatch<T>): Promise<void> => {
    await write(batch.items).then(batch.resolve, batch.reject);
    writing = undefined;
    next();
  };
  const begin = (): OpenBatch<T> => {
    const batch = newBatch<T>();
    waiting.push(batch);
    // Also for a batch that is written at once, so that all that has come by then goes with it.
    batch.cancelTimer = schedule(carried < COMPANY ? 0 : gatherMs, () => {
      batch.gathered = true;
      next();
    });
    return batch;
  };
  return {
    add(item, bytes) {
      const last = waiting.at(-1);
      const fits = last !== undefined && last.items.length < maxItems && last.bytes + bytes <= maxBytes;
      const batch = fits ? last : begin();
      batch.items.push(item);
      batch.bytes += bytes;
      if (waiting.length > 1 || isFull(batch) || isComplete(batch)) next();
      return batch;
    },
    async drain() {
      draining = true;
      next();
      // Each that ends begins the next.
      for (let last = writing; last !== undefined; last = writing) await last;
      draining = false;
    },
  };
}

function newBatch<T>(): OpenBatch<T> {
  const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<T, Error>>();
  // Who waits for it hears of it; when all have gone, nobody has to.
  promise.catch(() => {});
  return { items: [], done: promise, resolve, reject, begun: false, gathered: false, bytes: 0, cancelTimer: () => {} };
}
