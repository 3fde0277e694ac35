import type { Queryable, Transaction } from '@mlab/kernel';
import { bigint, integer, nullable, sql, text, timestamp, unnest } from '@mlab/sql';

/** A message on its way into the inbox of one consumer. */
export interface Arrival {
  readonly consumer: string;
  readonly id: string;
  readonly type: string;
  readonly key: string | undefined;
  readonly envelope: string;
}

/** A message that a worker of this process has taken. */
export interface Claimed {
  readonly seq: bigint;
  readonly id: string;
  readonly envelope: string;
  readonly key: string | undefined;
  /** With this one: 1 the first time. */
  readonly attempts: number;
  readonly receivedAt: Date;
  /** By whom: the claim is void once he counts as dead. */
  readonly member: number;
}

/** Keeps what this consumer has never had. The order of the arrivals is the order in the inbox. Answers how many were new. */
export async function receive(tx: Transaction, arrivals: readonly Arrival[]): Promise<number> {
  if (arrivals.length === 0) return 0;
  const given = unnest({
    place: ['int4', arrivals.map((_, place) => place)],
    consumer: ['text', arrivals.map(({ consumer }) => consumer)],
    id: ['text', arrivals.map(({ id }) => id)],
    type: ['text', arrivals.map(({ type }) => type)],
    key: ['text', arrivals.map(({ key }) => key ?? null)],
    envelope: ['text', arrivals.map(({ envelope }) => envelope)],
  });
  return tx.run(sql`
    WITH given AS MATERIALIZED (SELECT DISTINCT ON (consumer, id) * FROM ${given} ORDER BY consumer, id, place),
      fresh AS (INSERT INTO event_seen (consumer, id) SELECT consumer, id FROM given ON CONFLICT DO NOTHING RETURNING consumer, id)
    INSERT INTO event_inbox (consumer, id, type, key, envelope)
    SELECT consumer, id, type, key, envelope FROM given JOIN fresh USING (consumer, id) ORDER BY place`);
}

interface Claim {
  readonly consumer: string;
  readonly member: number;
  readonly limit: number;
  /** Keys behind this one come first, so that no key waits for ever behind busy ones. */
  readonly afterKey: string;
  /** Whether to take those during which a process has ended, or those during which none has. */
  readonly suspects: boolean;
}

/**
 * Takes messages that may be handled now: of each key the oldest that is not done, and any without a key. The attempt is
 * counted here, in a transaction of its own, so that it counts even if the message ends the process. Losing the count when the
 * server's machine fails does no harm, so the commit waits for no disk.
 */
export function claim(db: Queryable, { consumer, member, limit, afterKey, suspects }: Claim): Promise<readonly Claimed[]> {
  // Walks from key to key along the index and looks at the head of each: a long line behind a head costs nothing.
  return db.all(
    sql`
      WITH RECURSIVE
        fast AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
        head AS (
          (SELECT key, seq, available_at, claimed_by, crashes FROM event_inbox
           WHERE consumer = ${consumer} AND state = 'pending' AND key > ${afterKey} ORDER BY key, seq LIMIT 1)
          UNION ALL
          SELECT next.* FROM head, LATERAL (
            SELECT i.key, i.seq, i.available_at, i.claimed_by, i.crashes FROM event_inbox i
            WHERE i.consumer = ${consumer} AND i.state = 'pending' AND i.key > head.key ORDER BY i.key, i.seq LIMIT 1) next),
        keyed AS (SELECT seq FROM head
          WHERE claimed_by IS NULL AND available_at <= now() AND (crashes > 0) = ${suspects} LIMIT ${limit}),
        keyless AS (SELECT seq FROM event_inbox
          WHERE consumer = ${consumer} AND state = 'pending' AND key IS NULL
            AND claimed_by IS NULL AND available_at <= now() AND (crashes > 0) = ${suspects}
          ORDER BY available_at LIMIT ${limit}),
        ready AS (SELECT i.seq FROM event_inbox i
          WHERE i.seq IN (SELECT seq FROM keyed UNION ALL SELECT seq FROM keyless)
            AND i.state = 'pending' AND i.claimed_by IS NULL AND i.available_at <= now()
          ORDER BY i.seq LIMIT ${limit} FOR UPDATE SKIP LOCKED)
      UPDATE event_inbox i SET attempts = attempts + 1, claimed_by = ${member} FROM ready, fast WHERE i.seq = ready.seq
      RETURNING i.seq, i.id, i.envelope, i.key, i.attempts, i.received_at`,
    (row) => ({
      seq: bigint(row['seq']),
      id: text(row['id']),
      envelope: text(row['envelope']),
      key: nullable(text, row['key']),
      attempts: integer(row['attempts']),
      receivedAt: timestamp(row['received_at']),
      member,
    }),
  );
}

