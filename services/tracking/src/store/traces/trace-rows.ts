import type { Queryable, Row } from '@mlab/kernel';
import { bigint, integer, json, nullable, oneOf, sql, text } from '@mlab/sql';
import { TRACE_STATES, type Texts, type Trace } from '#/domain/traces/trace.ts';
import { toAssessment, type AssessmentRow } from './assessments.ts';

/** Of `trace AS t`, with what is said of it. */
export const traceColumns = sql`t.no, t.id, t.experiment_id, t.start_ms, t.duration_ms, t.state, t.client_request_id, t.request_preview,
  t.response_preview, t.tags, t.metadata,
  (SELECT json_agg(a ORDER BY a.created_ms, a.id) FROM assessment AS a WHERE a.trace_no = t.no) AS assessments`;

export function toTrace(row: Row): Trace {
  const id = text(row['id']);
  const assessments = row['assessments'] === null ? [] : json<AssessmentRow[]>(row['assessments']);
  return {
    no: integer(row['no']),
    id,
    experimentId: String(bigint(row['experiment_id'])),
    startMs: integer(row['start_ms']),
    durationMs: nullable(integer, row['duration_ms']),
    state: oneOf(TRACE_STATES, row['state']),
    clientRequestId: nullable(text, row['client_request_id']),
    requestPreview: nullable(text, row['request_preview']),
    responsePreview: nullable(text, row['response_preview']),
    tags: json<Texts>(row['tags']),
    metadata: json<Texts>(row['metadata']),
    assessments: assessments.map((assessment) => toAssessment(assessment, id)),
  };
}

export function findTrace(db: Queryable, id: string): Promise<Trace | undefined> {
  return db.first(sql`SELECT ${traceColumns} FROM trace AS t WHERE t.id = ${id}`, toTrace);
}

/** In the order of the ids; those that are not there are left out. With experiments only those that are in one of them. */
export async function findTraces(db: Queryable, ids: readonly string[], experimentIds?: readonly string[]): Promise<readonly Trace[]> {
  const within = experimentIds === undefined ? sql`` : sql` AND t.experiment_id = ANY(${experimentIds}::bigint[])`;
  const found = await db.all(sql`SELECT ${traceColumns} FROM trace AS t WHERE t.id = ANY(${ids}::text[])${within}`, toTrace);
  const byId = new Map(found.map((trace) => [trace.id, trace]));
  return [...new Set(ids)].flatMap((id) => byId.get(id) ?? []);
}

/** Its number, so that it is not deleted until the transaction ends. */
export function holdTrace(db: Queryable, id: string): Promise<number | undefined> {
  return db.first(sql`SELECT no FROM trace WHERE id = ${id} FOR KEY SHARE`, (row) => integer(row['no']));
}
