import type { Queryable, Row, Sql } from '@mlab/kernel';
import { bytes, integer, join, nullable, number, oneOf, sql, text } from '@mlab/sql';
import { OUTCOMES, type Entry } from '#/domain/input-log/entry.ts';
import type { InputFilter } from '#/domain/input-log/filter.ts';
import { fromStored, toPattern, toStored } from '#/domain/input-log/stored-text.ts';

export interface Page {
  /** Newest first. */
  readonly entries: readonly Entry[];
  readonly more: boolean;
}

export interface PageLimits {
  readonly rows: number;
  /** Of inputs and predictions together; the first one comes whatever its size. */
  readonly bytes: number;
}

const COLUMNS = sql`id, data, length, sha256, outcome, status, class, confidence, prediction, latency_ms, model, model_version, error, trace_id`;

/** One row more than asked for is looked at, to know whether there are more. Large texts are only fetched for the rows that are answered. */
export async function readPage(database: Queryable, filter: InputFilter, { rows, bytes: maxBytes }: PageLimits): Promise<Page> {
  const found = await database.all(
    sql`
    SELECT ${COLUMNS}, found FROM (
      SELECT *, count(*) OVER () AS found,
        coalesce(sum(coalesce(octet_length(data), 0) + coalesce(octet_length(prediction), 0))
          OVER (ORDER BY id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS bytes_before
      FROM (SELECT * FROM input ${where(filter)} ORDER BY id DESC LIMIT ${rows + 1}) page
    ) sized
    WHERE bytes_before < ${maxBytes}
    ORDER BY id DESC LIMIT ${rows}`,
    (row) => ({ entry: toEntry(row), found: integer(row['found']) }),
  );
  return { entries: found.map(({ entry }) => entry), more: found.length < (found[0]?.found ?? 0) };
}

export function readInput(database: Queryable, id: string): Promise<Entry | undefined> {
  return database.first(sql`SELECT ${COLUMNS} FROM input WHERE id = ${id}`, toEntry);
}

function where({ fromId, beforeIds, text: part, class: name, model, modelVersion, status, outcome }: InputFilter): Sql {
  const conditions = [
    ...beforeIds.map((id) => sql`id < ${id}::uuid`),
    ...(fromId === undefined ? [] : [sql`id >= ${fromId}::uuid`]),
    ...(name === undefined ? [] : [sql`class = ${toStored(name)}`]),
    ...(model === undefined ? [] : [sql`model = ${toStored(model)}`]),
    ...(modelVersion === undefined ? [] : [sql`model_version = ${toStored(modelVersion)}`]),
    ...(status === undefined ? [] : [sql`status = ${status}::smallint`]),
    ...(outcome === undefined ? [] : [sql`outcome = ${outcome}`]),
    ...(part === undefined ? [] : [sql`data ILIKE ${toPattern(part)}`]),
  ];
  return conditions.length === 0 ? sql`` : sql`WHERE ${join(conditions, sql` AND `)}`;
}

const stored = (value: unknown): string => fromStored(text(value));

const toEntry = (row: Row): Entry => ({
  id: text(row['id']),
  data: nullable(stored, row['data']),
  length: integer(row['length']),
  sha256: nullable((value) => Buffer.from(bytes(value)).toString('hex'), row['sha256']),
  outcome: oneOf(OUTCOMES, row['outcome']),
  status: nullable(integer, row['status']),
  class: nullable(stored, row['class']),
  confidence: nullable(number, row['confidence']),
  prediction: nullable(stored, row['prediction']),
  latencyMs: nullable(number, row['latency_ms']),
  model: nullable(stored, row['model']),
  modelVersion: nullable(stored, row['model_version']),
  error: nullable(stored, row['error']),
  traceId: text(row['trace_id']).replaceAll('-', ''),
});

/** Rejects while the log cannot be used. */
export async function probeInputs(database: Queryable): Promise<void> {
  await database.run(sql`SELECT 1 FROM input LIMIT 1`);
}
