import type { Queryable, Row, Sql } from '@mlab/kernel';
import { integer, sql, text } from '@mlab/sql';
import { pathOf, placeOf, type FilePlace } from '#/domain/artifact-path.ts';
import { SHARD } from './artifact-usage.ts';

/** A file of an artifact. */
export interface ArtifactFile extends FilePlace {
  readonly objectKey: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly contentType: string;
  readonly modifiedMs: number;
}

const columns = sql`folder, name, object_key, size, sha256, content_type, modified_ms`;

const toFile = (row: Row): ArtifactFile => ({
  folder: text(row['folder']),
  name: text(row['name']),
  objectKey: text(row['object_key']),
  size: integer(row['size']),
  sha256: text(row['sha256']),
  contentType: text(row['content_type']),
  modifiedMs: integer(row['modified_ms']),
});

export function findFile(db: Queryable, { folder, name }: FilePlace): Promise<ArtifactFile | undefined> {
  return db.first(sql`SELECT ${columns} FROM artifact WHERE folder = ${folder} AND name = ${name}`, toFile);
}

/** The last character there is: whatever a path is, it stands before. */
const LAST = '\u{10ffff}';

/** The folders inside of a folder, at any depth, stand together: behind it with `/`, and before it with `0`, which is what follows `/`. */
const inside = (folder: string): { readonly begin: string; readonly end: string } =>
  folder === '' ? { begin: ' ', end: LAST } : { begin: `${folder}/`, end: `${folder}0` };

/** Whether there is a file in the folder or below it. */
export async function hasFiles(db: Queryable, folder: string): Promise<boolean> {
  const { begin, end } = inside(folder);
  const found = await db.first(
    sql`SELECT 1 AS one FROM artifact WHERE folder = ${folder}
        UNION ALL SELECT 1 FROM artifact WHERE folder >= ${begin} AND folder < ${end} LIMIT 1`,
    () => true,
  );
  return found === true;
}

export interface ListedFile {
  readonly name: string;
  readonly size: number;
}

/** The files in a folder, without those in its folders, by their names. */
export function listFiles(db: Queryable, folder: string, after: string, limit: number): Promise<readonly ListedFile[]> {
  return db.all(sql`SELECT name, size FROM artifact WHERE folder = ${folder} AND name > ${after} ORDER BY name LIMIT ${limit}`, (row) => ({
    name: text(row['name']),
    size: integer(row['size']),
  }));
}

/** The folders in a folder, by their names. One or two looks into the index find each of them, however much is in it. */
export function listFolders(db: Queryable, folder: string): Promise<readonly string[]> {
  const { begin, end } = inside(folder);
  const above = sql`length(${folder === '' ? '' : `${folder}/`})`;
  // A blank is the first character of a path: behind `a` comes what begins with `a `. Behind all of `a/` comes `a0`.
  return db.all(
    sql`WITH RECURSIVE found (folder, name) AS (
          (SELECT folder, split_part(substr(folder, ${above} + 1), '/', 1) FROM artifact WHERE folder >= ${begin} AND folder < ${end} ORDER BY folder LIMIT 1)
          UNION ALL
          SELECT next.folder, split_part(substr(next.folder, ${above} + 1), '/', 1) FROM found, LATERAL (
            SELECT a.folder FROM artifact AS a
            WHERE a.folder >= CASE WHEN length(found.folder) = ${above} + length(found.name) THEN found.folder || ' '
                                   ELSE left(found.folder, ${above} + length(found.name)) || '0' END AND a.folder < ${end}
            ORDER BY a.folder LIMIT 1) AS next
        )
        SELECT DISTINCT name COLLATE "C" AS name FROM found ORDER BY 1`,
    (row) => text(row['name']),
  );
}

/** Files in a folder and below it, folder by folder, behind a place. */
function below(what: Sql, folder: string, after: FilePlace, limit: number): Sql {
  const { begin, end } = inside(folder);
  const behind = sql`(folder, name) > (${after.folder}, ${after.name})`;
  return sql`(SELECT ${what} FROM artifact WHERE folder = ${folder} AND ${behind} ORDER BY folder, name LIMIT ${limit})
    UNION ALL (SELECT ${what} FROM artifact WHERE folder >= ${begin} AND folder < ${end} AND ${behind} ORDER BY folder, name LIMIT ${limit})
    ORDER BY folder, name LIMIT ${limit}`;
}

