import type { Queryable } from '@mlab/kernel';
import { boolean, integer, json, nullable, sql, text, unnest } from '@mlab/sql';
import type { TraceSeen } from '#/domain/traces/span-batch.ts';
import { COST_KEYS, numbersText, sumOf, TOKEN_KEYS, type Numbers, type SumNode } from '#/domain/traces/sums.ts';
import { IN_DATABASE, METADATA, TAG } from '#/domain/traces/trace.ts';

/** A trace of which spans have come. */
export interface KeptTrace {
  readonly no: number;
  readonly id: string;
  /** Nothing was known of it before. */
  readonly isNew: boolean;
  /** That its client has told the sums itself. */
  readonly hasTokens: boolean;
  readonly hasCost: boolean;
}

/**
 * Keeps what spans say of their traces, in the order in which they are given. What is known already is not unlearnt: times only widen, and
 * not at all once the client has told all of a trace. Traces whose spans are in a file take none here, and are missing from the answer.
 */
export function keepSeen(db: Queryable, experimentId: string, seen: readonly TraceSeen[]): Promise<readonly KeptTrace[]> {
  const texts = seen.map(({ metadata, tokens, cost }) => JSON.stringify({ ...metadata, ...sumTexts(tokens, cost) }));
  // Written out, so that connections keep it prepared: to plan it takes longer than to run it.
  return db.all(
    sql`INSERT INTO trace AS t (id, experiment_id, start_ms, duration_ms, state, request_preview, response_preview, tags, metadata, tokens, cost)
        SELECT s.id, e.id, s.start_ms, s.duration_ms, s.state, s.request_preview, s.response_preview,
               s.tags::jsonb || jsonb_build_object(${TAG.artifactLocation}::text, e.artifact_location || '/traces/' || s.id || '/artifacts'),
               s.metadata::jsonb, s.tokens::jsonb, s.cost::jsonb
        FROM unnest(
          ${seen.map(({ id }) => id)}::text[], ${seen.map(({ startMs }) => startMs)}::bigint[], ${seen.map(({ durationMs }) => durationMs ?? null)}::bigint[],
          ${seen.map(({ state }) => state)}::text[], ${seen.map(({ requestPreview }) => requestPreview ?? null)}::text[],
          ${seen.map(({ responsePreview }) => responsePreview ?? null)}::text[], ${seen.map(({ tags }) => JSON.stringify(tags))}::text[], ${texts}::text[],
          ${seen.map(({ tokens }) => jsonOf(tokens))}::text[], ${seen.map(({ cost }) => jsonOf(cost))}::text[]
        ) AS s (id, start_ms, duration_ms, state, request_preview, response_preview, tags, metadata, tokens, cost), experiment AS e
        WHERE e.id = ${experimentId}::bigint AND NOT e.removing
        ON CONFLICT (id) DO UPDATE SET
          start_ms = CASE WHEN t.metadata ? ${METADATA.finalized} THEN t.start_ms ELSE least(t.start_ms, excluded.start_ms) END,
          duration_ms = CASE WHEN t.metadata ? ${METADATA.finalized} THEN t.duration_ms
            ELSE greatest(t.start_ms + t.duration_ms, excluded.start_ms + excluded.duration_ms) - least(t.start_ms, excluded.start_ms) END,
          state = CASE WHEN t.state IN ('IN_PROGRESS', 'STATE_UNSPECIFIED') AND excluded.state <> 'IN_PROGRESS' THEN excluded.state ELSE t.state END,
          request_preview = coalesce(t.request_preview, excluded.request_preview),
          response_preview = coalesce(t.response_preview, excluded.response_preview),
          tags = t.tags || (excluded.tags - ${TAG.artifactLocation}::text),
          metadata = excluded.metadata || t.metadata
        WHERE coalesce(t.tags->>${TAG.spansLocation}, ${IN_DATABASE}) = ${IN_DATABASE}
        RETURNING no, id, xmax = 0 AS is_new, tokens IS NOT NULL AND metadata ? ${METADATA.finalized} AS has_tokens,
                  cost IS NOT NULL AND metadata ? ${METADATA.finalized} AS has_cost`,
    (row) => ({
      no: integer(row['no']),
      id: text(row['id']),
      isNew: boolean(row['is_new']),
      hasTokens: boolean(row['has_tokens']),
      hasCost: boolean(row['has_cost']),
    }),
  );
}

const jsonOf = (numbers: Numbers | undefined): string | null => (numbers === undefined ? null : JSON.stringify(numbers));

/** How clients read the sums. */
export function sumTexts(tokens: Numbers | undefined, cost: Numbers | undefined): Readonly<Record<string, string>> {
  return {
    ...(tokens === undefined ? {} : { [METADATA.tokens]: numbersText(tokens, true) }),
    ...(cost === undefined ? {} : { [METADATA.cost]: numbersText(cost, false) }),
  };
}

/** Sums anew over all spans of these traces: a parent and its children may have come in different requests. */
export async function sumAnew(db: Queryable, traces: readonly KeptTrace[]): Promise<void> {
  if (traces.length === 0) return;
  const spans = await db.all(
    sql`SELECT trace_no, id, parent_id, tokens, cost FROM span WHERE trace_no = ANY(${traces.map(({ no }) => no)}::bigint[])`,
    (row) => ({
      no: integer(row['trace_no']),
      id: text(row['id']),
      parentId: nullable(text, row['parent_id']),
      tokens: nullable((value) => json<Numbers>(value), row['tokens']),
      cost: nullable((value) => json<Numbers>(value), row['cost']),
    }),
  );
  const byTrace = Map.groupBy(spans, ({ no }) => no);
  const sums = traces.map(({ no, hasTokens, hasCost }) => {
    const own = byTrace.get(no) ?? [];
    const nodes = (of: 'tokens' | 'cost'): readonly SumNode[] => own.map((span) => ({ ...span, numbers: span[of] }));
    return {
      no,
      tokens: hasTokens ? undefined : sumOf(nodes('tokens'), TOKEN_KEYS),
      cost: hasCost ? undefined : sumOf(nodes('cost'), COST_KEYS),
    };
  });
  const rows = unnest({
    no: ['int8', sums.map(({ no }) => no)],
    tokens: ['jsonb', sums.map(({ tokens }) => tokens ?? null)],
    cost: ['jsonb', sums.map(({ cost }) => cost ?? null)],
    texts: ['jsonb', sums.map(({ tokens, cost }) => sumTexts(tokens, cost))],
  });
  await db.run(sql`
    UPDATE trace AS t SET tokens = coalesce(s.tokens, t.tokens), cost = coalesce(s.cost, t.cost), metadata = t.metadata || s.texts
    FROM (SELECT * FROM ${rows}) AS s WHERE t.no = s.no`);
}
