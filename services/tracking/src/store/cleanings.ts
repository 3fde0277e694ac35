import type { Queryable } from '@mlab/kernel';
import { integer, sql } from '@mlab/sql';

/** What a cleaning has removed. */
export interface Removed {
  readonly experiments: number;
  readonly runs: number;
  readonly loggedModels: number;
  readonly traces: number;
  readonly metrics: number;
  readonly files: number;
  readonly uploads: number;
  readonly orphans: number;
  readonly bytes: number;
}

export const NOTHING: Removed = {
  experiments: 0,
  runs: 0,
  loggedModels: 0,
  traces: 0,
  metrics: 0,
  files: 0,
  uploads: 0,
  orphans: 0,
  bytes: 0,
};

/** A job that is done anew after a crash goes on with what it has. */
export async function beginCleaning(db: Queryable, jobId: string, nowMs: number): Promise<void> {
  await db.run(sql`INSERT INTO cleaning (job_id, at_ms) VALUES (${jobId}, ${nowMs}) ON CONFLICT (job_id) DO NOTHING`);
}

/** In the transaction that removes it. */
export async function addRemoved(db: Queryable, jobId: string, some: Partial<Removed>): Promise<void> {
  const { experiments, runs, loggedModels, traces, metrics, files, uploads, orphans, bytes } = { ...NOTHING, ...some };
  await db.run(sql`
    UPDATE cleaning SET experiments = experiments + ${experiments}, runs = runs + ${runs}, logged_models = logged_models + ${loggedModels},
      traces = traces + ${traces}, metrics = metrics + ${metrics}, files = files + ${files}, uploads = uploads + ${uploads}, orphans = orphans + ${orphans}, bytes = bytes + ${bytes}
    WHERE job_id = ${jobId}`);
}

export async function readRemoved(db: Queryable, jobId: string): Promise<Removed> {
  const found = await db.first(
    sql`SELECT experiments, runs, logged_models, traces, metrics, files, uploads, orphans, bytes FROM cleaning WHERE job_id = ${jobId}`,
    (row) => ({
      experiments: integer(row['experiments']),
      runs: integer(row['runs']),
      loggedModels: integer(row['logged_models']),
      traces: integer(row['traces']),
      metrics: integer(row['metrics']),
      files: integer(row['files']),
      uploads: integer(row['uploads']),
      orphans: integer(row['orphans']),
      bytes: integer(row['bytes']),
    }),
  );
  return found ?? NOTHING;
}

export async function forgetCleanings(db: Queryable, beforeMs: number): Promise<void> {
  await db.run(sql`DELETE FROM cleaning WHERE at_ms < ${beforeMs}`);
}
