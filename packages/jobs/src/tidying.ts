import type { Owner, Queryable } from '@mlab/kernel';
import type { Boss } from '#/boss.ts';
import type { Outage } from '#/outage.ts';
import type { JobStore } from '#/store/jobs.ts';

/** Deletes from time to time what has been kept for long enough. */
export interface Tidying {
  begin(): void;
  stop(): Promise<void>;
}

export interface TidyingOptions {
  readonly owner: Owner;
  readonly boss: Boss;
  readonly store: JobStore;
  readonly db: () => Queryable;
  readonly outage: Outage;
}

const FIRST_MS = 60_000;
const EACH_MS = 3_600_000;

export function openTidying({ owner: { clock }, boss, store, db, outage }: TidyingOptions): Tidying {
  let cancelTimer: (() => void) | undefined;
  let stopped = false;
  let tidying: Promise<void> | undefined;

  async function tidy(): Promise<void> {
    try {
      await boss.tidy();
      await store.deleteStaleProgress(db());
    } catch (error) {
      outage.failed(error);
    }
    if (!stopped) cancelTimer = clock.schedule(EACH_MS, next);
  }
  function next(): void {
    tidying = tidy();
  }

  return {
    begin: () => void (cancelTimer = clock.schedule(FIRST_MS, next)),
    stop: async () => {
      stopped = true;
      cancelTimer?.();
      await tidying;
    },
  };
}
