import type { Queryable, Row, Sql } from '@mlab/kernel';
import { boolean, integer, nullable, number, oneOf, sql, text } from '@mlab/sql';
import type { Metric, Run } from '#/domain/run.ts';
import { readSnapshot, type Seen } from '#/domain/seen.ts';
import { STAGES } from './experiments.ts';
import { STATUSES } from './runs.ts';

export type RunState = Pick<Run, 'status' | 'endMs' | 'lifecycleStage'>;

/** A run at one moment, with values of its metrics. */
export interface Reading<M extends Metric = Metric> {
  readonly seen: Seen;
  readonly state: RunState;
  readonly metrics: readonly M[];
}

export interface Arrival extends Metric {
  /** That has written it. */
  readonly transaction: number;
}

/** The moment of the statement: what it sees, and the number below which all transactions are that it sees. */
const moment = sql`moment AS MATERIALIZED (
  SELECT pg_current_snapshot()::text AS snapshot, pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
)`;

/**
 * The transaction that wrote a row of `metric AS m`. A row has the last 32 bits of its number; the rest follows from its being below
 * that of now. A row that is older than four thousand million transactions may look new, in one of so many cases.
 */
const transaction = sql`(moment.next - 1 - ((moment.next - 1 - m.xmin::text::bigint) & 4294967295))`;

const notIn = ({ end, open }: Seen): Sql => sql`(${transaction} >= ${end} OR ${transaction} = ANY(${open}::bigint[]))`;

const stateColumns = sql`moment.snapshot, r.status, r.end_ms, r.lifecycle_stage`;

const toMetric = (row: Row): Metric => ({
  key: text(row['key']),
  value: number(row['value']),
  timestamp: integer(row['timestamp_ms']),
  step: integer(row['step']),
});

/** A run with the latest value of each of its metrics. Undefined when it is gone. */
export async function readLatest(db: Queryable, runNo: number): Promise<Reading | undefined> {
  const rows = await db.all(
    sql`WITH ${moment}
        SELECT ${stateColumns}, k.key, m.value, m.timestamp_ms, m.step FROM moment JOIN run AS r ON r.no = ${runNo}
        LEFT JOIN (latest_metric AS m JOIN metric_key AS k ON k.id = m.key_id) ON m.run_no = r.no ORDER BY k.key COLLATE "C"`,
    (row) => ({ ...toState(row), metric: row['key'] === null ? undefined : toMetric(row) }),
  );
  return readingOf(rows);
}

/**
 * A run with the values that were committed since, at most so many; in what order they were, nobody knows. Those of the transactions that
 * are named are left out. All values of the run are looked at: no index knows transactions, which would make writing slower.
 */
export async function readArrivals(
  db: Queryable,
  runNo: number,
  since: Seen,
  { without, limit }: { readonly without: readonly number[]; readonly limit: number },
): Promise<Reading<Arrival> | undefined> {
  const rows = await db.all(
    sql`WITH ${moment}
        SELECT ${stateColumns}, k.key, a.value, a.timestamp_ms, a.step, a.transaction FROM moment JOIN run AS r ON r.no = ${runNo}
        LEFT JOIN LATERAL (
          SELECT m.key_id, m.value, m.timestamp_ms, m.step, ${transaction} AS transaction FROM metric AS m
          WHERE m.run_no = ${runNo} AND ${notIn(since)} AND ${transaction} <> ALL(${without}::bigint[]) LIMIT ${limit}
        ) AS a ON true LEFT JOIN metric_key AS k ON k.id = a.key_id`,
    (row) => ({
      ...toState(row),
      metric: row['key'] === null ? undefined : { ...toMetric(row), transaction: integer(row['transaction']) },
    }),
  );
  return readingOf(rows);
}

/**
 * A run, and whether the latest value of one of its metrics was committed since by another transaction than those that are named: it costs
 * little, and does not notice values that are older than the latest.
 */
export function glance(db: Queryable, runNo: number, since: Seen, without: readonly number[]): Promise<Glance | undefined> {
  return db.first(
    sql`WITH ${moment}
        SELECT ${stateColumns}, EXISTS (
          SELECT 1 FROM latest_metric AS m WHERE m.run_no = ${runNo} AND ${notIn(since)} AND ${transaction} <> ALL(${without}::bigint[])
        ) AS is_news FROM moment JOIN run AS r ON r.no = ${runNo}`,
    (row) => ({ state: toState(row).state, isNews: boolean(row['is_news']) }),
  );
}

export interface Glance {
  readonly state: RunState;
  readonly isNews: boolean;
}

/** Where a page of values ends. */
export interface Place {
  readonly keyId: number;
  readonly timestamp: number;
  readonly step: number;
  readonly value: number;
}

export interface PlacedMetric extends Metric {
  readonly place: Place;
}

/** Values that one reading did not see and a later one did, page by page, so that however many there are none is held for long. */
export function readBetween(
  db: Queryable,
  runNo: number,
  { since, until }: { readonly since: Seen; readonly until: Seen },
  { after, limit }: { readonly after: Place | undefined; readonly limit: number },
): Promise<readonly PlacedMetric[]> {
  const { keyId, timestamp, step, value } = after ?? { keyId: -1, timestamp: 0, step: 0, value: 0 };
  return db.all(
    sql`WITH ${moment}
        SELECT k.key, m.key_id, m.value, m.timestamp_ms, m.step FROM moment, metric AS m JOIN metric_key AS k ON k.id = m.key_id
        WHERE m.run_no = ${runNo} AND (m.key_id, m.timestamp_ms, m.step, m.value) > (${keyId}::int, ${timestamp}::bigint, ${step}::bigint, ${value}::float8)
          AND ${notIn(since)} AND NOT ${notIn(until)}
        ORDER BY m.key_id, m.timestamp_ms, m.step, m.value LIMIT ${limit}`,
    (row) => {
      const metric = toMetric(row);
      const { timestamp: ms, step: at, value: measured } = metric;
      return { ...metric, place: { keyId: integer(row['key_id']), timestamp: ms, step: at, value: measured } };
    },
  );
}

/** What a reading that is made now sees. */
export async function readMoment(db: Queryable): Promise<Seen> {
  const seen = await db.first(sql`SELECT pg_current_snapshot()::text AS snapshot`, (row) => readSnapshot(text(row['snapshot'])));
  if (seen === undefined) throw new Error('There is no moment.');
  return seen;
}

const toState = (row: Row) => ({
  seen: readSnapshot(text(row['snapshot'])),
  state: {
    status: oneOf(STATUSES, row['status']),
    endMs: nullable(integer, row['end_ms']),
    lifecycleStage: oneOf(STAGES, row['lifecycle_stage']),
  },
});

function readingOf<M extends Metric>(
  rows: readonly { readonly seen: Seen; readonly state: RunState; readonly metric: M | undefined }[],
): Reading<M> | undefined {
  const [first] = rows;
  if (first === undefined) return undefined;
  return { seen: first.seen, state: first.state, metrics: rows.flatMap(({ metric }) => metric ?? []) };
}
