import type { Queryable } from '@mlab/kernel';
import { bigint, integer, nullable, oneOf, sql, text } from '@mlab/sql';
import { SPAN_STATUSES } from '#/domain/otlp/received-span.ts';
import type { Span } from '#/domain/traces/span-batch.ts';
import type { Numbers } from '#/domain/traces/sums.ts';

/** A span whose trace is kept. No two of one call are the same. */
interface SpanOf {
  readonly traceNo: number;
  readonly span: Span;
}

/** A span that comes again takes the place of the former one. */
export async function insertSpans(db: Queryable, spans: readonly SpanOf[]): Promise<void> {
  const column = <T>(of: (span: Span) => T | undefined): readonly (T | null)[] => spans.map(({ span }) => of(span) ?? null);
  const json = (of: (span: Span) => Numbers | undefined): readonly (string | null)[] =>
    spans.map(({ span }) => {
      const numbers = of(span);
      return numbers === undefined ? null : JSON.stringify(numbers);
    });
  // Written out, so that connections keep it prepared.
  await db.run(sql`
    INSERT INTO span (trace_no, id, parent_id, name, type, status, message, start_ns, end_ns, attributes, events, links, model, provider, tokens, cost)
    SELECT trace_no, id, parent_id, name, type, status, message, start_ns, end_ns, attributes::json, events::json, links::json, model, provider, tokens::jsonb, cost::jsonb
    FROM unnest(
      ${spans.map(({ traceNo }) => traceNo)}::bigint[], ${column(({ id }) => id)}::text[], ${column(({ parentId }) => parentId)}::text[],
      ${column(({ name }) => name)}::text[], ${column(({ type }) => type)}::text[], ${column(({ status }) => status)}::text[],
      ${column(({ message }) => message)}::text[], ${column(({ start }) => start)}::bigint[], ${column(({ end }) => end)}::bigint[],
      ${column(({ attributes }) => attributes)}::text[], ${column(({ events }) => events)}::text[], ${column(({ links }) => links)}::text[],
      ${column(({ model }) => model)}::text[], ${column(({ provider }) => provider)}::text[], ${json(({ tokens }) => tokens)}::text[], ${json(({ cost }) => cost)}::text[]
    ) AS s (trace_no, id, parent_id, name, type, status, message, start_ns, end_ns, attributes, events, links, model, provider, tokens, cost)
    ON CONFLICT (trace_no, id) DO UPDATE SET
      parent_id = excluded.parent_id, name = excluded.name, type = excluded.type, status = excluded.status, message = excluded.message,
      start_ns = excluded.start_ns, end_ns = excluded.end_ns, attributes = excluded.attributes, events = excluded.events, links = excluded.links,
      model = excluded.model, provider = excluded.provider, tokens = excluded.tokens, cost = excluded.cost`);
}

/** What of a span its readers are given. */
export type StoredSpan = Omit<Span, 'type' | 'model' | 'provider' | 'tokens' | 'cost'>;

/** The spans of these traces, by the trace's number: the root first, the others by their beginning. */
export async function readSpans(db: Queryable, traceNos: readonly number[]): Promise<ReadonlyMap<number, readonly StoredSpan[]>> {
  const rows = await db.all(
    sql`SELECT trace_no, id, parent_id, name, status, message, start_ns, end_ns, attributes, events, links FROM span
        WHERE trace_no = ANY(${traceNos}::bigint[]) ORDER BY trace_no, parent_id IS NOT NULL, start_ns, id`,
    (row) => ({
      traceNo: integer(row['trace_no']),
      id: text(row['id']),
      parentId: nullable(text, row['parent_id']),
      name: text(row['name']),
      status: oneOf(SPAN_STATUSES, row['status']),
      message: nullable(text, row['message']),
      start: bigint(row['start_ns']),
      end: nullable(bigint, row['end_ns']),
      attributes: text(row['attributes']),
      events: nullable(text, row['events']),
      links: nullable(text, row['links']),
    }),
  );
  return Map.groupBy(rows, ({ traceNo }) => traceNo);
}
