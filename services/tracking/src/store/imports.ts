import type { Queryable } from '@mlab/kernel';
import { integer, sql, text } from '@mlab/sql';
import type { LoggedModel } from '#/domain/logged-model.ts';
import type { Run } from '#/domain/run.ts';

/** Its number; undefined when the id is taken. */
export function insertImportedRun(db: Queryable, run: Omit<Run, 'no' | 'lifecycleStage'>): Promise<number | undefined> {
  const { id, experimentId, name, userId, status, startMs, endMs, artifactUri } = run;
  return db.first(
    sql`INSERT INTO run (id, experiment_id, name, user_id, status, start_ms, end_ms, artifact_uri)
        VALUES (${id}, ${experimentId}::bigint, ${name}, ${userId}, ${status}, ${startMs}, ${endMs ?? null}::bigint, ${artifactUri})
        ON CONFLICT (id) DO NOTHING RETURNING no`,
    (row) => integer(row['no']),
  );
}

/** Its number; undefined when the id is taken. */
export function insertImportedModel(db: Queryable, model: Omit<LoggedModel, 'no'>): Promise<number | undefined> {
  const { id, experimentId, name, status, modelType, sourceRunId, artifactUri, createdMs, updatedMs } = model;
  return db.first(
    sql`INSERT INTO logged_model (id, experiment_id, name, status, model_type, source_run_id, artifact_uri, created_ms, updated_ms)
        VALUES (${id}, ${experimentId}::bigint, ${name}, ${status}, ${modelType ?? null}, ${sourceRunId ?? null}, ${artifactUri}, ${createdMs}, ${updatedMs})
        ON CONFLICT (id) DO NOTHING RETURNING no`,
    (row) => integer(row['no']),
  );
}

export interface MetricCount {
  readonly key: string;
  readonly values: number;
}

/** How many values of each of its metrics a run has. */
export function countMetrics(db: Queryable, runNo: number): Promise<readonly MetricCount[]> {
  return db.all(
    sql`SELECT k.key, c.values FROM (SELECT key_id, count(*) AS values FROM metric WHERE run_no = ${runNo} GROUP BY key_id) AS c
        JOIN metric_key AS k ON k.id = c.key_id ORDER BY k.key COLLATE "C"`,
    (row) => ({ key: text(row['key']), values: integer(row['values']) }),
  );
}
