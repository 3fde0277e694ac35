import type { Queryable } from '@mlab/kernel';
import { integer, nullable, sql, text } from '@mlab/sql';

/** A connection's own part of each sum, so that two at once seldom wait for each other. */
export const SHARD = sql`(pg_backend_pid() % 4)::smallint`;

export interface Usage {
  readonly bytes: number;
  readonly files: number;
}

/** All that lies here, parts of uploads included. */
export async function readUsage(db: Queryable): Promise<Usage> {
  const usage = await db.first(
    sql`SELECT coalesce(sum(bytes), 0)::bigint AS bytes, coalesce(sum(files), 0)::bigint AS files FROM artifact_usage`,
    (row) => ({ bytes: integer(row['bytes']), files: integer(row['files']) }),
  );
  return usage ?? { bytes: 0, files: 0 };
}

/** So that nobody else adds anything until the transaction ends, and it is known that there is room. */
export async function lockUsage(db: Queryable): Promise<Usage> {
  await db.first(sql`SELECT one FROM artifact_quota FOR UPDATE`, () => true);
  return readUsage(db);
}

export interface FolderUsage extends Usage {
  readonly folder: string;
  /** The experiment whose artifacts lie there. */
  readonly experimentId: string | undefined;
  readonly experimentName: string | undefined;
}

/** Where most lies, by the first parts of paths. */
export function listUsage(db: Queryable, limit: number): Promise<readonly FolderUsage[]> {
  return db.all(
    sql`SELECT u.top, u.bytes, u.files, e.id::text AS experiment_id, e.name AS experiment_name
        FROM (SELECT top, sum(bytes)::bigint AS bytes, sum(files)::bigint AS files FROM artifact_usage GROUP BY top
              HAVING sum(bytes) > 0 OR sum(files) > 0 ORDER BY 2 DESC, 1 LIMIT ${limit}) AS u
        LEFT JOIN experiment AS e ON e.id::text = u.top AND NOT e.removing AND e.artifact_location = 'mlflow-artifacts:/' || u.top
        ORDER BY u.bytes DESC, u.top`,
    (row) => ({
      folder: text(row['top']),
      bytes: integer(row['bytes']),
      files: integer(row['files']),
      experimentId: nullable(text, row['experiment_id']),
      experimentName: nullable(text, row['experiment_name']),
    }),
  );
}

/** Forgets folders of which nothing is left. */
export async function forgetEmptyUsage(db: Queryable): Promise<void> {
  await db.run(sql`DELETE FROM artifact_usage WHERE bytes = 0 AND files = 0`);
}
