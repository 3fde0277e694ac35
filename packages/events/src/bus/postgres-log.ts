import type { Queryable, Transaction } from '@mlab/kernel';
import { bigint, nullable, sql, text, unnest } from '@mlab/sql';
import { BATCH_BYTES, BATCH_ENTRIES, type BusBatch, type BusRange, type Entry, type Outgoing } from '#/bus/bus.ts';

export interface Notice {
  readonly channel: string;
  readonly payload: string;
}

/** Appends in order, and says so. Until its commit nobody else appends, so no reader sees an entry before one with a lower number. */
export async function appendMessages(tx: Transaction, entries: readonly Outgoing[], notice: Notice): Promise<void> {
  await tx.run(
    sql`SELECT set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(hashtext('mlab_events'), hashtext('append'))`,
  );
  const given = unnest({
    place: ['int4', entries.map((_, place) => place)],
    channel: ['text', entries.map(({ channel }) => channel)],
    id: ['text', entries.map(({ id }) => id)],
    envelope: ['text', entries.map(({ envelope }) => envelope)],
  });
  await tx.run(sql`
    WITH added AS (INSERT INTO message (channel, id, envelope, bytes)
      SELECT channel, id, envelope, octet_length(envelope) FROM ${given} ORDER BY place RETURNING seq)
    SELECT pg_notify(${notice.channel}, ${notice.payload}) FROM (SELECT count(*) FROM added) a`);
}

export async function readRange(db: Queryable): Promise<BusRange> {
  const range = await db.first(
    sql`SELECT id::text AS id, cut, greatest(cut, (SELECT max(seq) FROM message)) AS newest FROM log`,
    (row) => ({ log: `postgres ${text(row['id'])}`, cut: bigint(row['cut']), end: bigint(row['newest']) }),
  );
  if (range === undefined) throw new Error('The bus in PostgreSQL has lost the row that says which log it is.');
  return range;
}

/** What comes behind a position, in order, and how far that has looked: to the newest entry unless the batch is full. */
export async function readMessages(db: Queryable, channels: readonly string[], after: bigint): Promise<BusBatch> {
  const rows = await db.all(
    sql`
      WITH newest AS MATERIALIZED (SELECT max(seq) AS seq FROM message),
        next AS MATERIALIZED (SELECT seq, bytes FROM message
          WHERE seq > ${after} AND channel = ANY(${channels}::text[]) ORDER BY seq LIMIT ${BATCH_ENTRIES}),
        sized AS (SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before, count(*) OVER () AS found FROM next)
      SELECT m.seq, m.channel, m.envelope, newest.seq AS newest, found
      FROM newest LEFT JOIN (sized JOIN message m USING (seq)) ON before < ${BATCH_BYTES} ORDER BY m.seq`,
    (row) => ({
      newest: nullable(bigint, row['newest']),
      found: nullable(bigint, row['found']),
      entry: nullable((seq) => ({ position: bigint(seq), channel: text(row['channel']), envelope: text(row['envelope']) }), row['seq']),
    }),
  );
  const entries = rows.map(({ entry }) => entry).filter((entry): entry is Entry => entry !== undefined);
  const first = rows[0];
  const all = entries.length < BATCH_ENTRIES && entries.length === Number(first?.found ?? 0);
  const upTo = all ? (first?.newest ?? after) : (entries.at(-1) as Entry).position;
  return { entries, upTo: upTo > after ? upTo : after };
}

/** The newest entry that is too old to be kept, or has too much behind it; undefined when all may stay. The newest of all stays. */
export function findCut(db: Queryable, { maxAgeMs, maxBytes }: { maxAgeMs: number; maxBytes: number }): Promise<bigint | undefined> {
  return db.first(
    sql`
      SELECT greatest(
        (SELECT max(seq) FROM message WHERE at < now() - ${maxAgeMs} * interval '1 ms'),
        CASE WHEN ${maxBytes}::bigint > 0 AND pg_total_relation_size('message') > ${maxBytes}::bigint THEN
          (SELECT max(seq) FROM (SELECT seq, sum(bytes) OVER (ORDER BY seq DESC) AS behind FROM message) m WHERE behind > ${maxBytes}::bigint)
        END) AS cut`,
    (row) => nullable(bigint, row['cut']),
  );
}

/** Deletes some of the entries up to a position and notes that they are gone. Answers how many. */
export async function cutMessages(tx: Transaction, upTo: bigint): Promise<number> {
  const cut = await tx.first(
    sql`
      WITH gone AS (DELETE FROM message WHERE seq IN (SELECT seq FROM message WHERE seq <= ${upTo} ORDER BY seq LIMIT 2000) RETURNING seq)
      SELECT count(*) AS gone, max(seq) AS cut FROM gone`,
    (row) => ({ count: Number(bigint(row['gone'])), position: nullable(bigint, row['cut']) }),
  );
  if (cut?.position === undefined) return 0;
  await tx.run(sql`UPDATE log SET cut = greatest(cut, ${cut.position})`);
  return cut.count;
}
