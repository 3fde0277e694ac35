import { STUDY_STATES, type SearchSpec, type StudyState } from '@mlab/contracts/training-studies';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { Queryable, Row } from '@mlab/kernel';
import { integer, json, jsonb, nullable, oneOf, sql, text, timestamp } from '@mlab/sql';
import type { KeptStudy } from '#/domain/study.ts';

const columns = sql`seq, id, key, asked_sha256, state, spec, search, metric, direction, run_id, job_id, queue_id, attempts, importance, error,
  created_at, started_at, ended_at`;

function toStudy(row: Row): KeptStudy {
  return {
    seq: integer(row['seq']),
    id: text(row['id']),
    key: nullable(text, row['key']),
    askedSha256: text(row['asked_sha256']),
    state: oneOf(STUDY_STATES, row['state']),
    spec: json<TrainingSpec>(row['spec']),
    search: json<SearchSpec>(row['search']),
    metric: nullable(text, row['metric']),
    direction: nullable((value) => oneOf(['minimize', 'maximize'], value), row['direction']),
    runId: text(row['run_id']),
    jobId: nullable(text, row['job_id']),
    queueId: nullable(text, row['queue_id']),
    attempts: integer(row['attempts']),
    importance: nullable(json<KeptStudy['importance']>, row['importance']) ?? [],
    error: nullable(text, row['error']),
    createdAt: timestamp(row['created_at']),
    startedAt: nullable(timestamp, row['started_at']),
    endedAt: nullable(timestamp, row['ended_at']),
  };
}

export type NewStudy = Pick<KeptStudy, 'id' | 'key' | 'askedSha256' | 'spec' | 'search' | 'runId' | 'createdAt'>;

/** False when there is one with this key. */
export async function insertStudy(db: Queryable, made: NewStudy): Promise<boolean> {
  const { id, key = null, askedSha256, spec, search, runId, createdAt } = made;
  const inserted = await db.run(sql`INSERT INTO study (id, key, asked_sha256, state, spec, search, run_id, created_at)
    VALUES (${id}, ${key}, ${askedSha256}, 'waiting', ${jsonb(spec)}, ${jsonb(search)}, ${runId}, ${createdAt}) ON CONFLICT (key) DO NOTHING`);
  return inserted === 1;
}

export function findStudy(db: Queryable, id: string): Promise<KeptStudy | undefined> {
  return db.first(sql`SELECT ${columns} FROM study WHERE id = ${id}`, toStudy);
}

export function lockStudy(db: Queryable, id: string): Promise<KeptStudy | undefined> {
  return db.first(sql`SELECT ${columns} FROM study WHERE id = ${id} FOR UPDATE`, toStudy);
}

export function findStudyByKey(db: Queryable, key: string): Promise<KeptStudy | undefined> {
  return db.first(sql`SELECT ${columns} FROM study WHERE key = ${key}`, toStudy);
}

export interface StudyPage {
  readonly state: StudyState | undefined;
  readonly below: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export function listStudies(db: Queryable, { state, below, limit }: StudyPage): Promise<readonly KeptStudy[]> {
  return db.all(
    sql`SELECT ${columns} FROM study WHERE (${state ?? null}::text IS NULL OR state = ${state ?? null})
      AND (${below ?? null}::bigint IS NULL OR seq < ${below ?? null}) ORDER BY seq DESC LIMIT ${limit}`,
    toStudy,
  );
}

/** One that has not ended and learns from a dataset. */
export function findOpenStudyOf(db: Queryable, datasetId: string): Promise<string | undefined> {
  return db.first(
    sql`SELECT id FROM study WHERE spec->>'dataset' = ${datasetId} AND state IN ('waiting', 'running', 'refitting') LIMIT 1`,
    (row) => text(row['id']),
  );
}

/** Those that nobody has ended, since before then. */
export function listOpenStudies(db: Queryable, before: Date): Promise<readonly KeptStudy[]> {
  return db.all(
    sql`SELECT ${columns} FROM study WHERE state IN ('waiting', 'running', 'refitting') AND created_at < ${before} ORDER BY seq LIMIT 500`,
    toStudy,
  );
}

export async function queueStudy(db: Queryable, id: string, queueId: string): Promise<void> {
  await db.run(sql`UPDATE study SET queue_id = ${queueId} WHERE id = ${id}`);
}

/** One more attempt begins; undefined when the study has ended. */
export function beginStudy(db: Queryable, id: string, now: Date): Promise<KeptStudy | undefined> {
  return db.first(
    sql`UPDATE study SET attempts = attempts + 1, started_at = coalesce(started_at, ${now}), error = NULL,
        state = CASE WHEN state = 'waiting' THEN 'running' ELSE state END
      WHERE id = ${id} AND state IN ('waiting', 'running', 'refitting') RETURNING ${columns}`,
    toStudy,
  );
}

export async function keepObjective(db: Queryable, id: string, metric: string, direction: 'minimize' | 'maximize'): Promise<void> {
  await db.run(sql`UPDATE study SET metric = ${metric}, direction = ${direction} WHERE id = ${id}`);
}

/** Its trials have ended, and a job trains with the best. */
export function refitStudy(db: Queryable, id: string, jobId: string, importance: KeptStudy['importance']): Promise<number> {
  return db.run(
    sql`UPDATE study SET state = 'refitting', job_id = ${jobId}, importance = ${jsonb(importance)} WHERE id = ${id} AND state = 'running'`,
  );
}

export interface StudyEnd {
  readonly state: 'succeeded' | 'failed' | 'stopped';
  readonly error?: string | undefined;
  readonly at: Date;
}

/** Undefined when it has ended already. */
export function endStudy(db: Queryable, id: string, { state, error, at }: StudyEnd): Promise<KeptStudy | undefined> {
  return db.first(
    sql`UPDATE study SET state = ${state}, error = ${error ?? null}, ended_at = ${at}
      WHERE id = ${id} AND state IN ('waiting', 'running', 'refitting') RETURNING ${columns}`,
    toStudy,
  );
}

export async function keepStudyError(db: Queryable, id: string, error: string): Promise<void> {
  await db.run(sql`UPDATE study SET error = ${error} WHERE id = ${id} AND state IN ('running', 'refitting')`);
}

/** It goes on, with so many trials at most. */
export function reopenStudy(db: Queryable, id: string, search: SearchSpec): Promise<KeptStudy | undefined> {
  return db.first(
    sql`UPDATE study SET state = 'waiting', search = ${jsonb(search)}, job_id = NULL, error = NULL, ended_at = NULL, attempts = 0
      WHERE id = ${id} RETURNING ${columns}`,
    toStudy,
  );
}
