import type { Queryable } from '@mlab/kernel';
import { sql, text, unnest } from '@mlab/sql';
import type { Tag } from '#/domain/model.ts';

const columns = (tags: readonly Tag[]) =>
  unnest({ key: ['text', tags.map(({ key }) => key)], value: ['text', tags.map(({ value }) => value)] });

export async function insertModelTags(db: Queryable, modelId: number, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await db.run(sql`INSERT INTO model_tag (model_id, key, value) SELECT ${modelId}::bigint, key, value FROM ${columns(tags)}`);
}

export async function insertVersionTags(db: Queryable, modelId: number, version: number, tags: readonly Tag[]): Promise<void> {
  if (tags.length === 0) return;
  await db.run(sql`INSERT INTO version_tag (model_id, version, key, value)
    SELECT ${modelId}::bigint, ${version}::integer, key, value FROM ${columns(tags)}`);
}

export async function setModelTag(db: Queryable, modelId: number, { key, value }: Tag): Promise<void> {
  await db.run(sql`INSERT INTO model_tag (model_id, key, value) VALUES (${modelId}, ${key}, ${value})
    ON CONFLICT (model_id, key) DO UPDATE SET value = excluded.value`);
}

export async function setVersionTag(db: Queryable, modelId: number, version: number, { key, value }: Tag): Promise<void> {
  await db.run(sql`INSERT INTO version_tag (model_id, version, key, value) VALUES (${modelId}, ${version}, ${key}, ${value})
    ON CONFLICT (model_id, version, key) DO UPDATE SET value = excluded.value`);
}

/** What it was; undefined when there was none. */
export function deleteModelTag(db: Queryable, modelId: number, key: string): Promise<string | undefined> {
  return db.first(sql`DELETE FROM model_tag WHERE model_id = ${modelId} AND key = ${key} RETURNING value`, (row) => text(row['value']));
}

/** What it was; undefined when there was none. */
export function deleteVersionTag(db: Queryable, modelId: number, version: number, key: string): Promise<string | undefined> {
  return db.first(
    sql`DELETE FROM version_tag WHERE model_id = ${modelId} AND version = ${version} AND key = ${key} RETURNING value`,
    (row) => text(row['value']),
  );
}
