import type { Queryable, Row } from '@mlab/kernel';
import { integer, isUniqueViolation, json, nullable, sql, text } from '@mlab/sql';
import type { AliasOf, Model, Tag } from '#/domain/model.ts';
import { insertModelTags } from './tags.ts';

/** Of `model AS m`, with its tags and aliases. */
export const modelColumns = sql`m.id, m.name, m.description, m.created_ms, m.updated_ms, m.last_version,
  (SELECT json_agg(json_build_object('key', key, 'value', value) ORDER BY key) FROM model_tag WHERE model_id = m.id) AS tags,
  (SELECT json_agg(json_build_object('alias', alias, 'version', version) ORDER BY alias) FROM alias WHERE model_id = m.id) AS aliases`;

export function toModel(row: Row): Model {
  return {
    id: integer(row['id']),
    name: text(row['name']),
    description: nullable(text, row['description']),
    createdMs: integer(row['created_ms']),
    updatedMs: integer(row['updated_ms']),
    lastVersion: integer(row['last_version']),
    tags: nullable(json<Tag[]>, row['tags']) ?? [],
    aliases: nullable(json<AliasOf[]>, row['aliases']) ?? [],
  };
}

export function findModel(db: Queryable, name: string): Promise<Model | undefined> {
  return db.first(sql`SELECT ${modelColumns} FROM model AS m WHERE m.name = ${name}`, toModel);
}

/** Until the transaction ends nobody else changes it, its versions, its aliases or its policy. */
export async function lockModel(db: Queryable, name: string): Promise<Model | undefined> {
  const id = await db.first(sql`SELECT id FROM model WHERE name = ${name} FOR UPDATE`, (row) => integer(row['id']));
  // In a statement of its own, which sees what was committed while this one waited.
  return id === undefined ? undefined : db.first(sql`SELECT ${modelColumns} FROM model AS m WHERE m.id = ${id}`, toModel);
}

export interface NewModel {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly Tag[];
  readonly nowMs: number;
}

/** Its id, or undefined when the name is taken. */
export async function insertModel(db: Queryable, { name, description, tags, nowMs }: NewModel): Promise<number | undefined> {
  const id = await db.first(
    sql`INSERT INTO model (name, description, created_ms, updated_ms) VALUES (${name}, ${description}, ${nowMs}, ${nowMs})
        ON CONFLICT (name) DO NOTHING RETURNING id`,
    (row) => integer(row['id']),
  );
  if (id !== undefined) await insertModelTags(db, id, tags);
  return id;
}

/** False when another model has the name. Its versions count as changed, as in MLflow. */
export async function renameModel(db: Queryable, id: number, name: string, nowMs: number): Promise<boolean> {
  try {
    await db.run(sql`UPDATE model SET name = ${name}, updated_ms = ${nowMs} WHERE id = ${id}`);
  } catch (error) {
    if (isUniqueViolation(error, 'model_name')) return false;
    throw error;
  }
  await db.run(sql`UPDATE model_version SET updated_ms = ${nowMs} WHERE model_id = ${id}`);
  return true;
}

export async function describeModel(db: Queryable, id: number, description: string, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE model SET description = ${description}, updated_ms = ${nowMs} WHERE id = ${id}`);
}

export async function touchModel(db: Queryable, id: number, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE model SET updated_ms = ${nowMs} WHERE id = ${id}`);
}

/** Answers how many versions went with it. */
export async function deleteModel(db: Queryable, id: number): Promise<number> {
  const versions = await db.run(sql`DELETE FROM model_version WHERE model_id = ${id}`);
  await db.run(sql`DELETE FROM model WHERE id = ${id}`);
  return versions;
}

/** The number of a new version. */
export async function takeNumber(db: Queryable, id: number, nowMs: number): Promise<number> {
  const number = await db.first(
    sql`UPDATE model SET last_version = last_version + 1, updated_ms = ${nowMs} WHERE id = ${id} RETURNING last_version`,
    (row) => integer(row['last_version']),
  );
  if (number === undefined) throw new Error(`The model ${id} was locked, and is gone.`);
  return number;
}
