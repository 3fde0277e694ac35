import { JOB_STATES, type Progress, type TrainingResult, type TrainingState } from '@mlab/contracts/training-jobs';
import type { TrainingSpec } from '@mlab/contracts/training-spec';
import type { Queryable, Row } from '@mlab/kernel';
import { integer, json, jsonb, nullable, oneOf, sql, text, timestamp } from '@mlab/sql';
import { trainerName, type KeptJob, type Logging } from '#/domain/job.ts';

const columns = sql`seq, id, key, asked_sha256, study_id, state, spec, run_id, model_id, generation, queue_id, attempts, progress, logged_to,
  logging, result, error, created_at, started_at, ended_at`;

function toJob(row: Row): KeptJob {
  return {
    seq: integer(row['seq']),
    id: text(row['id']),
    key: nullable(text, row['key']),
    askedSha256: text(row['asked_sha256']),
    studyId: nullable(text, row['study_id']),
    state: oneOf(JOB_STATES, row['state']),
    spec: json<TrainingSpec>(row['spec']),
    runId: text(row['run_id']),
    modelId: text(row['model_id']),
    generation: integer(row['generation']),
    queueId: nullable(text, row['queue_id']),
    attempts: integer(row['attempts']),
    progress: json<Progress>(row['progress']),
    loggedTo: integer(row['logged_to']),
    logging: nullable(json<Logging>, row['logging']),
    result: nullable(json<TrainingResult>, row['result']),
    error: nullable(text, row['error']),
    createdAt: timestamp(row['created_at']),
    startedAt: nullable(timestamp, row['started_at']),
    endedAt: nullable(timestamp, row['ended_at']),
  };
}

export type NewJob = Pick<KeptJob, 'id' | 'key' | 'askedSha256' | 'studyId' | 'spec' | 'runId' | 'modelId' | 'progress' | 'createdAt'>;

/** False when there is one with this key. */
export async function insertJob(db: Queryable, made: NewJob): Promise<boolean> {
  const { id, key = null, askedSha256, studyId = null, spec, runId, modelId, progress, createdAt } = made;
  const inserted = await db.run(sql`
    INSERT INTO training_job (id, key, asked_sha256, study_id, state, spec, dataset_id, model, trainer, tags, run_id, model_id, progress, created_at)
    VALUES (${id}, ${key}, ${askedSha256}, ${studyId}, 'waiting', ${jsonb(spec)}, ${spec.dataset}, ${spec.model ?? null}, ${trainerName(spec)},
      ${jsonb(spec.tags)}, ${runId}, ${modelId}, ${jsonb(progress)}, ${createdAt})
    ON CONFLICT (key) DO NOTHING`);
  return inserted === 1;
}

export function findJob(db: Queryable, id: string): Promise<KeptJob | undefined> {
  return db.first(sql`SELECT ${columns} FROM training_job WHERE id = ${id}`, toJob);
}

export function lockJob(db: Queryable, id: string): Promise<KeptJob | undefined> {
  return db.first(sql`SELECT ${columns} FROM training_job WHERE id = ${id} FOR UPDATE`, toJob);
}

export function findJobByKey(db: Queryable, key: string): Promise<KeptJob | undefined> {
  return db.first(sql`SELECT ${columns} FROM training_job WHERE key = ${key}`, toJob);
}

export interface JobFilter {
  readonly state: TrainingState | undefined;
  readonly dataset: string | undefined;
  readonly model: string | undefined;
  readonly trainer: string | undefined;
  readonly tag: { readonly key: string; readonly value: string | undefined } | undefined;
  readonly below: number | undefined;
  readonly limit: number;
}

/** The newest first. */
export function listJobs(db: Queryable, filter: JobFilter): Promise<readonly KeptJob[]> {
  const { state = null, dataset = null, model = null, trainer = null, tag, below = null, limit } = filter;
  const tagged =
    tag === undefined ? sql`true` : tag.value === undefined ? sql`tags ? ${tag.key}` : sql`tags @> ${jsonb({ [tag.key]: tag.value })}`;
  return db.all(
    sql`SELECT ${columns} FROM training_job
      WHERE (${state}::text IS NULL OR state = ${state}) AND (${dataset}::text IS NULL OR dataset_id = ${dataset})
        AND (${model}::text IS NULL OR model = ${model}) AND (${trainer}::text IS NULL OR trainer = ${trainer})
        AND ${tagged} AND (${below}::bigint IS NULL OR seq < ${below})
      ORDER BY seq DESC LIMIT ${limit}`,
    toJob,
  );
}

