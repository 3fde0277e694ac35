import { openGroupCommit, type GroupCommit } from '@mlab/group-commit';
import { rootCall, type CallMeta, type Clock, type Database } from '@mlab/kernel';
import { deletedRun, type Metric } from '#/domain/run.ts';
import { insertMetrics, type MetricRow } from '#/store/metrics.ts';
import type { Numbers } from './numbers.ts';
import { ordered, rowsOf } from './rows.ts';

export interface MetricWriterOptions {
  readonly database: Database;
  readonly numbers: Numbers;
  readonly clock: Clock;
  /** How long a batch waits for others, in milliseconds, while many come. */
  readonly gatherMs: number;
  /** Told of each statement: how many values of how many requests it wrote, and how long that took in milliseconds. */
  readonly wrote: (values: number, requests: number, ms: number) => void;
  /** Told what was written, once it is committed, and by which transaction. */
  readonly told: (runId: string, metrics: readonly Metric[], transaction: number) => void;
}

export interface MetricWriter extends AsyncDisposable {
  /** Resolves when the values are committed. What is there already is not written twice. */
  write(call: CallMeta, runId: string, metrics: readonly Metric[]): Promise<void>;
}

interface Item {
  readonly runId: string;
  readonly runNo: number;
  readonly metrics: readonly Metric[];
  readonly rows: readonly MetricRow[];
}

/** A row on its way to the database, in bytes. */
const ROW_BYTES = 40;
const MAX_BATCH = { items: 5000, bytes: 2_000_000 };
/** A commit that takes longer has failed. */
const COMMIT_MS = 15_000;

/** Commits the metrics of many requests together: one statement every few milliseconds, and each request is answered after its commit. */
export function openMetricWriter({ database, numbers, clock, gatherMs, wrote, told }: MetricWriterOptions): MetricWriter {
  const group: GroupCommit<Item> = openGroupCommit({
    write: commit,
    schedule: soon(clock),
    gatherMs,
    maxItems: MAX_BATCH.items,
    maxBytes: MAX_BATCH.bytes,
  });

  async function commit(items: readonly Item[]): Promise<ReadonlyMap<Item, Error>> {
    const started = clock.monotonic();
    const { rows, latest } = ordered(items.length === 1 ? (items[0]?.rows ?? []) : items.flatMap((item) => item.rows));
    // On behalf of all of them: one who goes away must not take the values of the others along.
    const { alive, transaction } = await insertMetrics(database.for(rootCall('tracking', COMMIT_MS)), rows, latest);
    wrote(rows.length, items.length, clock.monotonic() - started);
    const refused = new Map<Item, Error>();
    for (const item of items) {
      if (alive.has(item.runNo)) told(item.runId, item.metrics, transaction);
      else refused.set(item, deletedRun(item.runId));
    }
    return refused;
  }

  return {
    async write(call, runId, metrics) {
      const db = database.for(call);
      const runNo = await numbers.runNo(db, runId);
      const keys = await numbers.keys(
        db,
        metrics.map(({ key }) => key),
      );
      const item: Item = { runId, runNo, metrics, rows: rowsOf(runNo, metrics, keys) };
      const refused = (await group.add(item, item.rows.length * ROW_BYTES).done).get(item);
      if (refused === undefined) return;
      // Deleted, or gone for good.
      numbers.forgetRun(runId);
      throw refused;
    },
    [Symbol.asyncDispose]: () => group.drain(),
  };
}

/** What is to happen at once waits for nothing but what has already arrived; a timer would wait for a millisecond. */
const soon =
  (clock: Clock): Clock['schedule'] =>
  (ms, task) => {
    if (ms > 0) return clock.schedule(ms, task);
    const immediate = setImmediate(task);
    return () => clearImmediate(immediate);
  };
