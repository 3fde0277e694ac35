import type { CleanOrder, CleanReport } from '@mlab/contracts/tracking-storage';
import { type CallMeta, type Clock, type Database, type JobRun, type Objects, type Transaction } from '@mlab/kernel';
import type { Sweeper } from '#/artifacts/sweeper.ts';
import { deletedBefore, ownFolder, ownFolderOf } from '#/domain/cleaning.ts';
import { foldersAbove } from '#/domain/artifact-path.ts';
import { deleteFilesBelow } from '#/store/artifact-files.ts';
import { forgetEmptyUsage } from '#/store/artifact-usage.ts';
import { lockPath } from '#/store/artifact-write.ts';
import { addRemoved, beginCleaning, forgetCleanings, readRemoved, type Removed } from '#/store/cleanings.ts';
import {
  endRemoval,
  forgetRemovals,
  listDoomedExperiments,
  listPlacedExperiments,
  listRemovals,
  lockDoomed,
  markExperiments,
  removeDoomed,
  removeExperiment,
  removeMetrics,
  removeTraces,
  type Choice,
  type Kind,
  type Removal,
} from '#/store/removals.ts';
import { deleteTracesOf } from '#/store/traces/delete-traces.ts';
import { estimate } from './estimate.ts';
import { cleanOrphans, cleanUploads } from './leftovers.ts';

export interface CleanOptions {
  readonly database: Database;
  readonly objects: Objects;
  readonly sweeper: Sweeper;
  readonly clock: Clock;
  /** How long what was deleted is kept, unless an order says otherwise. */
  readonly keepDays: number;
  /** How long traces are kept. 0: for ever. */
  readonly keepTraceDays: number;
  /** What nobody has touched for so long is abandoned. Longer than any upload takes. */
  readonly abandonedMs: number;
}

/** Sizes of the transactions: none keeps its locks for long. */
const ROOTS = 50;
const VALUES = 20_000;
const FILES = 2000;
const TRACES = 500;
const REPORT_DAYS = 90;

/** Does what an order says, in small transactions. Interrupted at any moment it goes on where it was; what it has removed stays counted. */
export async function clean(options: CleanOptions, order: CleanOrder, run: JobRun): Promise<CleanReport> {
  const { database, sweeper, clock, keepDays, keepTraceDays, abandonedMs } = options;
  const now = clock.now();
  const choice = { beforeMs: deletedBefore(now, order.olderThanDays ?? keepDays), experimentIds: order.experimentIds };
  const abandoned = { ...options, beforeMs: now.getTime() - abandonedMs };
  const tracesUntilMs = keepTraceDays > 0 ? deletedBefore(now, keepTraceDays) : undefined;
  if (order.dryRun === true) return { dryRun: true, ...(await estimate({ ...abandoned, tracesUntilMs }, choice, run)) };

  const { call } = run;
  const db = database.for(call);
  await beginCleaning(db, run.id, now.getTime());
  const done: Step = (note, share) => {
    run.signal.throwIfAborted();
    run.progress(share, note);
  };
  const step = { ...options, call, jobId: run.id, choice, done };
  await markExperiments(db, choice);
  await removeRoots(step, 'run');
  await removeRoots(step, 'loggedModel');
  await drainRemovals(step);
  await removeExperiments(step);
  if (order.experimentIds === undefined) {
    if (tracesUntilMs !== undefined) await removeOldTraces(step, tracesUntilMs);
    await cleanUploads(abandoned, run);
    await cleanOrphans(abandoned, run);
    await forgetRemovals(db, abandoned.beforeMs);
    await forgetCleanings(db, deletedBefore(now, REPORT_DAYS));
    await forgetEmptyUsage(db);
  }
  done('deleting objects', 0.95);
  await sweeper.sweep();
  return { dryRun: false, ...(await readRemoved(db, run.id)) };
}

type Step = (note: string, share: number) => void;

interface Cleaning extends CleanOptions {
  readonly call: CallMeta;
  readonly jobId: string;
  readonly choice: Choice;
  readonly done: Step;
}

