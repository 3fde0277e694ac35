import type { Queryable, Sql } from '@mlab/kernel';
import { integer, join, json, jsonb, nullable, sql, text, timestamp } from '@mlab/sql';

export interface NewEntry {
  readonly at: Date;
  readonly action: string;
  readonly modelId: number | undefined;
  readonly model: string | undefined;
  readonly version: number | undefined;
  readonly caller: string;
  readonly name: string | undefined;
  readonly via: string;
  readonly before: unknown;
  readonly after: unknown;
  readonly traceId: string;
}

export interface Entry extends Omit<NewEntry, 'modelId'> {
  readonly id: number;
}

/** Answers its id. */
export async function insertEntry(db: Queryable, entry: NewEntry): Promise<number> {
  const { at, action, modelId = null, model = null, version = null, caller, name = null, via, before, after, traceId } = entry;
  const id = await db.first(
    sql`INSERT INTO audit (at, action, model_id, model, version, caller, name, via, before, after, trace_id)
        VALUES (${at}, ${action}, ${modelId}, ${model}, ${version}, ${caller}, ${name}, ${via}, ${state(before)}, ${state(after)}, ${traceId})
        RETURNING id`,
    (row) => integer(row['id']),
  );
  if (id === undefined) throw new Error('The audit log took no entry.');
  return id;
}

const state = (value: unknown): Sql => (value === undefined ? sql`NULL` : jsonb(value));

export interface AuditQuery {
  readonly model?: string;
  readonly version?: number;
  readonly action?: string;
  readonly caller?: string;
  readonly from?: Date;
  readonly to?: Date;
  /** Only entries before this one. */
  readonly below?: number;
  readonly limit: number;
}

const AND = sql` AND `;

/** The latest first. A model is found by what it is called now and by what it was called then. */
export function listEntries(db: Queryable, query: AuditQuery): Promise<readonly Entry[]> {
  const { model, version, action, caller, from, to, below, limit } = query;
  const conditions = [
    model === undefined ? undefined : sql`(model = ${model} OR model_id = (SELECT id FROM model AS m WHERE m.name = ${model}))`,
    version === undefined ? undefined : sql`version = ${version}`,
    action === undefined ? undefined : sql`action = ${action}`,
    caller === undefined ? undefined : sql`(caller = ${caller} OR name = ${caller})`,
    from === undefined ? undefined : sql`at >= ${from}`,
    to === undefined ? undefined : sql`at < ${to}`,
    below === undefined ? undefined : sql`id < ${below}`,
  ].filter((condition) => condition !== undefined);
  const where = conditions.length === 0 ? sql`` : sql`WHERE ${join(conditions, AND)}`;
  return db.all(
    sql`SELECT id, at, action, model, version, caller, name, via, before, after, trace_id FROM audit ${where} ORDER BY id DESC LIMIT ${limit}`,
    (row): Entry => ({
      id: integer(row['id']),
      at: timestamp(row['at']),
      action: text(row['action']),
      model: nullable(text, row['model']),
      version: nullable(integer, row['version']),
      caller: text(row['caller']),
      name: nullable(text, row['name']),
      via: text(row['via']),
      before: nullable(json, row['before']),
      after: nullable(json, row['after']),
      traceId: text(row['trace_id']),
    }),
  );
}
