import type { Queryable, Row } from '@mlab/kernel';
import { integer, nullable, sql, text } from '@mlab/sql';
import type { FilePlace } from '#/domain/artifact-path.ts';
import { SHARD } from './artifact-usage.ts';

/** A file that comes in parts. */
export interface MultipartUpload extends FilePlace {
  readonly id: string;
  readonly completedMs: number | undefined;
}

export interface UploadPart {
  readonly number: number;
  readonly objectKey: string;
  readonly size: number;
  readonly sha256: string;
}

const toUpload = (row: Row): MultipartUpload => ({
  id: text(row['id']),
  folder: text(row['folder']),
  name: text(row['name']),
  completedMs: nullable(integer, row['completed_ms']),
});

export async function insertUpload(
  db: Queryable,
  { id, folder, name }: Omit<MultipartUpload, 'completedMs'>,
  nowMs: number,
): Promise<void> {
  await db.run(sql`
    INSERT INTO multipart_upload (id, folder, name, created_ms, touched_ms) VALUES (${id}, ${folder}, ${name}, ${nowMs}, ${nowMs})`);
}

export function findUpload(db: Queryable, id: string): Promise<MultipartUpload | undefined> {
  return db.first(sql`SELECT id, folder, name, completed_ms FROM multipart_upload WHERE id = ${id}`, toUpload);
}

/** So that nobody completes it, gives it up or adds to it until the transaction ends. */
export function lockUpload(db: Queryable, id: string): Promise<MultipartUpload | undefined> {
  return db.first(sql`SELECT id, folder, name, completed_ms FROM multipart_upload WHERE id = ${id} FOR UPDATE`, toUpload);
}

export async function touchUpload(db: Queryable, id: string, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE multipart_upload SET touched_ms = ${nowMs} WHERE id = ${id}`);
}

export async function completeUpload(db: Queryable, id: string, nowMs: number): Promise<void> {
  await db.run(sql`UPDATE multipart_upload SET completed_ms = ${nowMs}, touched_ms = ${nowMs} WHERE id = ${id}`);
}

export async function deleteUpload(db: Queryable, id: string): Promise<void> {
  await db.run(sql`DELETE FROM multipart_upload WHERE id = ${id}`);
}

export function listParts(db: Queryable, id: string): Promise<readonly UploadPart[]> {
  return db.all(sql`SELECT number, object_key, size, sha256 FROM multipart_part WHERE upload_id = ${id} ORDER BY number`, (row) => ({
    number: integer(row['number']),
    objectKey: text(row['object_key']),
    size: integer(row['size']),
    sha256: text(row['sha256']),
  }));
}

/** A part that came before, under the same number, becomes garbage. Under the lock of the upload. */
export async function writePart(
  db: Queryable,
  upload: string,
  top: string,
  { number, objectKey, size, sha256 }: UploadPart,
): Promise<void> {
  await db.run(sql`
    WITH old AS (SELECT object_key, size FROM multipart_part WHERE upload_id = ${upload} AND number = ${number}),
    garbage AS (INSERT INTO artifact_garbage (object_key, size) SELECT object_key, size FROM old),
    counted AS (
      INSERT INTO artifact_usage AS known (top, shard, bytes, files)
      SELECT ${top}, ${SHARD}, ${size}::bigint - coalesce(sum(size), 0), 0 FROM old
      ON CONFLICT (top, shard) DO UPDATE SET bytes = known.bytes + excluded.bytes
    )
    INSERT INTO multipart_part (upload_id, number, object_key, size, sha256) VALUES (${upload}, ${number}, ${objectKey}, ${size}, ${sha256})
    ON CONFLICT (upload_id, number) DO UPDATE SET object_key = excluded.object_key, size = excluded.size, sha256 = excluded.sha256`);
}

/** Of one upload, all that came; they become garbage. Answers their bytes. Under the lock of the upload. */
export async function dropParts(db: Queryable, upload: string, top: string): Promise<number> {
  const bytes = await db.first(
    sql`WITH gone AS (DELETE FROM multipart_part WHERE upload_id = ${upload} RETURNING object_key, size),
        garbage AS (INSERT INTO artifact_garbage (object_key, size) SELECT object_key, size FROM gone),
        freed AS (
          INSERT INTO artifact_usage AS known (top, shard, bytes, files) SELECT ${top}, ${SHARD}, -sum(size), 0 FROM gone HAVING count(*) > 0
          ON CONFLICT (top, shard) DO UPDATE SET bytes = known.bytes + excluded.bytes
        )
        SELECT coalesce(sum(size), 0)::bigint AS bytes FROM gone`,
    (row) => integer(row['bytes']),
  );
  return bytes ?? 0;
}

/** Uploads, completed or not, to which nothing has happened since then. */
export function listStaleUploads(db: Queryable, beforeMs: number, limit: number): Promise<readonly string[]> {
  return db.all(sql`SELECT id FROM multipart_upload WHERE touched_ms < ${beforeMs} ORDER BY touched_ms LIMIT ${limit}`, (row) =>
    text(row['id']),
  );
}

/** Locks an upload, if nothing has happened to it since then. */
export function lockStaleUpload(db: Queryable, id: string, beforeMs: number): Promise<MultipartUpload | undefined> {
  return db.first(
    sql`SELECT id, folder, name, completed_ms FROM multipart_upload WHERE id = ${id} AND touched_ms < ${beforeMs} FOR UPDATE`,
    toUpload,
  );
}

/** What is left of uploads that were not completed, and to which nothing has happened since then. */
export async function measureStaleUploads(db: Queryable, beforeMs: number): Promise<{ readonly uploads: number; readonly bytes: number }> {
  const found = await db.first(
    sql`SELECT count(DISTINCT u.id) AS uploads, coalesce(sum(p.size), 0)::bigint AS bytes
        FROM multipart_upload AS u LEFT JOIN multipart_part AS p ON p.upload_id = u.id WHERE u.touched_ms < ${beforeMs} AND u.completed_ms IS NULL`,
    (row) => ({ uploads: integer(row['uploads']), bytes: integer(row['bytes']) }),
  );
  return found ?? { uploads: 0, bytes: 0 };
}
