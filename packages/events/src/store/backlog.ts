import type { Queryable } from '@mlab/kernel';
import { boolean, integer, number, nullable, sql, text } from '@mlab/sql';
import type { Backlog } from '#/metrics.ts';

/** Counting goes no further than this: beyond it the number matters less than the time. */
const MOST = 100_000;

export async function readBacklog(db: Queryable): Promise<Backlog> {
  const outbox = await db.first(
    sql`
      SELECT (SELECT count(*) FROM (SELECT FROM event_outbox LIMIT ${MOST}) o) AS depth,
        (SELECT extract(epoch FROM clock_timestamp() - at)::float8 FROM event_outbox ORDER BY seq LIMIT 1) AS age`,
    (row) => ({ depth: integer(row['depth']), age: nullable(number, row['age']) }),
  );
  const inbox = await db.all(
    sql`
      SELECT consumer, state, count(*) AS count FROM (SELECT consumer, state FROM event_inbox LIMIT ${MOST}) i GROUP BY consumer, state`,
    (row) => ({ consumer: text(row['consumer']), state: text(row['state']), count: integer(row['count']) }),
  );
  const counts = (state: string): ReadonlyMap<string, number> =>
    new Map(inbox.filter((line) => line.state === state).map(({ consumer, count }) => [consumer, count]));
  return { outboxDepth: outbox?.depth ?? 0, outboxAgeSeconds: outbox?.age ?? 0, pending: counts('pending'), dead: counts('dead') };
}

export interface Signs {
  /** Whether something waits in the outbox, and for how long, in seconds. */
  readonly outboxAge: number | undefined;
  /** Whether somebody else than `member` has taken messages. */
  readonly othersWork: boolean;
  /** Whether messages wait during which a process has ended. */
  readonly suspects: boolean;
  /** Whether messages wait that may be handled now. */
  readonly ready: boolean;
  readonly deadLetters: boolean;
}

/** What one look tells about everything that could have been missed otherwise. */
export async function readSigns(db: Queryable, member: number): Promise<Signs> {
  const signs = await db.first(
    sql`
      SELECT (SELECT greatest(0, extract(epoch FROM clock_timestamp() - at))::float8 FROM event_outbox ORDER BY seq LIMIT 1) AS age,
        EXISTS (SELECT FROM event_inbox WHERE claimed_by IS NOT NULL AND claimed_by <> ${member}) AS others,
        EXISTS (SELECT FROM event_inbox WHERE state = 'pending' AND crashes > 0) AS suspects,
        EXISTS (SELECT FROM event_inbox WHERE state = 'pending' AND claimed_by IS NULL AND available_at <= now()) AS ready,
        EXISTS (SELECT FROM event_inbox WHERE state = 'dead') AS dead`,
    (row) => ({
      outboxAge: nullable(number, row['age']),
      othersWork: boolean(row['others']),
      suspects: boolean(row['suspects']),
      ready: boolean(row['ready']),
      deadLetters: boolean(row['dead']),
    }),
  );
  return signs as Signs;
}
