import type { Queryable } from '@mlab/kernel';
import { boolean, integer, sql } from '@mlab/sql';
import { topOf, pathOf } from '#/domain/artifact-path.ts';
import type { ArtifactFile } from './artifact-files.ts';
import { SHARD } from './artifact-usage.ts';

/**
 * Until the transaction ends nobody writes or deletes this path, a folder above it, or anything below it: who writes `a/b` shares `a` with
 * others who do so, and has `a/b` to himself.
 */
export async function lockPath(db: Queryable, path: string, folders: readonly string[]): Promise<void> {
  await db.all(
    sql`SELECT pg_advisory_xact_lock_shared(hashtextextended(folder, 7)) AS locked FROM unnest(${folders}::text[]) AS above (folder)
        UNION ALL SELECT pg_advisory_xact_lock(hashtextextended(${path}, 7))`,
    () => undefined,
  );
}

/** The size of the file that it replaces, if there is one. Under the lock of the path. */
export async function findReplaced(db: Queryable, { folder, name }: ArtifactFile): Promise<number | undefined> {
  return db.first(sql`SELECT size FROM artifact WHERE folder = ${folder} AND name = ${name}`, (row) => integer(row['size']));
}

/** Puts a file where it belongs, under the lock of its path. True when there was one, whose object has become garbage. */
export async function writeFile(db: Queryable, file: ArtifactFile): Promise<boolean> {
  const { folder, name, objectKey, size, sha256, contentType, modifiedMs } = file;
  const replaced = await db.first(
    sql`WITH old AS (SELECT object_key, size FROM artifact WHERE folder = ${folder} AND name = ${name}),
    garbage AS (INSERT INTO artifact_garbage (object_key, size) SELECT object_key, size FROM old),
    counted AS (
      INSERT INTO artifact_usage AS known (top, shard, bytes, files)
      SELECT ${topOf(pathOf(file))}, ${SHARD}, ${size}::bigint - coalesce(sum(size), 0), 1 - count(*) FROM old
      ON CONFLICT (top, shard) DO UPDATE SET bytes = known.bytes + excluded.bytes, files = known.files + excluded.files
    )
    INSERT INTO artifact (folder, name, object_key, size, sha256, content_type, modified_ms)
    VALUES (${folder}, ${name}, ${objectKey}, ${size}, ${sha256}, ${contentType}, ${modifiedMs})
    ON CONFLICT (folder, name) DO UPDATE SET object_key = excluded.object_key, size = excluded.size, sha256 = excluded.sha256,
      content_type = excluded.content_type, modified_ms = excluded.modified_ms
    RETURNING (xmax <> 0) AS replaced`,
    (row) => boolean(row['replaced']),
  );
  return replaced === true;
}
