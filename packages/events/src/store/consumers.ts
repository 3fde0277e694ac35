import type { Queryable, Transaction } from '@mlab/kernel';
import { bigint, sql, text } from '@mlab/sql';

/** One consumer as the intake knows it: what it hears, and how far what is on the bus has been brought into its inbox. */
export interface Registration {
  readonly consumer: string;
  readonly channel: string;
  readonly position: bigint;
}

const registration = (row: Readonly<Record<string, unknown>>): Registration => ({
  consumer: text(row['consumer']),
  channel: text(row['channel']),
  position: bigint(row['position']),
});

export function registrations(db: Queryable, log: string): Promise<readonly Registration[]> {
  return db.all(sql`SELECT consumer, channel, position FROM event_consumer WHERE log = ${log} ORDER BY consumer`, registration);
}

/** The same, locked until the end of the transaction: who changes the inbox of a consumer holds its row. */
export function lockRegistrations(tx: Transaction, log: string): Promise<readonly Registration[]> {
  return tx.all(sql`SELECT consumer, channel, position FROM event_consumer WHERE log = ${log} ORDER BY consumer FOR UPDATE`, registration);
}

export async function lockConsumer(tx: Transaction, consumer: string): Promise<void> {
  await tx.all(sql`SELECT log FROM event_consumer WHERE consumer = ${consumer} ORDER BY log FOR UPDATE`, () => undefined);
}

/** Consumers that have been registered on some log of this kind before. */
export async function knownConsumers(db: Queryable): Promise<ReadonlySet<string>> {
  return new Set(await db.all(sql`SELECT DISTINCT consumer FROM event_consumer`, (row) => text(row['consumer'])));
}

/** A consumer that is registered keeps its position; what it hears may have changed. Answers whether anything is new. */
export async function register(tx: Transaction, log: string, { consumer, channel, position }: Registration): Promise<boolean> {
  const changed = await tx.run(
    sql`
      INSERT INTO event_consumer AS old (log, consumer, channel, position) VALUES (${log}, ${consumer}, ${channel}, ${position})
      ON CONFLICT (log, consumer) DO UPDATE SET channel = excluded.channel WHERE old.channel <> excluded.channel`,
  );
  return changed > 0;
}

export async function movePositions(tx: Transaction, log: string, consumers: readonly string[], position: bigint): Promise<void> {
  await tx.run(sql`
    WITH fast AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE event_consumer SET position = ${position} FROM fast WHERE log = ${log} AND consumer = ANY(${consumers}::text[])`);
}

/** That these consumers are still declared by a running process. */
export async function touchConsumers(db: Queryable, consumers: readonly string[]): Promise<void> {
  await db.run(sql`UPDATE event_consumer SET seen_at = now() WHERE consumer = ANY(${consumers}::text[])`);
}

/** Forgets consumers that nobody has declared for so long, with all that waited for them. Their dead letters stay. */
export async function forgetConsumers(tx: Transaction, unseenMs: number): Promise<readonly string[]> {
  const gone = await tx.all(
    sql`
      DELETE FROM event_consumer c
      WHERE NOT EXISTS (SELECT FROM event_consumer s WHERE s.consumer = c.consumer AND s.seen_at > now() - ${unseenMs} * interval '1 ms')
      RETURNING consumer`,
    (row) => text(row['consumer']),
  );
  const names = [...new Set(gone)];
  if (names.length > 0) await tx.run(sql`DELETE FROM event_inbox WHERE consumer = ANY(${names}::text[]) AND state = 'pending'`);
  return names;
}

/** Takes the lead of the intake when nobody who lives has it. `lockClass` is that of the locks by which members show that they live. */
export async function takeIntakeLead(db: Queryable, member: number, lockClass: number): Promise<boolean> {
  const taken = await db.run(
    sql`
      UPDATE event_intake SET holder = ${member}
      WHERE holder IS NULL OR holder = ${member} OR NOT EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid = ${lockClass}::int4::oid AND l.objid = holder::oid
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))`,
  );
  return taken > 0;
}

export async function giveUpIntakeLead(db: Queryable, member: number): Promise<void> {
  await db.run(sql`UPDATE event_intake SET holder = NULL WHERE holder = ${member}`);
}
