import type { Queryable } from '@mlab/kernel';
import { integer, join, nullable, sql, text } from '@mlab/sql';
import { TAG } from '#/domain/traces/trace.ts';

/** Which traces are to go: those that fulfil all that is said. */
export interface Going {
  readonly experimentId?: string | undefined;
  readonly ids?: readonly string[] | undefined;
  /** That began then or before, in milliseconds since 1970. */
  readonly untilMs?: number | undefined;
  /** At most so many, the oldest first. */
  readonly limit: number;
}

/** A trace that is gone. Files that its client put beside it are still there. */
export interface GoneTrace {
  readonly id: string;
  readonly artifactLocation: string | undefined;
}

/** Deletes traces with their spans, their assessments and their links, for good. */
export function deleteTracesOf(db: Queryable, { experimentId, ids, untilMs, limit }: Going): Promise<readonly GoneTrace[]> {
  const conditions = [
    ...(experimentId === undefined ? [] : [sql`t.experiment_id = ${experimentId}::bigint`]),
    ...(ids === undefined ? [] : [sql`t.id = ANY(${ids}::text[])`]),
    ...(untilMs === undefined ? [] : [sql`t.start_ms <= ${untilMs}::bigint`]),
  ];
  if (conditions.length === 0) throw new Error('To delete traces, say which.');
  const where = join(conditions, sql` AND `);
  // Of all experiments: the oldest of each, because an index knows them.
  const oldest =
    experimentId === undefined && ids === undefined
      ? sql`SELECT t.no FROM experiment AS e CROSS JOIN LATERAL (
              SELECT no, start_ms FROM trace AS t WHERE t.experiment_id = e.id AND ${where} ORDER BY start_ms LIMIT ${limit}) AS t
            ORDER BY t.start_ms LIMIT ${limit}`
      : sql`SELECT t.no FROM trace AS t WHERE ${where} ORDER BY t.start_ms, t.id LIMIT ${limit}`;
  return db.all(
    sql`WITH going AS MATERIALIZED (SELECT no, id FROM trace WHERE no IN (${oldest}) ORDER BY id FOR UPDATE),
             links AS (DELETE FROM trace_run WHERE trace_id IN (SELECT id FROM going))
        DELETE FROM trace AS t USING going WHERE t.no = going.no RETURNING t.id, t.tags->>${TAG.artifactLocation} AS location`,
    (row) => ({ id: text(row['id']), artifactLocation: nullable(text, row['location']) }),
  );
}

/** How many traces these experiments have, and how many others began then or before. */
export async function countTraces(db: Queryable, experimentIds: readonly string[], untilMs: number | undefined): Promise<number> {
  const count = await db.first(
    sql`SELECT count(*) AS count FROM trace WHERE experiment_id = ANY(${experimentIds}::bigint[]) OR start_ms <= ${untilMs ?? null}::bigint`,
    (row) => integer(row['count']),
  );
  return count ?? 0;
}
