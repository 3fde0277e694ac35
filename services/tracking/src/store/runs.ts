import type { Queryable, Row } from '@mlab/kernel';
import { bigint, integer, nullable, oneOf, sql, text } from '@mlab/sql';
import type { LifecycleStage } from '#/domain/experiment.ts';
import type { Run, RunStatus } from '#/domain/run.ts';
import { STAGES } from './experiments.ts';

export const STATUSES = ['RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED'] as const satisfies readonly RunStatus[];

/** Of `run AS r`. */
export const runColumns = sql`r.id, r.no, r.experiment_id, r.name, r.user_id, r.status, r.start_ms, r.end_ms, r.lifecycle_stage, r.artifact_uri`;

export function toRun(row: Row): Run {
  return {
    id: text(row['id']),
    no: integer(row['no']),
    experimentId: String(bigint(row['experiment_id'])),
    name: text(row['name']),
    userId: text(row['user_id']),
    status: oneOf(STATUSES, row['status']),
    startMs: integer(row['start_ms']),
    endMs: nullable(integer, row['end_ms']),
    lifecycleStage: oneOf(STAGES, row['lifecycle_stage']),
    artifactUri: text(row['artifact_uri']),
  };
}

export interface NewRun extends Omit<Run, 'no' | 'endMs' | 'lifecycleStage'> {
  readonly endMs?: number | undefined;
}

/** Its number. */
export async function insertRun(db: Queryable, run: NewRun): Promise<number> {
  const { id, experimentId, name, userId, status, startMs, endMs, artifactUri } = run;
  const no = await db.first(
    sql`INSERT INTO run (id, experiment_id, name, user_id, status, start_ms, end_ms, artifact_uri)
        VALUES (${id}, ${experimentId}::bigint, ${name}, ${userId}, ${status}, ${startMs}, ${endMs ?? null}::bigint, ${artifactUri}) RETURNING no`,
    (row) => integer(row['no']),
  );
  if (no === undefined) throw new Error('A run was inserted and has no number.');
  return no;
}

export function findRun(db: Queryable, id: string): Promise<Run | undefined> {
  return db.first(sql`SELECT ${runColumns} FROM run AS r WHERE r.id = ${id}`, toRun);
}

export function findRuns(db: Queryable, ids: readonly string[]): Promise<readonly Run[]> {
  return db.all(sql`SELECT ${runColumns} FROM run AS r WHERE r.id = ANY(${ids}::text[])`, toRun);
}

/** So that nobody deletes or restores it until the transaction ends. */
export function lockRun(db: Queryable, id: string): Promise<Run | undefined> {
  return db.first(sql`SELECT ${runColumns} FROM run AS r WHERE r.id = ${id} FOR NO KEY UPDATE`, toRun);
}

/** So that it is not deleted until the transaction ends, while others write to it as well. */
export function shareRun(db: Queryable, id: string): Promise<Run | undefined> {
  return db.first(sql`SELECT ${runColumns} FROM run AS r WHERE r.id = ${id} FOR SHARE`, toRun);
}

/** What is undefined stays as it is. */
export interface RunChange {
  readonly name: string | undefined;
  readonly status: RunStatus | undefined;
  readonly endMs: number | undefined;
}

export async function updateRun(db: Queryable, no: number, { name, status, endMs }: RunChange): Promise<void> {
  await db.run(sql`
    UPDATE run SET name = coalesce(${name ?? null}, name), status = coalesce(${status ?? null}, status), end_ms = coalesce(${endMs ?? null}::bigint, end_ms)
    WHERE no = ${no}`);
}

/** False when there is no such run. */
export async function setRunStage(db: Queryable, id: string, stage: LifecycleStage, nowMs: number): Promise<boolean> {
  const deletedMs = stage === 'deleted' ? nowMs : null;
  return (await db.run(sql`UPDATE run SET lifecycle_stage = ${stage}, deleted_ms = ${deletedMs}::bigint WHERE id = ${id}`)) > 0;
}
