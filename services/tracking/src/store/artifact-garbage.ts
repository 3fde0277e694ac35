import type { Queryable } from '@mlab/kernel';
import { integer, sql, text, unnest } from '@mlab/sql';

/** An object that nothing refers to any more. */
export interface Garbage {
  readonly no: number;
  readonly objectKey: string;
}

export function listGarbage(db: Queryable, after: number, limit: number): Promise<readonly Garbage[]> {
  return db.all(sql`SELECT no, object_key FROM artifact_garbage WHERE no > ${after} ORDER BY no LIMIT ${limit}`, (row) => ({
    no: integer(row['no']),
    objectKey: text(row['object_key']),
  }));
}

export async function forgetGarbage(db: Queryable, nos: readonly number[]): Promise<void> {
  await db.run(sql`DELETE FROM artifact_garbage WHERE no = ANY(${nos}::bigint[])`);
}

export interface Unwanted {
  readonly objectKey: string;
  readonly size: number;
}

export async function addGarbage(db: Queryable, objects: readonly Unwanted[]): Promise<void> {
  await db.run(sql`
    INSERT INTO artifact_garbage (object_key, size)
    SELECT object_key, size FROM ${unnest({ object_key: ['text', objects.map(({ objectKey }) => objectKey)], size: ['int8', objects.map(({ size }) => size)] })}`);
}

export async function measureGarbage(db: Queryable): Promise<{ readonly files: number; readonly bytes: number }> {
  const found = await db.first(sql`SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM artifact_garbage`, (row) => ({
    files: integer(row['files']),
    bytes: integer(row['bytes']),
  }));
  return found ?? { files: 0, bytes: 0 };
}

/** Those of the keys that no file, no part of an upload and no garbage has. */
export function findOrphans(db: Queryable, keys: readonly string[]): Promise<readonly string[]> {
  return db.all(
    sql`SELECT k.key FROM unnest(${keys}::text[]) AS k (key)
        WHERE NOT EXISTS (SELECT 1 FROM artifact WHERE object_key = k.key) AND NOT EXISTS (SELECT 1 FROM multipart_part WHERE object_key = k.key)
          AND NOT EXISTS (SELECT 1 FROM artifact_garbage WHERE object_key = k.key)`,
    (row) => text(row['key']),
  );
}
