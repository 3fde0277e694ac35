import { AppError, type CallMeta, type Database, type JobState } from '@mlab/kernel';
import { isUniqueViolation } from '@mlab/sql';
import { RETRY_LIMIT } from '#/backoff.ts';
import { readCursor, writeCursor } from '#/cursor.ts';
import type { Kinds } from '#/kinds.ts';
import type { ListedJob } from '#/store/job-rows.ts';
import type { JobStore } from '#/store/jobs.ts';

export interface PageQuery {
  readonly state?: JobState | undefined;
  /** Default 50, at most 1,000. */
  readonly limit?: number | undefined;
  readonly after?: string | undefined;
}

export interface ListedPage {
  readonly items: readonly ListedJob[];
  readonly next: string | undefined;
}

/** All jobs of a service, as whoever looks after them sees them. */
export interface JobBook {
  find(call: CallMeta, kinds: readonly string[], id: string): Promise<ListedJob | undefined>;
  /** Newest first. */
  list(call: CallMeta, kinds: readonly string[], query: PageQuery): Promise<ListedPage>;
  /** False when it has already ended, or is not there. */
  cancel(call: CallMeta, kind: string, id: string): Promise<boolean>;
  /** False when it has neither failed nor been cancelled. */
  retry(call: CallMeta, kind: string, id: string): Promise<boolean>;
}

export interface JobBookOptions {
  readonly database: Database;
  readonly store: JobStore;
  readonly kinds: Kinds;
  /** Told when a job may begin. */
  readonly onReady: () => void;
  /** Told when a job was cancelled, wherever it runs. */
  readonly onCancelled: (id: string) => void;
}

export const PAGE = { default: 50, most: 1000 } as const;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function openJobBook({ database, store, kinds, onReady, onCancelled }: JobBookOptions): JobBook {
  return {
    find: async (call, names, id) => (UUID.test(id) ? store.find(database.for(call), names, id) : undefined),
    list: async (call, names, { state, limit = PAGE.default, after }) => {
      const size = checkedLimit(limit);
      const position = after === undefined ? undefined : readCursor(after);
      // One more than is shown tells whether there are more.
      const found = await store.list(database.for(call), { kinds: names, state, after: position, limit: size + 1 });
      const items = found.slice(0, size);
      const last = items.at(-1);
      const more = found.length > size && last !== undefined;
      return { items, next: more ? writeCursor({ createdAt: last.createdAt, id: last.status.id }) : undefined };
    },
    cancel: async (call, kind, id) => {
      if (!UUID.test(id) || (await store.cancel(database.for(call), kind, id)) === 0) return false;
      onCancelled(id);
      return true;
    },
    retry: async (call, kind, id) => {
      if (!UUID.test(id)) return false;
      const retryLimit = kinds.get(kind)?.job.retry?.limit ?? RETRY_LIMIT;
      const retried = await store.retry(database.for(call), kind, id, retryLimit).catch((error: unknown) => {
        if (!isUniqueViolation(error)) throw error;
        throw new AppError('conflict', `The job ${id} cannot be retried: another ${kind} with the same key waits or runs.`, {
          cause: error,
        });
      });
      if (retried > 0) onReady();
      return retried > 0;
    },
  };
}

function checkedLimit(limit: number): number {
  if (Number.isSafeInteger(limit) && limit >= 1 && limit <= PAGE.most) return limit;
  const issues = [{ type: 'range', loc: ['query', 'limit'], msg: `must be an integer from 1 to ${PAGE.most}`, input: limit }];
  throw new AppError('invalid', `limit must be an integer from 1 to ${PAGE.most}, got ${limit}.`, { issues });
}
