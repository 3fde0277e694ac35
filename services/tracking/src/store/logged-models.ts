import type { Queryable, Row } from '@mlab/kernel';
import { bigint, integer, nullable, number, oneOf, sql, text, unnest } from '@mlab/sql';
import type { Tag } from '#/domain/experiment.ts';
import type { LoggedModel, LoggedModelData, LoggedModelMetric, LoggedModelStatus } from '#/domain/logged-model.ts';

const STATUSES = ['PENDING', 'READY', 'UPLOAD_FAILED'] as const satisfies readonly LoggedModelStatus[];

/** Of `logged_model AS m`. */
export const loggedModelColumns = sql`m.id, m.no, m.experiment_id, m.name, m.status, m.model_type, m.source_run_id, m.artifact_uri, m.created_ms, m.updated_ms`;

export const toLoggedModel = (row: Row): LoggedModel => ({
  id: text(row['id']),
  no: integer(row['no']),
  experimentId: String(bigint(row['experiment_id'])),
  name: text(row['name']),
  status: oneOf(STATUSES, row['status']),
  modelType: nullable(text, row['model_type']),
  sourceRunId: nullable(text, row['source_run_id']),
  artifactUri: text(row['artifact_uri']),
  createdMs: integer(row['created_ms']),
  updatedMs: integer(row['updated_ms']),
});

/** Its number. */
export async function insertLoggedModel(db: Queryable, model: Omit<LoggedModel, 'no'>): Promise<number> {
  const { id, experimentId, name, status, modelType, sourceRunId, artifactUri, createdMs, updatedMs } = model;
  const no = await db.first(
    sql`INSERT INTO logged_model (id, experiment_id, name, status, model_type, source_run_id, artifact_uri, created_ms, updated_ms)
        VALUES (${id}, ${experimentId}::bigint, ${name}, ${status}, ${modelType ?? null}, ${sourceRunId ?? null}, ${artifactUri}, ${createdMs}, ${updatedMs})
        RETURNING no`,
    (row) => integer(row['no']),
  );
  if (no === undefined) throw new Error('A logged model was inserted and has no number.');
  return no;
}

/** Also one that is deleted, if it is asked for. */
export function findLoggedModel(db: Queryable, id: string, deletedToo: boolean): Promise<LoggedModel | undefined> {
  return db.first(
    sql`SELECT ${loggedModelColumns} FROM logged_model AS m WHERE m.id = ${id} AND (${deletedToo} OR m.deleted_ms IS NULL)`,
    toLoggedModel,
  );
}

/** The newest model that a run has made under a name. */
export function findLoggedModelOfRun(db: Queryable, runId: string, name: string): Promise<LoggedModel | undefined> {
  return db.first(
    sql`SELECT ${loggedModelColumns} FROM logged_model AS m WHERE m.source_run_id = ${runId} AND m.name = ${name} AND m.deleted_ms IS NULL
        ORDER BY m.created_ms DESC, m.no DESC LIMIT 1`,
    toLoggedModel,
  );
}

/** Also one that is deleted, so that it is not removed until the transaction ends. */
export function shareLoggedModel(db: Queryable, id: string): Promise<LoggedModel | undefined> {
  return db.first(sql`SELECT ${loggedModelColumns} FROM logged_model AS m WHERE m.id = ${id} FOR KEY SHARE`, toLoggedModel);
}

/** The number of a model, which nobody else tags until the transaction ends, and what one of its tags says. */
export function lockModelTag(
  db: Queryable,
  id: string,
  key: string,
): Promise<{ readonly no: number; readonly value: string | undefined } | undefined> {
  return db.first(
    sql`SELECT m.no, (SELECT value FROM logged_model_tag AS t WHERE t.model_no = m.no AND t.key = ${key}) AS value
        FROM logged_model AS m WHERE m.id = ${id} FOR UPDATE`,
    (row) => ({ no: integer(row['no']), value: nullable(text, row['value']) }),
  );
}

/** False when there is no such model. */
export async function setLoggedModelStatus(db: Queryable, id: string, status: LoggedModelStatus, nowMs: number): Promise<boolean> {
  return (await db.run(sql`UPDATE logged_model SET status = ${status}, updated_ms = ${nowMs} WHERE id = ${id}`)) > 0;
}

