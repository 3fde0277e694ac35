import type { Queryable, Row } from '@mlab/kernel';
import { bigint, integer, isUniqueViolation, json, oneOf, sql, text, unnest } from '@mlab/sql';
import type { Experiment, LifecycleStage, Tag } from '#/domain/experiment.ts';

export const STAGES = ['active', 'deleted'] as const;

/** Of `experiment AS e`, with its tags. */
export const experimentColumns = sql`e.id, e.name, e.artifact_location, e.lifecycle_stage, e.created_ms, e.updated_ms,
  (SELECT json_agg(json_build_object('key', key, 'value', value) ORDER BY key COLLATE "C") FROM experiment_tag WHERE experiment_id = e.id) AS tags`;

export function toExperiment(row: Row): Experiment {
  return {
    id: String(bigint(row['id'])),
    name: text(row['name']),
    artifactLocation: text(row['artifact_location']),
    lifecycleStage: oneOf(STAGES, row['lifecycle_stage']),
    createdMs: integer(row['created_ms']),
    updatedMs: integer(row['updated_ms']),
    tags: row['tags'] === null ? [] : json<Tag[]>(row['tags']),
  };
}

export interface NewExperiment {
  readonly name: string;
  /** Absent: below the experiment's own id. */
  readonly artifactLocation: string | undefined;
  readonly tags: readonly Tag[];
  readonly nowMs: number;
}

/** Undefined when the name is taken. */
export async function insertExperiment(db: Queryable, { name, artifactLocation, tags, nowMs }: NewExperiment): Promise<string | undefined> {
  const id = await db.first(
    sql`WITH next AS (SELECT nextval(pg_get_serial_sequence('experiment', 'id')) AS id)
        INSERT INTO experiment (id, name, artifact_location, created_ms, updated_ms)
        SELECT id, ${name}, coalesce(${artifactLocation ?? null}, 'mlflow-artifacts:/' || id), ${nowMs}, ${nowMs} FROM next
        ON CONFLICT (name) DO NOTHING RETURNING id`,
    (row) => String(bigint(row['id'])),
  );
  if (id !== undefined && tags.length > 0) {
    await db.run(sql`
      INSERT INTO experiment_tag (experiment_id, key, value)
      SELECT ${id}::bigint, key, value FROM ${unnest({ key: ['text', tags.map(({ key }) => key)], value: ['text', tags.map(({ value }) => value)] })}`);
  }
  return id;
}

export function findExperiment(db: Queryable, id: string): Promise<Experiment | undefined> {
  return db.first(sql`SELECT ${experimentColumns} FROM experiment AS e WHERE e.id = ${id}::bigint AND NOT e.removing`, toExperiment);
}

/** So that it is not deleted until the transaction ends. */
export function shareExperiment(db: Queryable, id: string): Promise<Experiment | undefined> {
  return db.first(
    sql`SELECT ${experimentColumns} FROM experiment AS e WHERE e.id = ${id}::bigint AND NOT e.removing FOR SHARE OF e`,
    toExperiment,
  );
}

export function findExperimentByName(db: Queryable, name: string): Promise<Experiment | undefined> {
  return db.first(sql`SELECT ${experimentColumns} FROM experiment AS e WHERE e.name = ${name} AND NOT e.removing`, toExperiment);
}

/** False when another experiment has the name. */
export async function renameExperiment(db: Queryable, id: string, name: string, nowMs: number): Promise<boolean> {
  try {
    await db.run(sql`UPDATE experiment SET name = ${name}, updated_ms = ${nowMs} WHERE id = ${id}::bigint`);
    return true;
  } catch (error) {
    if (isUniqueViolation(error)) return false;
    throw error;
  }
}

/** Together with all of its runs. False when there is no experiment that was in another stage. */
export async function setExperimentStage(db: Queryable, id: string, stage: LifecycleStage, nowMs: number): Promise<boolean> {
  const changed = await db.run(
    sql`UPDATE experiment SET lifecycle_stage = ${stage}, updated_ms = ${nowMs} WHERE id = ${id}::bigint AND lifecycle_stage <> ${stage} AND NOT removing`,
  );
  if (changed === 0) return false;
  const deletedMs = stage === 'deleted' ? nowMs : null;
  await db.run(
    sql`UPDATE run SET lifecycle_stage = ${stage}, deleted_ms = ${deletedMs}::bigint WHERE experiment_id = ${id}::bigint AND lifecycle_stage <> ${stage}`,
  );
  return true;
}

export async function setExperimentTag(db: Queryable, id: string, { key, value }: Tag): Promise<void> {
  await db.run(sql`
    INSERT INTO experiment_tag (experiment_id, key, value) VALUES (${id}::bigint, ${key}, ${value})
    ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value`);
}

/** False when there was none. */
export async function deleteExperimentTag(db: Queryable, id: string, key: string): Promise<boolean> {
  return (await db.run(sql`DELETE FROM experiment_tag WHERE experiment_id = ${id}::bigint AND key = ${key}`)) > 0;
}
