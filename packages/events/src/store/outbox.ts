import type { Queryable, Transaction } from '@mlab/kernel';
import { bigint, nullable, sql, text } from '@mlab/sql';
import { BATCH_BYTES, BATCH_ENTRIES, type Outgoing } from '#/bus/bus.ts';

/** Puts an entry where the relay finds it once the transaction has been committed. */
export async function insertOutgoing(tx: Queryable, { id, channel, key, envelope }: Outgoing): Promise<void> {
  const bytes = Buffer.byteLength(envelope);
  await tx.run(
    sql`INSERT INTO event_outbox (id, channel, key, envelope, bytes) VALUES (${id}, ${channel}, ${key ?? null}, ${envelope}, ${bytes})`,
  );
}

/**
 * The oldest entries, deleted if and when the transaction commits. Nobody else gets any until then: two relays at once would
 * put entries onto the bus in another order. None when another instance is at it.
 *
 * Here, on the bus and in the intake commits wait for no disk: what moves on is kept where it came from by an earlier commit, and a
 * server that fails loses commits from the end only. So those of the publisher and of the handler are the only two that wait.
 */
export async function takeOutgoing(tx: Transaction): Promise<readonly Outgoing[]> {
  const rows = await tx.all(
    sql`
      WITH leader AS MATERIALIZED (
          SELECT pg_try_advisory_xact_lock(hashtext('event_outbox'), hashtext(current_schema())) AS mine, set_config('synchronous_commit', 'off', true)),
        oldest AS (SELECT seq, bytes FROM event_outbox WHERE (SELECT mine FROM leader) ORDER BY seq LIMIT ${BATCH_ENTRIES}),
        batch AS (SELECT seq FROM (SELECT seq, sum(bytes) OVER (ORDER BY seq) - bytes AS before FROM oldest) o WHERE before < ${BATCH_BYTES})
      DELETE FROM event_outbox o USING batch WHERE o.seq = batch.seq
      RETURNING o.seq, o.id, o.channel, o.key, o.envelope`,
    (row) => ({
      seq: bigint(row['seq']),
      id: text(row['id']),
      channel: text(row['channel']),
      key: nullable(text, row['key']),
      envelope: text(row['envelope']),
    }),
  );
  return rows.toSorted((a, b) => (a.seq < b.seq ? -1 : 1));
}
