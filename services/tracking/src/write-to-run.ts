import type { CallMeta, Database, Transaction } from '@mlab/kernel';
import { mustBeActiveRun, noRun, type Run } from '#/domain/run.ts';
import type { lockRun } from '#/store/runs.ts';

/** Lets `work` write to a run that stays active meanwhile. */
export type WriteToRun = <T>(
  call: CallMeta,
  id: string,
  find: typeof lockRun,
  work: (tx: Transaction, run: Run) => Promise<T>,
) => Promise<T>;

export const openWriteToRun =
  (database: Database): WriteToRun =>
  (call, id, find, work) =>
    database.transaction(call, async (tx) => {
      const run = await find(tx, id);
      if (run === undefined) throw noRun(id);
      mustBeActiveRun(run);
      return work(tx, run);
    });