/** False when there is no such model. One that is deleted already stays deleted since then. */
export async function markLoggedModelDeleted(db: Queryable, id: string, nowMs: number): Promise<boolean> {
  return (
    (await db.run(sql`UPDATE logged_model SET deleted_ms = coalesce(deleted_ms, ${nowMs}), updated_ms = ${nowMs} WHERE id = ${id}`)) > 0
  );
}

/** Adds those that are not there yet. Answers those of them that are there with another value, which stay. */
export async function insertModelParams(db: Queryable, no: number, params: readonly Tag[]): Promise<readonly Tag[]> {
  if (params.length === 0) return [];
  const columns = pairs(params);
  const inserted = await db.run(sql`
    INSERT INTO logged_model_param (model_no, key, value) SELECT ${no}::bigint, key, value FROM ${unnest(columns)}
    ON CONFLICT (model_no, key) DO NOTHING`);
  if (inserted === params.length) return [];
  return db.all(
    sql`SELECT p.key, p.value FROM logged_model_param AS p JOIN ${unnest(columns)} ON row_of.key = p.key AND row_of.value <> p.value
        WHERE p.model_no = ${no} ORDER BY p.key`,
    (row) => ({ key: text(row['key']), value: text(row['value']) }),
  );
}

/** Adds or replaces. Of several with one key the last one counts. */
export async function setModelTags(db: Queryable, no: number, tags: readonly Tag[]): Promise<void> {
  const last = [...new Map(tags.map((tag) => [tag.key, tag])).values()];
  if (last.length === 0) return;
  await db.run(sql`
    INSERT INTO logged_model_tag (model_no, key, value) SELECT ${no}::bigint, key, value FROM ${unnest(pairs(last))}
    ON CONFLICT (model_no, key) DO UPDATE SET value = excluded.value`);
}

/** False when there was none. */
export async function deleteModelTag(db: Queryable, no: number, key: string): Promise<boolean> {
  return (await db.run(sql`DELETE FROM logged_model_tag WHERE model_no = ${no} AND key = ${key}`)) > 0;
}

/** What belongs to each of these models, by their numbers; keys in the order of their characters, values as they were logged. */
export async function readModelData(db: Queryable, nos: readonly number[]): Promise<ReadonlyMap<number, LoggedModelData>> {
  const data = new Map(nos.map((no) => [no, { params: [] as Tag[], tags: [] as Tag[], metrics: [] as LoggedModelMetric[] }]));
  if (nos.length === 0) return data;
  const pair = (list: 'params' | 'tags') => (row: Row) =>
    void data.get(integer(row['model_no']))?.[list].push({ key: text(row['key']), value: text(row['value']) });
  await db.all(
    sql`SELECT model_no, key, value FROM logged_model_param WHERE model_no = ANY(${nos}::bigint[]) ORDER BY key COLLATE "C"`,
    pair('params'),
  );
  await db.all(
    sql`SELECT model_no, key, value FROM logged_model_tag WHERE model_no = ANY(${nos}::bigint[]) ORDER BY key COLLATE "C"`,
    pair('tags'),
  );
  await db.all(
    sql`SELECT x.model_no, k.key, x.value, x.timestamp_ms, x.step, x.dataset_name, x.dataset_digest, r.id AS run_id
        FROM logged_model_metric AS x JOIN metric_key AS k ON k.id = x.key_id LEFT JOIN run AS r ON r.no = x.run_no
        WHERE x.model_no = ANY(${nos}::bigint[]) ORDER BY k.key COLLATE "C", x.timestamp_ms, x.step, x.run_no, x.value`,
    (row) =>
      void data.get(integer(row['model_no']))?.metrics.push({
        key: text(row['key']),
        value: number(row['value']),
        timestamp: integer(row['timestamp_ms']),
        step: integer(row['step']),
        runId: nullable(text, row['run_id']),
        datasetName: text(row['dataset_name']) || undefined,
        datasetDigest: text(row['dataset_digest']) || undefined,
      }),
  );
  return data;
}

/** In one order, so that two who write to one model never wait for each other in a circle. */
function pairs(list: readonly Tag[]) {
  const sorted = list.toSorted((a, b) => (a.key < b.key ? -1 : 1));
  return { key: ['text', sorted.map(({ key }) => key)], value: ['text', sorted.map(({ value }) => value)] } as const;
}
