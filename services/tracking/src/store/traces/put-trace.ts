import type { Queryable } from '@mlab/kernel';
import { integer, jsonb, sql } from '@mlab/sql';
import { COST_KEYS, numbersIn, TOKEN_KEYS } from '#/domain/traces/sums.ts';
import { METADATA, TAG, type TraceInfo, type TraceState } from '#/domain/traces/trace.ts';
import { sumTexts } from './seen-traces.ts';

/** What its client tells of a trace. */
export type ToldTrace = Omit<TraceInfo, 'assessments'>;

/**
 * Keeps what a client tells of a trace. It knows better than what was learnt from spans, and takes nothing away. The trace's number; undefined
 * when there is no such experiment.
 */
export function putTrace(db: Queryable, told: ToldTrace): Promise<number | undefined> {
  const { id, experimentId, startMs, durationMs, state, clientRequestId, requestPreview, responsePreview, tags } = told;
  const tokens = numbersIn(told.metadata[METADATA.tokens], TOKEN_KEYS);
  const cost = numbersIn(told.metadata[METADATA.cost], COST_KEYS);
  const metadata = { ...told.metadata, ...sumTexts(tokens, cost), [METADATA.finalized]: 'true' };
  return db.first(
    sql`INSERT INTO trace AS t (id, experiment_id, start_ms, duration_ms, state, client_request_id, request_preview, response_preview, tags, metadata, tokens, cost)
        SELECT ${id}, e.id, ${startMs}::bigint, ${durationMs ?? null}::bigint, ${state}, ${clientRequestId ?? null}, ${requestPreview ?? null},
               ${responsePreview ?? null}, ${jsonb(tags)} || jsonb_build_object(${TAG.artifactLocation}::text, e.artifact_location || '/traces/' || ${id}::text || '/artifacts'),
               ${jsonb(metadata)}, ${tokens === undefined ? sql`NULL::jsonb` : jsonb(tokens)}, ${cost === undefined ? sql`NULL::jsonb` : jsonb(cost)}
        FROM experiment AS e WHERE e.id = ${experimentId}::bigint AND NOT e.removing
        ON CONFLICT (id) DO UPDATE SET
          experiment_id = excluded.experiment_id, start_ms = excluded.start_ms, duration_ms = excluded.duration_ms, state = excluded.state,
          client_request_id = excluded.client_request_id, request_preview = coalesce(excluded.request_preview, t.request_preview),
          response_preview = coalesce(excluded.response_preview, t.response_preview), tags = t.tags || excluded.tags,
          metadata = t.metadata || excluded.metadata, tokens = coalesce(excluded.tokens, t.tokens), cost = coalesce(excluded.cost, t.cost)
        RETURNING no`,
    (row) => integer(row['no']),
  );
}

export interface TraceEnd {
  readonly id: string;
  /** In milliseconds since 1970. */
  readonly endMs: number;
  readonly state: TraceState;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** False when there is no such trace. */
export async function endTrace(db: Queryable, { id, endMs, state, tags, metadata }: TraceEnd): Promise<boolean> {
  const tokens = numbersIn(metadata[METADATA.tokens], TOKEN_KEYS);
  const cost = numbersIn(metadata[METADATA.cost], COST_KEYS);
  const count = await db.run(sql`
    UPDATE trace SET duration_ms = ${endMs}::bigint - start_ms, state = ${state}, tags = tags || ${jsonb(tags)}, metadata = metadata || ${jsonb(metadata)},
      tokens = coalesce(${tokens === undefined ? sql`NULL::jsonb` : jsonb(tokens)}, tokens), cost = coalesce(${cost === undefined ? sql`NULL::jsonb` : jsonb(cost)}, cost)
    WHERE id = ${id}`);
  return count > 0;
}

/** False when there is no such trace. */
export async function setTag(
  db: Queryable,
  id: string,
  { key, value }: { readonly key: string; readonly value: string },
): Promise<boolean> {
  return (await db.run(sql`UPDATE trace SET tags = tags || jsonb_build_object(${key}::text, ${value}::text) WHERE id = ${id}`)) > 0;
}

/** False when there is no such tag. */
export async function deleteTag(db: Queryable, id: string, key: string): Promise<boolean> {
  return (await db.run(sql`UPDATE trace SET tags = tags - ${key}::text WHERE id = ${id} AND tags ? ${key}`)) > 0;
}
