import type { Queryable } from '@mlab/kernel';
import { sql, text } from '@mlab/sql';

/** Told to all who watch, so that a change is known at once and not at the next look. */
export const CHANNEL = 'mlab_instances';

export interface KnownInstance {
  readonly service: string;
  readonly url: string;
}

/** Makes instances known, or renews their leases. */
export const renew = (db: Queryable, process: string, instances: readonly KnownInstance[], leaseMs: number): Promise<number> =>
  db.run(sql`
    INSERT INTO instance (service, url, process, lease_until)
    SELECT service, url, ${process}::uuid, now() + ${leaseMs} * interval '1 millisecond'
    FROM unnest(${instances.map(({ service }) => service)}::text[], ${instances.map(({ url }) => url)}::text[]) AS known (service, url)
    ON CONFLICT (service, url) DO UPDATE SET process = excluded.process, lease_until = excluded.lease_until`);

/** Forgets an instance, unless another process has taken its URL over. */
export const withdraw = (db: Queryable, process: string, { service, url }: KnownInstance): Promise<number> =>
  db.run(sql`DELETE FROM instance WHERE service = ${service} AND url = ${url} AND process = ${process}::uuid`);

export const tell = (db: Queryable): Promise<number> => db.run(sql`SELECT pg_notify(${CHANNEL}, '')`);

export const living = (db: Queryable): Promise<readonly KnownInstance[]> =>
  db.all(sql`SELECT service, url FROM instance WHERE lease_until > now() ORDER BY service, url`, (row) => ({
    service: text(row['service']),
    url: text(row['url']),
  }));

/** Those whose leases ended long ago were killed, and will not be asked for again. */
export const forgetDead = (db: Queryable): Promise<number> =>
  db.run(sql`DELETE FROM instance WHERE lease_until < now() - interval '1 minute'`);
