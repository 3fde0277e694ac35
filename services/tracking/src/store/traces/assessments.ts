import type { Queryable } from '@mlab/kernel';
import { json, jsonb, nullable, sql, text } from '@mlab/sql';
import type { Assessment, AssessmentError, AssessmentKind } from '#/domain/traces/assessment.ts';
import type { Texts } from '#/domain/traces/trace.ts';

/** A row as JSON. Times are milliseconds, which JSON's numbers hold. */
export interface AssessmentRow {
  readonly id: string;
  readonly kind: AssessmentKind;
  readonly name: string;
  readonly value: unknown;
  readonly error: { readonly code?: string; readonly message?: string; readonly stack?: string } | null;
  readonly source_type: string;
  readonly source_id: string;
  readonly span_id: string | null;
  readonly rationale: string | null;
  readonly metadata: Texts;
  readonly overrides: string | null;
  readonly valid: boolean;
  readonly created_ms: number;
  readonly updated_ms: number;
}

export function toAssessment(row: AssessmentRow, traceId: string): Assessment {
  return {
    id: row.id,
    traceId,
    kind: row.kind,
    name: row.name,
    value: row.value,
    valid: row.valid,
    metadata: row.metadata,
    error: row.error === null ? undefined : { code: row.error.code, message: row.error.message, stack: row.error.stack },
    sourceType: row.source_type,
    sourceId: row.source_id,
    spanId: row.span_id ?? undefined,
    rationale: row.rationale ?? undefined,
    overrides: row.overrides ?? undefined,
    createdMs: row.created_ms,
    updatedMs: row.updated_ms,
  };
}

/** False when another trace has one with this id. One of the same trace is replaced. */
export async function putAssessment(db: Queryable, traceNo: number, assessment: Assessment): Promise<boolean> {
  const { id, kind, name, sourceType, sourceId, spanId, rationale, metadata, overrides, valid, createdMs, updatedMs } = assessment;
  const count = await db.run(sql`
    INSERT INTO assessment AS a (id, trace_no, kind, name, value, error, source_type, source_id, span_id, rationale, metadata, overrides, valid, created_ms, updated_ms)
    VALUES (${id}, ${traceNo}, ${kind}, ${name}, ${jsonb(assessment.value)}, ${errorJson(assessment.error)}, ${sourceType}, ${sourceId}, ${spanId ?? null},
            ${rationale ?? null}, ${jsonb(metadata)}, ${overrides ?? null}, ${valid}, ${createdMs}, ${updatedMs})
    ON CONFLICT (id) DO UPDATE SET
      kind = excluded.kind, name = excluded.name, value = excluded.value, error = excluded.error, source_type = excluded.source_type,
      source_id = excluded.source_id, span_id = excluded.span_id, rationale = excluded.rationale, metadata = excluded.metadata,
      overrides = excluded.overrides, valid = excluded.valid, created_ms = excluded.created_ms, updated_ms = excluded.updated_ms
    WHERE a.trace_no = excluded.trace_no`);
  return count > 0;
}

const errorJson = (error: AssessmentError | undefined) => (error === undefined ? sql`NULL` : jsonb(error));

/** Locked until the transaction ends, if it is to be changed. */
export function findAssessment(
  db: Queryable,
  { traceId, id, lock = false }: { readonly traceId: string; readonly id: string; readonly lock?: boolean },
): Promise<Assessment | undefined> {
  return db.first(
    sql`SELECT to_json(a) AS assessment FROM assessment AS a JOIN trace AS t ON t.no = a.trace_no
        WHERE a.id = ${id} AND t.id = ${traceId}${lock ? sql` FOR UPDATE OF a` : sql``}`,
    (row) => toAssessment(json<AssessmentRow>(row['assessment']), traceId),
  );
}

/** False when the trace has no such assessment. */
export async function setValid(
  db: Queryable,
  { traceNo, id, valid }: { readonly traceNo: number; readonly id: string; readonly valid: boolean },
): Promise<boolean> {
  return (await db.run(sql`UPDATE assessment SET valid = ${valid} WHERE id = ${id} AND trace_no = ${traceNo}`)) > 0;
}

/** The id of the one that it stood for; undefined when it stood only for itself, or is not there. */
export function deleteAssessment(db: Queryable, traceNo: number, id: string): Promise<string | undefined> {
  return db.first(sql`DELETE FROM assessment WHERE id = ${id} AND trace_no = ${traceNo} RETURNING overrides`, (row) =>
    nullable(text, row['overrides']),
  );
}
