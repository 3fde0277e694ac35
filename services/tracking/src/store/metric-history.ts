import type { Queryable, Row } from '@mlab/kernel';
import { integer, number, sql } from '@mlab/sql';

export interface Point {
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

const toPoint = (row: Row): Point => ({
  timestamp: integer(row['timestamp_ms']),
  step: integer(row['step']),
  value: number(row['value']),
});

/** Values of one metric of one run, by time, step and value. Without a limit: all. */
export function readHistory(db: Queryable, run: MetricOfRun, offset: number, limit: number | undefined): Promise<readonly Point[]> {
  return db.all(
    sql`SELECT timestamp_ms, step, value FROM metric WHERE run_no = ${run.runNo} AND key_id = ${run.keyId}
        ORDER BY timestamp_ms, step, value OFFSET ${offset} LIMIT ${limit ?? null}::bigint`,
    toPoint,
  );
}

export interface MetricOfRun {
  readonly runNo: number;
  readonly keyId: number;
}

export interface Steps {
  readonly start: number;
  readonly end: number;
}

/**
 * At most `count` values spread evenly over all of a metric in the order of its steps: of each of so many equal parts the least and the
 * greatest, so that no peak is lost, and always the first and the last.
 */
export function sampleHistory(db: Queryable, { runNo, keyId }: MetricOfRun, count: number, steps?: Steps): Promise<readonly Point[]> {
  const within = steps === undefined ? sql`` : sql` AND step BETWEEN ${steps.start} AND ${steps.end}`;
  return db.all(
    sql`WITH all_of_it AS (
          SELECT timestamp_ms, step, value, row_number() OVER w AS n, count(*) OVER () AS total
          FROM metric WHERE run_no = ${runNo} AND key_id = ${keyId}${within} WINDOW w AS (ORDER BY step, timestamp_ms, value)
        ), parts AS (
          SELECT *, (n - 1) * greatest((${count}::bigint - 2) / 2, 1) / total AS part FROM all_of_it
        ), ranked AS (
          SELECT *, row_number() OVER (PARTITION BY part ORDER BY value, n) AS least, row_number() OVER (PARTITION BY part ORDER BY value DESC, n) AS greatest
          FROM parts
        )
        SELECT timestamp_ms, step, value FROM ranked
        WHERE CASE WHEN total <= ${count} THEN true
                   WHEN ${count} = 1 THEN n = total
                   WHEN ${count} < 4 THEN n IN (1, total)
                   ELSE n IN (1, total) OR least = 1 OR greatest = 1 END
        ORDER BY n`,
    toPoint,
  );
}
