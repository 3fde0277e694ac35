import type { Database, JobRun, ObjectInfo, Objects } from '@mlab/kernel';
import type { Sweeper } from '#/artifacts/sweeper.ts';
import { pathOf, topOf } from '#/domain/artifact-path.ts';
import { addGarbage, findOrphans } from '#/store/artifact-garbage.ts';
import { addRemoved } from '#/store/cleanings.ts';
import { deleteUpload, dropParts, listStaleUploads, lockStaleUpload } from '#/store/multipart-uploads.ts';

export interface Leftovers {
  readonly database: Database;
  readonly objects: Objects;
  readonly sweeper: Sweeper;
  /** Only what nobody has touched since then. */
  readonly beforeMs: number;
}

const PAGE = 1000;

/** Gives up uploads in parts that nobody goes on with, and forgets those that were completed. */
export async function cleanUploads({ database, sweeper, beforeMs }: Leftovers, run: JobRun): Promise<void> {
  const { id: jobId, call, signal } = run;
  for (;;) {
    signal.throwIfAborted();
    const stale = await listStaleUploads(database.for(call), beforeMs, PAGE);
    for (const id of stale) {
      await database.transaction(call, async (tx) => {
        const upload = await lockStaleUpload(tx, id, beforeMs);
        if (upload === undefined) return;
        const bytes = await dropParts(tx, id, topOf(pathOf(upload)));
        await deleteUpload(tx, id);
        await addRemoved(tx, jobId, { uploads: upload.completedMs === undefined ? 1 : 0, bytes });
        tx.afterCommit(sweeper.wake);
      });
    }
    run.progress(0.75, 'giving up broken uploads');
    if (stale.length < PAGE) return;
  }
}

/** Objects that nothing refers to, page by page: a process died between keeping the bytes and saying whose they are. */
export async function* findAllOrphans(
  { database, objects, beforeMs }: Leftovers,
  run: JobRun,
): AsyncGenerator<readonly ObjectInfo[], void, void> {
  const { call, signal } = run;
  for (let after: string | undefined = ''; after !== undefined;) {
    const { items, next }: Awaited<ReturnType<Objects['list']>> = await objects.list({ after, limit: PAGE, signal });
    const old = items.filter(({ modifiedAt }) => modifiedAt.getTime() < beforeMs);
    const orphans = new Set(
      await findOrphans(
        database.for(call),
        old.map(({ key }) => key),
      ),
    );
    if (orphans.size > 0) yield old.filter(({ key }) => orphans.has(key));
    run.progress(0.85, 'looking for objects that nothing refers to');
    after = next;
  }
}

export async function cleanOrphans(options: Leftovers, run: JobRun): Promise<void> {
  const { database, sweeper } = options;
  for await (const orphans of findAllOrphans(options, run)) {
    await database.transaction(run.call, async (tx) => {
      await addGarbage(
        tx,
        orphans.map(({ key, size }) => ({ objectKey: key, size })),
      );
      await addRemoved(tx, run.id, { orphans: orphans.length, bytes: orphans.reduce((sum, { size }) => sum + size, 0) });
      tx.afterCommit(sweeper.wake);
    });
  }
}