/** Those that wait or run and learn from a dataset. */
export function findOpenJobOf(db: Queryable, datasetId: string): Promise<string | undefined> {
  return db.first(sql`SELECT id FROM training_job WHERE dataset_id = ${datasetId} AND state IN ('waiting', 'running') LIMIT 1`, (row) =>
    text(row['id']),
  );
}

/** Those that have been open since before then, for whoever looks whether anybody still works on them. */
export function listOpenJobs(db: Queryable, before: Date): Promise<readonly KeptJob[]> {
  return db.all(
    sql`SELECT ${columns} FROM training_job WHERE state IN ('waiting', 'running') AND created_at < ${before} ORDER BY seq LIMIT 500`,
    toJob,
  );
}

export async function queueJob(db: Queryable, id: string, queueId: string): Promise<void> {
  await db.run(sql`UPDATE training_job SET queue_id = ${queueId} WHERE id = ${id}`);
}

/** One more attempt begins. Undefined when the job has ended, or has begun anew since it was queued. */
export function beginAttempt(db: Queryable, id: string, generation: number, now: Date): Promise<KeptJob | undefined> {
  return db.first(
    sql`UPDATE training_job SET state = 'running', attempts = attempts + 1, started_at = coalesce(started_at, ${now}), error = NULL
      WHERE id = ${id} AND generation = ${generation} AND state IN ('waiting', 'running') RETURNING ${columns}`,
    toJob,
  );
}

export async function keepProgress(db: Queryable, id: string, attempt: number, progress: Progress): Promise<void> {
  await db.run(sql`UPDATE training_job SET progress = ${jsonb(progress)} WHERE id = ${id} AND attempts = ${attempt} AND state = 'running'`);
}

export async function keepLogging(db: Queryable, id: string, logging: Logging): Promise<void> {
  await db.run(sql`UPDATE training_job SET logging = ${jsonb(logging)} WHERE id = ${id}`);
}

export async function keepLogged(db: Queryable, id: string, to: number): Promise<void> {
  await db.run(sql`UPDATE training_job SET logged_to = ${to}, logging = NULL WHERE id = ${id}`);
}

export async function keepError(db: Queryable, id: string, error: string): Promise<void> {
  await db.run(sql`UPDATE training_job SET error = ${error} WHERE id = ${id} AND state = 'running'`);
}

export interface JobEnd {
  readonly state: 'succeeded' | 'failed' | 'cancelled';
  readonly result?: TrainingResult | undefined;
  readonly error?: string | undefined;
  readonly at: Date;
}

/** Undefined when it has ended already, or has begun anew. */
export function endJob(db: Queryable, id: string, generation: number, { state, result, error, at }: JobEnd): Promise<KeptJob | undefined> {
  return db.first(
    sql`UPDATE training_job SET state = ${state}, error = ${error ?? null}, ended_at = ${at}, logging = NULL,
        result = ${result === undefined ? sql`NULL` : jsonb(result)},
        progress = jsonb_set(CASE WHEN ${state} = 'succeeded' THEN jsonb_set(progress - 'secondsLeft', '{share}', '1') ELSE progress - 'secondsLeft' END,
          '{phase}', '"ended"')
      WHERE id = ${id} AND generation = ${generation} AND state IN ('waiting', 'running') RETURNING ${columns}`,
    toJob,
  );
}

/** As if it had just been asked for, under ids of its own. */
export async function restartJob(
  db: Queryable,
  id: string,
  fresh: Pick<KeptJob, 'runId' | 'modelId' | 'progress'>,
): Promise<KeptJob | undefined> {
  return db.first(
    sql`UPDATE training_job SET state = 'waiting', run_id = ${fresh.runId}, model_id = ${fresh.modelId}, generation = generation + 1,
        progress = ${jsonb(fresh.progress)}, attempts = 0, logged_to = 0, logging = NULL, result = NULL, error = NULL, started_at = NULL,
        ended_at = NULL
      WHERE id = ${id} RETURNING ${columns}`,
    toJob,
  );
}

export async function deleteJob(db: Queryable, id: string): Promise<void> {
  await db.run(sql`DELETE FROM training_job WHERE id = ${id}`);
}
