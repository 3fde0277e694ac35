import { DELIVERY_STATES, type DeliveryState } from '@mlab/contracts/registry-schemas';
import type { Queryable, Row } from '@mlab/kernel';
import { integer, nullable, oneOf, sql, text, timestamp } from '@mlab/sql';

/** One message to one webhook. */
export interface KeptDelivery {
  readonly id: string;
  readonly seq: number;
  readonly webhook: string;
  readonly event: string;
  readonly body: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  /** Attempts since it was first sent, or sent again by hand. */
  readonly tries: number;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly createdAt: Date;
  readonly attemptedAt: Date | undefined;
  readonly nextAt: Date | undefined;
}

const columns = sql`id, seq, webhook_id, event, body, state, attempts, tries, status, error, created_at, attempted_at, next_at`;

function toDelivery(row: Row): KeptDelivery {
  return {
    id: text(row['id']),
    seq: integer(row['seq']),
    webhook: text(row['webhook_id']),
    event: text(row['event']),
    body: text(row['body']),
    state: oneOf(DELIVERY_STATES, row['state']),
    attempts: integer(row['attempts']),
    tries: integer(row['tries']),
    status: nullable(integer, row['status']),
    error: nullable(text, row['error']),
    createdAt: timestamp(row['created_at']),
    attemptedAt: nullable(timestamp, row['attempted_at']),
    nextAt: nullable(timestamp, row['next_at']),
  };
}

export type NewDelivery = Pick<KeptDelivery, 'id' | 'webhook' | 'event' | 'body' | 'createdAt'>;

export async function insertDelivery(db: Queryable, { id, webhook, event, body, createdAt }: NewDelivery): Promise<void> {
  await db.run(sql`INSERT INTO webhook_delivery (id, webhook_id, event, body, created_at, next_at)
    VALUES (${id}, ${webhook}, ${event}, ${body}, ${createdAt}, ${createdAt})`);
}

export function findDelivery(db: Queryable, id: string): Promise<KeptDelivery | undefined> {
  return db.first(sql`SELECT ${columns} FROM webhook_delivery WHERE id = ${id}`, toDelivery);
}

/** Nobody else changes it until the transaction ends. */
export function lockDelivery(db: Queryable, id: string): Promise<KeptDelivery | undefined> {
  return db.first(sql`SELECT ${columns} FROM webhook_delivery WHERE id = ${id} FOR UPDATE`, toDelivery);
}

export interface Outcome {
  readonly state: DeliveryState;
  readonly status: number | undefined;
  readonly error: string | undefined;
  readonly at: Date;
  readonly nextAt: Date | undefined;
}

/** What came of an attempt. */
export async function settleDelivery(db: Queryable, id: string, { state, status, error, at, nextAt }: Outcome): Promise<void> {
  await db.run(sql`UPDATE webhook_delivery SET state = ${state}, attempts = attempts + 1, tries = tries + 1, status = ${status ?? null},
    error = ${error ?? null}, attempted_at = ${at}, next_at = ${nextAt ?? null} WHERE id = ${id}`);
}

/** Its webhook is gone, or hears nothing at the moment. */
export async function dropDelivery(db: Queryable, id: string, why: string): Promise<void> {
  await db.run(sql`UPDATE webhook_delivery SET state = 'dropped', error = ${why}, next_at = NULL WHERE id = ${id}`);
}

/** It begins anew. */
export async function resetDelivery(db: Queryable, id: string, now: Date): Promise<void> {
  await db.run(sql`UPDATE webhook_delivery SET state = 'waiting', tries = 0, next_at = ${now} WHERE id = ${id}`);
}

export interface DeliveryQuery {
  readonly webhook: string | undefined;
  readonly state: DeliveryState | undefined;
  readonly below: number | undefined;
  readonly limit: number;
}

/** The latest first. */
export function listDeliveries(db: Queryable, { limit, ...query }: DeliveryQuery): Promise<readonly KeptDelivery[]> {
  const [webhook, state, below] = [query.webhook ?? null, query.state ?? null, query.below ?? null];
  return db.all(
    sql`SELECT ${columns} FROM webhook_delivery
        WHERE (${webhook}::text IS NULL OR webhook_id = ${webhook}) AND (${state}::text IS NULL OR state = ${state})
          AND (${below}::bigint IS NULL OR seq < ${below}) ORDER BY seq DESC LIMIT ${limit}`,
    toDelivery,
  );
}

/** Forgets those that have ended. Answers how many. */
export function forgetDeliveries(db: Queryable, before: Date): Promise<number> {
  return db.run(sql`DELETE FROM webhook_delivery WHERE state <> 'waiting' AND created_at < ${before}`);
}
