import type { Queryable } from '@mlab/kernel';
import { integer, sql, text, unnest } from '@mlab/sql';

/** One value of one metric of one run, by numbers. */
export interface MetricRow {
  readonly runNo: number;
  readonly keyId: number;
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

/** The numbers of runs by their ids. */
export async function findRunNos(db: Queryable, ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.all(
    sql`SELECT id, no FROM run WHERE id = ANY(${ids}::text[])`,
    (row) => [text(row['id']), integer(row['no'])] as const,
  );
  return new Map(rows);
}

/** The numbers of metrics by their names; those that are new get one. */
export async function keyIds(db: Queryable, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const known = new Map(await findKeyIds(db, keys));
  // In one order, so that two who add the same never wait for each other in a circle.
  const added = keys.filter((key) => !known.has(key)).toSorted();
  if (added.length === 0) return known;
  await db.run(sql`INSERT INTO metric_key (key) SELECT key FROM ${unnest({ key: ['text', added] })} ON CONFLICT (key) DO NOTHING`);
  return findKeyIds(db, keys);
}

export async function findKeyIds(db: Queryable, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const rows = await db.all(
    sql`SELECT key, id FROM metric_key WHERE key = ANY(${keys}::text[])`,
    (row) => [text(row['key']), integer(row['id'])] as const,
  );
  return new Map(rows);
}

export interface Written {
  /** The numbers of the runs that were written to: what belongs to a run that is deleted is left out. */
  readonly alive: ReadonlySet<number>;
  /** The transaction, by which whoever reads later knows whether he has read this; 0 when nothing was written. */
  readonly transaction: number;
}

/**
 * Writes values, each once, and the latest of each metric, in one statement. Rows come in the order of the table's key, `latest` holds one of
 * each metric.
 */
export async function insertMetrics(db: Queryable, rows: readonly MetricRow[], latest: readonly MetricRow[]): Promise<Written> {
  const runs = [...new Set(rows.map(({ runNo }) => runNo))];
  const alive = await db.all(
    sql`WITH alive AS (SELECT no FROM run WHERE no = ANY(${runs}::bigint[]) AND lifecycle_stage = 'active'),
        written AS (
          INSERT INTO metric (run_no, key_id, timestamp_ms, step, value)
          SELECT run_no, key_id, timestamp_ms, step, value FROM ${unnest(columns(rows))} WHERE ${ofAlive}
          ON CONFLICT DO NOTHING
        ), latest AS (
          INSERT INTO latest_metric AS known (run_no, key_id, timestamp_ms, step, value)
          SELECT run_no, key_id, timestamp_ms, step, value FROM ${unnest(columns(latest))} WHERE ${ofAlive}
          ON CONFLICT (run_no, key_id) DO UPDATE SET timestamp_ms = excluded.timestamp_ms, step = excluded.step, value = excluded.value
          WHERE (excluded.step, excluded.timestamp_ms, excluded.value) > (known.step, known.timestamp_ms, known.value)
        )
        SELECT no, pg_current_xact_id()::text::bigint AS transaction FROM alive`,
    (row) => ({ no: integer(row['no']), transaction: integer(row['transaction']) }),
  );
  return { alive: new Set(alive.map(({ no }) => no)), transaction: alive[0]?.transaction ?? 0 };
}

/** Not a join, which would give the rows in another order: IS TRUE keeps PostgreSQL from making one of it. */
const ofAlive = sql`(run_no IN (SELECT no FROM alive)) IS TRUE`;

function columns(rows: readonly MetricRow[]) {
  return {
    run_no: ['int8', rows.map(({ runNo }) => runNo)],
    key_id: ['int4', rows.map(({ keyId }) => keyId)],
    timestamp_ms: ['int8', rows.map(({ timestamp }) => timestamp)],
    step: ['int8', rows.map(({ step }) => step)],
    value: ['float8', rows.map(({ value }) => value)],
  } as const;
}