export function listFilesBelow(db: Queryable, folder: string, after: FilePlace, limit: number): Promise<readonly ArtifactFile[]> {
  return db.all(below(columns, folder, after, limit), toFile);
}

/** How much lies below these folders, all together; none is inside of another. */
export async function measureBelow(db: Queryable, folders: readonly string[]): Promise<{ readonly files: number; readonly bytes: number }> {
  const found = await db.first(
    sql`SELECT count(*) AS files, coalesce(sum(a.size), 0)::bigint AS bytes FROM unnest(${folders}::text[]) AS f (path)
        CROSS JOIN LATERAL (
          SELECT size FROM artifact WHERE folder = f.path COLLATE "C"
          UNION ALL SELECT size FROM artifact WHERE folder >= f.path || '/' COLLATE "C" AND folder < f.path || '0' COLLATE "C"
        ) AS a`,
    (row) => ({ files: integer(row['files']), bytes: integer(row['bytes']) }),
  );
  return found ?? { files: 0, bytes: 0 };
}

/** What stands in the way of a file: a file where a folder must be, a folder where the file is to be, or that its run or model is being removed. */
export interface Obstacle {
  readonly fileAbove: string | undefined;
  readonly isFolder: boolean;
  readonly isRemoved: boolean;
}

export async function findObstacle(db: Queryable, path: string, above: readonly string[]): Promise<Obstacle> {
  const folders = above.map(placeOf);
  const fileAbove = await db.first(
    sql`SELECT a.folder, a.name FROM unnest(${folders.map(({ folder }) => folder)}::text[], ${folders.map(({ name }) => name)}::text[]) AS f (folder, name)
        JOIN artifact AS a ON a.folder = f.folder AND a.name = f.name LIMIT 1`,
    (row) => pathOf({ folder: text(row['folder']), name: text(row['name']) }),
  );
  const isRemoved = await db.first(sql`SELECT 1 AS one FROM removal WHERE path = ANY(${above}::text[]) LIMIT 1`, () => true);
  return { fileAbove, isFolder: await hasFiles(db, path), isRemoved: isRemoved === true };
}

/** Deletes up to `limit` files in a folder and below it. What is freed goes to the garbage, and the usage is brought up to date. */
export async function deleteFilesBelow(db: Queryable, folder: string, limit: number): Promise<Freed> {
  const where = sql`(folder, name) IN (SELECT folder, name FROM (${below(sql`folder, name`, folder, { folder: '', name: '' }, limit)}) AS chosen)`;
  return deleteFiles(db, where);
}

export const deleteFile = (db: Queryable, { folder, name }: FilePlace): Promise<Freed> =>
  deleteFiles(db, sql`folder = ${folder} AND name = ${name}`);

export interface Freed {
  readonly files: number;
  readonly bytes: number;
}

async function deleteFiles(db: Queryable, where: Sql): Promise<Freed> {
  const freed = await db.first(
    sql`WITH gone AS (DELETE FROM artifact WHERE ${where} RETURNING folder, name, object_key, size),
        garbage AS (INSERT INTO artifact_garbage (object_key, size) SELECT object_key, size FROM gone),
        freed AS (
          INSERT INTO artifact_usage AS known (top, shard, bytes, files)
          SELECT split_part(CASE folder WHEN '' THEN name ELSE folder END, '/', 1), ${SHARD}, -sum(size), -count(*) FROM gone GROUP BY 1 ORDER BY 1
          ON CONFLICT (top, shard) DO UPDATE SET bytes = known.bytes + excluded.bytes, files = known.files + excluded.files
        )
        SELECT count(*) AS files, coalesce(sum(size), 0)::bigint AS bytes FROM gone`,
    (row) => ({ files: integer(row['files']), bytes: integer(row['bytes']) }),
  );
  return freed ?? { files: 0, bytes: 0 };
}
