import { rootCall, type Clock, type Database } from '@mlab/kernel';
import { firstIdAt } from '#/domain/input-log/input-id.ts';
import { rowsBeyond } from '#/domain/input-log/retention.ts';
import { deleteOldest, tableSize, takeRetentionLock, totalBytes } from '#/store/retention.ts';

export interface RetentionOptions {
  readonly database: Database;
  /** 0: for ever. */
  readonly keepDays: number;
  /** 0: any size. */
  readonly keepBytes: number;
  readonly clock: Clock;
  readonly deleted: (reason: 'age' | 'size', inputs: number) => void;
}

const DAY_MS = 86_400_000;
/** Rows that one transaction deletes: few enough to be over soon. */
const STEP = 2000;
const STEP_TIMEOUT_MS = 30_000;

/** Deletes what is too old or too much. Of several gateways one does it at a time. */
export async function deleteOld(options: RetentionOptions, isEnded: () => boolean): Promise<void> {
  const { database, keepDays, keepBytes, clock, deleted } = options;
  if (keepDays > 0) {
    const before = firstIdAt(clock.now().getTime() - keepDays * DAY_MS);
    while (!isEnded()) {
      const gone = await step(database, STEP, before);
      deleted('age', gone);
      if (gone < STEP) break;
    }
  }
  if (keepBytes === 0) return;
  const call = rootCall('gateway', STEP_TIMEOUT_MS);
  if ((await totalBytes(database.for(call))) <= keepBytes) return;
  let beyond = rowsBeyond(await tableSize(database.for(call)), keepBytes);
  while (beyond > 0 && !isEnded()) {
    const gone = await step(database, Math.min(STEP, beyond));
    deleted('size', gone);
    if (gone === 0) break;
    beyond -= gone;
  }
}

function step(database: Database, limit: number, beforeId?: string): Promise<number> {
  return database.transaction(rootCall('gateway', STEP_TIMEOUT_MS), async (tx) =>
    (await takeRetentionLock(tx)) ? deleteOldest(tx, limit, beforeId) : 0,
  );
}
