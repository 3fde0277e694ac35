import { TRIAL_STATES, type TrialState } from '@mlab/contracts/training-studies';
import type { Queryable, Row } from '@mlab/kernel';
import { integer, json, jsonb, nullable, number, oneOf, sql, text, timestamp } from '@mlab/sql';
import type { KeptTrial, Reported, TrialCounts } from '#/domain/study.ts';

const columns = sql`number, state, params, value, reports, run_id, error, started_at, ended_at`;

function toTrial(row: Row): KeptTrial {
  return {
    number: integer(row['number']),
    state: oneOf(TRIAL_STATES, row['state']),
    params: json<Record<string, unknown>>(row['params']),
    value: nullable(number, row['value']),
    reports: json<Reported[]>(row['reports']),
    runId: text(row['run_id']),
    error: nullable(text, row['error']),
    startedAt: timestamp(row['started_at']),
    endedAt: nullable(timestamp, row['ended_at']),
  };
}

export type NewTrial = Pick<KeptTrial, 'number' | 'params' | 'runId' | 'startedAt'>;

/** A trial is made once; whoever goes on finds the ids of the first. */
export async function insertTrial(db: Queryable, studySeq: number, { number: no, params, runId, startedAt }: NewTrial): Promise<KeptTrial> {
  await db.run(sql`INSERT INTO trial (study_seq, number, state, params, run_id, started_at)
    VALUES (${studySeq}, ${no}, 'running', ${jsonb(params)}, ${runId}, ${startedAt}) ON CONFLICT (study_seq, number) DO NOTHING`);
  return (await db.first(sql`SELECT ${columns} FROM trial WHERE study_seq = ${studySeq} AND number = ${no}`, toTrial)) as KeptTrial;
}

export interface TrialEnd {
  readonly state: Exclude<TrialState, 'running'>;
  readonly value: number | undefined;
  readonly reports: readonly Reported[];
  readonly error?: string | undefined;
  readonly at: Date;
}

/** False when it has ended already: then the first end counts. */
export async function endTrial(db: Queryable, studySeq: number, no: number, end: TrialEnd): Promise<boolean> {
  const { state, value = null, reports, error = null, at } = end;
  const ended =
    await db.run(sql`UPDATE trial SET state = ${state}, value = ${value}, reports = ${jsonb(reports)}, error = ${error}, ended_at = ${at}
    WHERE study_seq = ${studySeq} AND number = ${no} AND state = 'running'`);
  return ended === 1;
}

export function allTrials(db: Queryable, studySeq: number): Promise<readonly KeptTrial[]> {
  return db.all(sql`SELECT ${columns} FROM trial WHERE study_seq = ${studySeq} ORDER BY number`, toTrial);
}

export interface TrialPage {
  readonly state: TrialState | undefined;
  /** Whether only those that have ended are told: of a study that has ended itself. */
  readonly ended: boolean;
  /** Only those behind it. */
  readonly above: number | undefined;
  readonly limit: number;
}

export function listTrials(db: Queryable, studySeq: number, { state, ended, above, limit }: TrialPage): Promise<readonly KeptTrial[]> {
  return db.all(
    sql`SELECT ${columns} FROM trial WHERE study_seq = ${studySeq} AND (${state ?? null}::text IS NULL OR state = ${state ?? null})
      AND (NOT ${ended}::boolean OR state <> 'running') AND (${above ?? null}::integer IS NULL OR number > ${above ?? null}) ORDER BY number LIMIT ${limit}`,
    toTrial,
  );
}

export async function countTrials(db: Queryable, studySeq: number): Promise<TrialCounts> {
  const counts = { running: 0, complete: 0, pruned: 0, failed: 0 };
  const rows = await db.all(sql`SELECT state, count(*) AS trials FROM trial WHERE study_seq = ${studySeq} GROUP BY state`, (row) => ({
    state: oneOf(TRIAL_STATES, row['state']),
    trials: integer(row['trials']),
  }));
  for (const { state, trials } of rows) counts[state] = trials;
  return counts;
}

/** Of the complete ones; of equal ones the first. */
export function bestTrial(db: Queryable, studySeq: number, direction: 'minimize' | 'maximize'): Promise<KeptTrial | undefined> {
  const order = direction === 'minimize' ? sql`value ASC` : sql`value DESC`;
  return db.first(
    sql`SELECT ${columns} FROM trial WHERE study_seq = ${studySeq} AND state = 'complete' AND value IS NOT NULL ORDER BY ${order}, number LIMIT 1`,
    toTrial,
  );
}
