import type { Queryable, Sql } from '@mlab/kernel';
import { integer, listOf, number, sql } from '@mlab/sql';

/** Values of one metric of one run, three columns of one length. */
export interface SampledCurve {
  readonly runNo: number;
  /** How many values there are in all. */
  readonly total: number;
  readonly steps: readonly number[];
  readonly timestamps: readonly number[];
  readonly values: readonly number[];
}

const ORDERS: Readonly<Record<'step' | 'time', Sql>> = { step: sql`step, timestamp_ms, value`, time: sql`timestamp_ms, step, value` };

/**
 * One metric of several runs, each at most `points` values in this order. A curve that is longer is cut into equal parts between its first
 * and its last value, and each part gives its least and its greatest value and, where there are such, its first NaN. One pass over each
 * curve: an array is least by its first element, which takes the rest of its row along.
 */
export function readCurves(
  db: Queryable,
  runNos: readonly number[],
  keyId: number,
  { order, points }: { readonly order: 'step' | 'time'; readonly points: number },
): Promise<readonly SampledCurve[]> {
  return db.all(
    sql`SELECT asked.run_no, curve.* FROM unnest(${runNos}::bigint[]) WITH ORDINALITY AS asked (run_no, place), LATERAL (
          WITH size AS (
            SELECT *, CASE WHEN total <= ${points} THEN total ELSE (${points} - 2) / CASE WHEN has_nan THEN 3 ELSE 2 END END AS parts FROM (
              SELECT count(*) AS total, coalesce(bool_or(value = 'NaN'), false) AS has_nan FROM metric
              WHERE run_no = asked.run_no AND key_id = ${keyId}
            ) AS counted
          ), numbered AS (
            SELECT step, timestamp_ms, value, row_number() OVER (ORDER BY ${ORDERS[order]}) AS n FROM metric
            WHERE run_no = asked.run_no AND key_id = ${keyId}
          ), extremes AS (
            SELECT min(ARRAY[value, n, step, timestamp_ms]) FILTER (WHERE value < 'NaN') AS least,
              max(ARRAY[value, -n, step, timestamp_ms]) FILTER (WHERE value < 'NaN') AS greatest,
              min(ARRAY[value, n, step, timestamp_ms]) FILTER (WHERE value = 'NaN') AS nan
            FROM numbered, size
            GROUP BY CASE WHEN n = 1 THEN -1 WHEN n = total THEN parts ELSE (n - 2) * parts / (total - 2) END
          ), kept AS (
            SELECT DISTINCT abs(point[2]) AS n, point[3] AS step, point[4] AS timestamp_ms, point[1] AS value
            FROM extremes, LATERAL (VALUES (least), (greatest), (nan)) AS one (point) WHERE point IS NOT NULL
          )
          SELECT (SELECT total FROM size) AS total, array_agg(step ORDER BY n) AS steps, array_agg(timestamp_ms ORDER BY n) AS timestamps,
            array_agg(value ORDER BY n) AS "values"
          FROM kept HAVING count(*) > 0
        ) AS curve ORDER BY asked.place`,
    (row) => ({
      runNo: integer(row['run_no']),
      total: integer(row['total']),
      steps: listOf(number, row['steps']),
      timestamps: listOf(number, row['timestamps']),
      values: listOf(number, row['values']),
    }),
  );
}