/** Ends a message for good. False when the claim is void: somebody else has it, or it has already ended. */
export async function complete(tx: Queryable, { seq, member, attempts }: Claimed): Promise<boolean> {
  return (await tx.run(sql`DELETE FROM event_inbox WHERE seq = ${seq} AND claimed_by = ${member} AND attempts = ${attempts}`)) > 0;
}

export interface Failure {
  readonly error: string;
  /** When to try again, from now; absent: never, it is a dead letter. */
  readonly retryMs?: number;
}

export async function fail(db: Queryable, { seq, member, attempts }: Claimed, { error, retryMs }: Failure): Promise<void> {
  await db.run(sql`
    UPDATE event_inbox SET claimed_by = NULL, error = ${error}, failed_at = now(), state = ${retryMs === undefined ? 'dead' : 'pending'},
      available_at = now() + ${retryMs ?? 0} * interval '1 ms'
    WHERE seq = ${seq} AND claimed_by = ${member} AND attempts = ${attempts}`);
}

/** Gives a message back that was not handled to its end, as if it had never been taken. */
export async function giveBack(db: Queryable, { seq, member, attempts }: Claimed): Promise<void> {
  await db.run(sql`
    UPDATE event_inbox SET claimed_by = NULL, attempts = attempts - 1
    WHERE seq = ${seq} AND claimed_by = ${member} AND attempts = ${attempts}`);
}

export interface Freed {
  readonly consumer: string;
  readonly id: string;
  readonly dead: boolean;
}

/** Frees what dead members had taken. Rows in whose transaction somebody still works are passed over. */
export function freeAbandoned(
  db: Queryable,
  {
    lockClass,
    maxAttempts,
    baseMs,
    capMs,
    share,
  }: { lockClass: number; maxAttempts: number; baseMs: number; capMs: number; share: number },
): Promise<readonly Freed[]> {
  return db.all(
    sql`
      WITH abandoned AS (SELECT seq FROM event_inbox
        WHERE claimed_by IS NOT NULL AND NOT EXISTS (
          SELECT FROM pg_locks l
          WHERE l.locktype = 'advisory' AND l.objsubid = 2 AND l.granted AND l.classid = ${lockClass}::int4::oid AND l.objid = claimed_by::oid
            AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        FOR UPDATE SKIP LOCKED)
      UPDATE event_inbox i SET claimed_by = NULL, crashes = crashes + 1, failed_at = now(),
        error = 'The process ended, or lost its database, during this attempt.',
        state = CASE WHEN attempts >= ${maxAttempts} THEN 'dead' ELSE 'pending' END,
        available_at = now() + least(${capMs}::float8, ${baseMs}::float8 * 2 ^ least(attempts - 1, 30)) * ${share}::float8 * interval '1 ms'
      FROM abandoned WHERE i.seq = abandoned.seq
      RETURNING i.consumer, i.id, i.state`,
    (row) => ({ consumer: text(row['consumer']), id: text(row['id']), dead: row['state'] === 'dead' }),
  );
}

/** Forgets the ids of what was received longer ago than any bus could bring it again; as many as a short statement can. */
export function forgetSeen(db: Queryable, olderMs: number): Promise<number> {
  return db.run(sql`
    DELETE FROM event_seen WHERE ctid = ANY(ARRAY(
      SELECT ctid FROM event_seen s WHERE received_at < now() - ${olderMs} * interval '1 ms'
        AND NOT EXISTS (SELECT FROM event_inbox i WHERE i.consumer = s.consumer AND i.id = s.id)
      ORDER BY received_at LIMIT 5000))`);
}
