import type { Queryable } from '@mlab/kernel';
import { boolean, integer, number, sql } from '@mlab/sql';
import type { TableSize } from '#/domain/input-log/retention.ts';

/** Whether this transaction is the one that may delete; the others leave it to that one. */
export async function takeRetentionLock(tx: Queryable): Promise<boolean> {
  const taken = await tx.first(sql`SELECT pg_try_advisory_xact_lock(20761, 'input'::regclass::oid::integer) AS taken`, (row) =>
    boolean(row['taken']),
  );
  return taken === true;
}

/** Deletes the oldest inputs, as many as `limit`; those before an id where one is given. */
export function deleteOldest(tx: Queryable, limit: number, beforeId?: string): Promise<number> {
  const range = beforeId === undefined ? sql`` : sql`WHERE id < ${beforeId}::uuid`;
  return tx.run(sql`DELETE FROM input WHERE id IN (SELECT id FROM input ${range} ORDER BY id LIMIT ${limit})`);
}

export async function totalBytes(database: Queryable): Promise<number> {
  return (await database.first(sql`SELECT pg_total_relation_size('input') AS bytes`, (row) => integer(row['bytes']))) ?? 0;
}

/** Parts of a row that are not in its texts: its head, its other columns, its place in the page and in the index. */
const FIXED_BYTES = 200;

/** An estimate from a sample: exact counts would read the whole table. */
export async function tableSize(database: Queryable): Promise<TableSize> {
  await database.run(sql`ANALYZE input`);
  const table = await database.first(
    sql`SELECT greatest(reltuples, 0)::float8 AS rows, greatest(relpages, 1) AS pages FROM pg_class WHERE oid = 'input'::regclass`,
    (row) => ({ rows: number(row['rows']), pages: integer(row['pages']) }),
  );
  const { rows, pages } = table ?? { rows: 0, pages: 1 };
  const percent = Math.min(100, (100 * 200) / pages);
  const texts = await database.first(
    sql`
    SELECT coalesce(avg(coalesce(pg_column_size(data), 0) + coalesce(pg_column_size(prediction), 0) + coalesce(pg_column_size(error), 0)), 0)::float8 AS bytes
    FROM input TABLESAMPLE SYSTEM (${percent})`,
    (row) => number(row['bytes']),
  );
  return { totalBytes: await totalBytes(database), rows, bytesPerRow: FIXED_BYTES + (texts ?? 0) };
}
