import type { VersionFile } from '@mlab/contracts/registry-schemas';
import type { Queryable } from '@mlab/kernel';
import { integer, sql, text, unnest } from '@mlab/sql';

export async function insertFiles(db: Queryable, modelId: number, version: number, files: readonly VersionFile[]): Promise<void> {
  if (files.length === 0) return;
  const columns = unnest({
    path: ['text', files.map(({ path }) => path)],
    size: ['int8', files.map(({ size }) => size)],
    sha256: ['text', files.map(({ sha256 }) => sha256)],
  });
  await db.run(sql`INSERT INTO version_file (model_id, version, path, size, sha256)
    SELECT ${modelId}::bigint, ${version}::integer, path, size, sha256 FROM ${columns}`);
}

/** Ordered by path. */
export function listFiles(db: Queryable, modelId: number, version: number): Promise<readonly VersionFile[]> {
  return db.all(
    sql`SELECT path, size, sha256 FROM version_file WHERE model_id = ${modelId} AND version = ${version} ORDER BY path`,
    (row): VersionFile => ({ path: text(row['path']), size: integer(row['size']), sha256: text(row['sha256']) }),
  );
}
