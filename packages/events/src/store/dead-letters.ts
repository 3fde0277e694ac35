import type { Queryable, Transaction } from '@mlab/kernel';
import { bigint, integer, join, nullable, sql, text, timestamp } from '@mlab/sql';

export interface DeadLetterFilter {
  readonly consumer?: string | undefined;
  readonly type?: string | undefined;
  readonly key?: string | undefined;
  readonly failedAfter?: Date | undefined;
  readonly failedBefore?: Date | undefined;
}

export interface StoredLetter {
  readonly seq: bigint;
  readonly consumer: string;
  readonly id: string;
  readonly type: string;
  readonly key: string | undefined;
  readonly envelope: string;
  readonly original: string | undefined;
  readonly state: 'pending' | 'dead';
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly failedAt: Date | undefined;
  readonly error: string | undefined;
}

const COLUMNS = sql`seq, consumer, id, type, key, envelope, original, state, attempts, received_at, failed_at, error`;

const letter = (row: Readonly<Record<string, unknown>>): StoredLetter => ({
  seq: bigint(row['seq']),
  consumer: text(row['consumer']),
  id: text(row['id']),
  type: text(row['type']),
  key: nullable(text, row['key']),
  envelope: text(row['envelope']),
  original: nullable(text, row['original']),
  state: row['state'] === 'dead' ? 'dead' : 'pending',
  attempts: integer(row['attempts']),
  receivedAt: timestamp(row['received_at']),
  failedAt: nullable(timestamp, row['failed_at']),
  error: nullable(text, row['error']),
});

function where({ consumer, type, key, failedAfter, failedBefore }: DeadLetterFilter): ReturnType<typeof sql> {
  const conditions = [
    sql`state = 'dead'`,
    ...(consumer === undefined ? [] : [sql`consumer = ${consumer}`]),
    ...(type === undefined ? [] : [sql`type = ${type}`]),
    ...(key === undefined ? [] : [sql`key = ${key}`]),
    ...(failedAfter === undefined ? [] : [sql`failed_at >= ${failedAfter}`]),
    ...(failedBefore === undefined ? [] : [sql`failed_at < ${failedBefore}`]),
  ];
  return join(conditions, sql` AND `);
}

/** In the order in which they were received. */
export function listLetters(
  db: Queryable,
  filter: DeadLetterFilter,
  { after, limit }: { readonly after: bigint; readonly limit: number },
): Promise<readonly StoredLetter[]> {
  return db.all(sql`SELECT ${COLUMNS} FROM event_inbox WHERE ${where(filter)} AND seq > ${after} ORDER BY seq LIMIT ${limit}`, letter);
}

export function findLetter(db: Queryable, consumer: string, id: string): Promise<StoredLetter | undefined> {
  return db.first(sql`SELECT ${COLUMNS} FROM event_inbox WHERE consumer = ${consumer} AND id = ${id}`, letter);
}

/** The same, and nobody changes it before the transaction ends. */
export function lockLetter(tx: Transaction, consumer: string, id: string): Promise<StoredLetter | undefined> {
  return tx.first(sql`SELECT ${COLUMNS} FROM event_inbox WHERE consumer = ${consumer} AND id = ${id} FOR UPDATE`, letter);
}

/** What it came as is kept beside it. */
export async function replaceEnvelope(tx: Transaction, seq: bigint, envelope: string): Promise<void> {
  await tx.run(sql`UPDATE event_inbox SET original = coalesce(original, envelope), envelope = ${envelope} WHERE seq = ${seq}`);
}

/**
 * Dead letters wait again, as if they had only now been received: behind all that waits for their consumer, in the order in which they came.
 * The consumer's row is locked before, so that their new numbers come between those of what the intake brings.
 */
export async function redriveLetters(tx: Transaction, filter: DeadLetterFilter & { readonly id?: string }): Promise<number> {
  const one = filter.id === undefined ? sql`` : sql` AND id = ${filter.id}`;
  return tx.run(sql`
    WITH chosen AS MATERIALIZED (SELECT seq FROM event_inbox WHERE ${where(filter)}${one} ORDER BY seq FOR UPDATE),
      numbered AS MATERIALIZED (SELECT seq, nextval(pg_get_serial_sequence('event_inbox', 'seq')) AS behind FROM (SELECT seq FROM chosen ORDER BY seq) c)
    UPDATE event_inbox i SET state = 'pending', seq = numbered.behind, attempts = 0, available_at = now()
    FROM numbered WHERE i.seq = numbered.seq`);
}

export function deleteLetters(db: Queryable, filter: DeadLetterFilter & { readonly id?: string }): Promise<number> {
  const one = filter.id === undefined ? sql`` : sql` AND id = ${filter.id}`;
  return db.run(sql`DELETE FROM event_inbox WHERE ${where(filter)}${one}`);
}