const within = (
  { database, call, jobId }: Cleaning,
  work: (tx: Transaction) => Promise<{ readonly more: boolean; readonly removed: Partial<Removed> }>,
): Promise<boolean> =>
  database.transaction(call, async (tx) => {
    const { more, removed } = await work(tx);
    await addRemoved(tx, jobId, removed);
    return more;
  });

/** Takes the rows of runs or models away, so that nobody finds or restores them, and notes what is left of them. */
async function removeRoots(cleaning: Cleaning, kind: Kind): Promise<void> {
  const counted = kind === 'run' ? 'runs' : 'loggedModels';
  for (let more = true; more;) {
    more = await within(cleaning, async (tx) => {
      const doomed = await lockDoomed(tx, kind, cleaning.choice, ROOTS);
      const gone = doomed.map(({ no, id, artifactUri }) => ({ no, path: ownFolder(artifactUri, id) }));
      if (gone.length > 0) await removeDoomed(tx, kind, gone);
      return { more: gone.length === ROOTS, removed: { [counted]: gone.length } };
    });
    cleaning.done(kind === 'run' ? 'removing runs' : 'removing logged models', 0.1);
  }
}

/** Also what an earlier cleaning has not come to. */
async function drainRemovals(cleaning: Cleaning): Promise<void> {
  const { database, call, clock, done } = cleaning;
  for (let after = 0; ;) {
    const batch = await listRemovals(database.for(call), after, 100);
    for (const removal of batch) {
      await drain(cleaning, removal);
      await endRemoval(database.for(call), removal.no, clock.now().getTime());
      done('removing metrics and files', 0.4);
    }
    after = batch.at(-1)?.no ?? after;
    if (batch.length < 100) return;
  }
}

async function drain(cleaning: Cleaning, removal: Removal): Promise<void> {
  for (let more = true; more;) {
    more = await within(cleaning, async (tx) => {
      const metrics = await removeMetrics(tx, removal, VALUES);
      return { more: metrics > 0, removed: { metrics } };
    });
  }
  if (removal.path !== undefined) await removeFiles(cleaning, removal.path);
}

/** An upload that is being committed is waited for, and goes too; one that comes later finds that nobody wants it. */
async function removeFiles(cleaning: Cleaning, path: string): Promise<void> {
  for (let more = true; more;) {
    more = await within(cleaning, async (tx) => {
      await lockPath(tx, path, foldersAbove(path));
      const { files, bytes } = await deleteFilesBelow(tx, path, FILES);
      tx.afterCommit(cleaning.sweeper.wake);
      return { more: files > 0, removed: { files, bytes } };
    });
    cleaning.done('removing files', 0.4);
  }
}

async function removeExperiments(cleaning: Cleaning): Promise<void> {
  const { database, call, choice, done } = cleaning;
  const db = database.for(call);
  const doomed = await listDoomedExperiments(db, choice);
  if (doomed.length === 0) return;
  const placed = await listPlacedExperiments(db);
  for (const experiment of doomed) {
    for (let more = true; more;) {
      more = await within(cleaning, async (tx) => {
        const traces = await removeTraces(tx, experiment.id, TRACES);
        return { more: traces > 0, removed: { traces } };
      });
      done('removing traces', 0.7);
    }
    const path = ownFolderOf(experiment, placed);
    await within(cleaning, async (tx) => {
      const isGone = await removeExperiment(tx, experiment.id, path);
      return { more: false, removed: { experiments: isGone ? 1 : 0 } };
    });
  }
  await drainRemovals(cleaning);
}

/** Traces of all experiments that are older than they are kept, with the files that their clients put beside them. */
async function removeOldTraces(cleaning: Cleaning, untilMs: number): Promise<void> {
  for (let more = true; more;) {
    const paths: string[] = [];
    more = await within(cleaning, async (tx) => {
      const gone = await deleteTracesOf(tx, { untilMs, limit: TRACES });
      paths.push(...gone.flatMap(({ id, artifactLocation = '' }) => ownFolder(artifactLocation, id) ?? []));
      return { more: gone.length === TRACES, removed: { traces: gone.length } };
    });
    for (const path of paths) await removeFiles(cleaning, path);
    cleaning.done('removing old traces', 0.8);
  }
}
