import type { Queryable, Row } from '@mlab/kernel';
import { integer, listOf, nullable, oneOf, sql, text, unnest } from '@mlab/sql';
import { eventName, eventOf, WEBHOOK_STATUSES, type Webhook, type WebhookEvent } from '#/domain/webhook.ts';

/** A webhook with its secret as it is kept. */
export interface KeptWebhook extends Webhook {
  readonly secret: string | undefined;
}

const columns = sql`w.id, w.name, w.description, w.url, w.status, w.secret, w.created_ms, w.updated_ms,
  ARRAY(SELECT event FROM webhook_event AS e WHERE e.webhook_id = w.id ORDER BY event) AS events`;

function toWebhook(row: Row): KeptWebhook {
  return {
    id: text(row['id']),
    name: text(row['name']),
    description: nullable(text, row['description']),
    url: text(row['url']),
    events: listOf((value) => eventOf(text(value)), row['events']),
    status: oneOf(WEBHOOK_STATUSES, row['status']),
    secret: nullable(text, row['secret']),
    createdMs: integer(row['created_ms']),
    updatedMs: integer(row['updated_ms']),
  };
}

export async function insertWebhook(db: Queryable, webhook: KeptWebhook): Promise<void> {
  const { id, name, description = null, url, events, status, secret = null, createdMs, updatedMs } = webhook;
  await db.run(sql`INSERT INTO webhook (id, name, description, url, status, secret, created_ms, updated_ms)
    VALUES (${id}, ${name}, ${description}, ${url}, ${status}, ${secret}, ${createdMs}, ${updatedMs})`);
  await insertEvents(db, id, events);
}

async function insertEvents(db: Queryable, id: string, events: readonly WebhookEvent[]): Promise<void> {
  const rows = unnest({ event: ['text', events.map(eventName)] });
  await db.run(sql`INSERT INTO webhook_event (webhook_id, event) SELECT ${id}::text, event FROM ${rows}`);
}

/** All of it is written anew. */
export async function updateWebhook(db: Queryable, webhook: KeptWebhook): Promise<void> {
  const { id, name, description = null, url, events, status, secret = null, updatedMs } = webhook;
  await db.run(sql`UPDATE webhook SET name = ${name}, description = ${description}, url = ${url}, status = ${status}, secret = ${secret},
    updated_ms = ${updatedMs} WHERE id = ${id}`);
  await db.run(sql`DELETE FROM webhook_event WHERE webhook_id = ${id}`);
  await insertEvents(db, id, events);
}

export function findWebhook(db: Queryable, id: string): Promise<KeptWebhook | undefined> {
  return db.first(sql`SELECT ${columns} FROM webhook AS w WHERE w.id = ${id}`, toWebhook);
}

/** Nobody else changes it until the transaction ends. */
export async function lockWebhook(db: Queryable, id: string): Promise<KeptWebhook | undefined> {
  const locked = await db.run(sql`SELECT 1 FROM webhook WHERE id = ${id} FOR UPDATE`);
  return locked === 0 ? undefined : findWebhook(db, id);
}

export async function deleteWebhook(db: Queryable, id: string): Promise<void> {
  await db.run(sql`DELETE FROM webhook WHERE id = ${id}`);
}

/** The newest first. */
export function listWebhooks(
  db: Queryable,
  { offset, limit }: { readonly offset: number; readonly limit: number },
): Promise<readonly KeptWebhook[]> {
  return db.all(sql`SELECT ${columns} FROM webhook AS w ORDER BY w.created_ms DESC, w.seq DESC LIMIT ${limit} OFFSET ${offset}`, toWebhook);
}

/** The ids of those that are to hear of an event. */
export function listening(db: Queryable, event: WebhookEvent): Promise<readonly string[]> {
  return db.all(
    sql`SELECT w.id FROM webhook_event AS e JOIN webhook AS w ON w.id = e.webhook_id
        WHERE e.event = ${eventName(event)} AND w.status = 'ACTIVE' ORDER BY w.seq`,
    (row) => text(row['id']),
  );
}
