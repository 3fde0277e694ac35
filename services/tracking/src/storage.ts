import type { tracking } from '@mlab/contracts/tracking';
import type { CleanOrder, CleanReport } from '@mlab/contracts/tracking-storage';
import { AppError, type CallMeta, type Database, type HandlersOf, type JobQueue } from '@mlab/kernel';
import type { StorageLimits } from '#/domain/storage.ts';
import { measureGarbage } from '#/store/artifact-garbage.ts';
import { listUsage, readUsage } from '#/store/artifact-usage.ts';

type Answer<K extends 'storage' | 'cleaning'> = Awaited<ReturnType<HandlersOf<typeof tracking>[K]>>;

export interface StorageOptions {
  readonly database: Database;
  readonly cleanings: JobQueue<CleanOrder, CleanReport>;
  readonly limits: StorageLimits;
}

export type Storage = ReturnType<typeof openStorage>;

/** How much the artifacts take, and what is done about it. */
export const openStorage = ({ database, cleanings, limits: { quotaBytes, maxFileBytes } }: StorageOptions) => ({
  report: async (call: CallMeta, top: number): Promise<Answer<'storage'>> => {
    const db = database.for(call);
    const [usage, garbage, folders] = [await readUsage(db), await measureGarbage(db), await listUsage(db, top)];
    return {
      ...usage,
      ...(quotaBytes === 0 ? {} : { quotaBytes }),
      ...(maxFileBytes === 0 ? {} : { maxFileBytes }),
      pending: { objects: garbage.files, bytes: garbage.bytes },
      folders: folders.map(({ folder, bytes, files, experimentId, experimentName }) => ({
        folder,
        bytes,
        files,
        ...(experimentId === undefined ? {} : { experimentId }),
        ...(experimentName === undefined ? {} : { experimentName }),
      })),
    };
  },

  clean: async (call: CallMeta, order: CleanOrder): Promise<{ id: string }> => ({
    id: await database.transaction(call, (tx) => cleanings.send(tx, order)),
  }),

  cleaning: async (call: CallMeta, id: string): Promise<Answer<'cleaning'>> => {
    const job = await cleanings.find(call, id);
    if (job === undefined) throw new AppError('not_found', `There is no cleaning ${id}.`);
    const { state, progress, output, error } = job;
    return {
      id,
      state,
      ...(progress === undefined ? {} : { progress }),
      ...(output === undefined ? {} : { report: output }),
      ...(error === undefined ? {} : { error }),
    };
  },
});
