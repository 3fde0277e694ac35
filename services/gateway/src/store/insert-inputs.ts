import type { Queryable } from '@mlab/kernel';
import { sql } from '@mlab/sql';
import type { Entry } from '#/domain/input-log/entry.ts';
import { toStored } from '#/domain/input-log/stored-text.ts';

/**
 * Writes entries, each id once. An entry that is there already is only replaced while it is pending: so it may be written again, in any
 * order, from any process, and in the end what was known last stands.
 */
export async function insertInputs(database: Queryable, entries: readonly Entry[]): Promise<void> {
  const column = <T>(read: (entry: Entry) => T | undefined): (T | null)[] => entries.map((entry) => read(entry) ?? null);
  const texts = (read: (entry: Entry) => string | undefined): (string | null)[] =>
    entries.map((entry) => {
      const text = read(entry);
      return text === undefined ? null : toStored(text);
    });
  await database.run(sql`
    INSERT INTO input (id, data, length, sha256, outcome, status, class, confidence, prediction, latency_ms, model, model_version, error, trace_id)
    SELECT * FROM unnest(
      ${column(({ id }) => id)}::uuid[],
      ${texts(({ data }) => data)}::text[],
      ${column(({ length }) => length)}::integer[],
      ${column(({ sha256 }) => (sha256 === undefined ? undefined : Buffer.from(sha256, 'hex')))}::bytea[],
      ${column(({ outcome }) => outcome)}::text[],
      ${column(({ status }) => status)}::smallint[],
      ${texts((entry) => entry.class)}::text[],
      ${column(({ confidence }) => confidence)}::double precision[],
      ${texts(({ prediction }) => prediction)}::text[],
      ${column(({ latencyMs }) => latencyMs)}::double precision[],
      ${texts(({ model }) => model)}::text[],
      ${texts(({ modelVersion }) => modelVersion)}::text[],
      ${texts(({ error }) => error)}::text[],
      ${column(({ traceId }) => traceId)}::uuid[]
    )
    ON CONFLICT (id) DO UPDATE SET
      outcome = excluded.outcome, status = excluded.status, class = excluded.class, confidence = excluded.confidence,
      prediction = excluded.prediction, latency_ms = excluded.latency_ms, model = excluded.model,
      model_version = excluded.model_version, error = excluded.error
    WHERE input.outcome = 'pending'`);
}
