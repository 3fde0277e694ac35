import type { JobState, Queryable, Row, Sql } from '@mlab/kernel';
import { identifier, integer, jsonb, number, sql, text, unnest } from '@mlab/sql';
import type { Position } from '#/cursor.ts';
import { BOSS_STATES, toListedJob, toState, type ListedJob } from '#/store/job-rows.ts';

/** One attempt at one job. A job that has been taken up again since has another `retryCount`, so nothing that comes late touches it. */
export interface Claim {
  readonly kind: string;
  readonly id: string;
  readonly retryCount: number;
}

/** How long a worker may be silent, and what is written down of its job when it was silent for longer. */
export interface Lease {
  readonly kind: string;
  readonly ms: number;
  readonly error: string;
}

export interface Reaped {
  readonly kind: string;
  readonly id: string;
  readonly state: JobState;
}

export interface Held {
  readonly id: string;
  readonly state: JobState;
  readonly retryCount: number;
}

export interface Counted {
  readonly kind: string;
  readonly waiting: number;
  readonly running: number;
  /** For how long the one that has waited longest could have begun, in seconds. */
  readonly oldestSeconds: number;
}

export interface ListQuery {
  readonly kinds: readonly string[];
  readonly state?: JobState | undefined;
  readonly after?: Position | undefined;
  readonly limit: number;
}

/** What happens to a job whose attempt has failed. */
export interface Failure {
  readonly error: string;
  readonly delayMs: number;
  /** Whether it is not tried again even if attempts are left. */
  readonly final: boolean;
}

export type JobStore = ReturnType<typeof openJobStore>;

/**
 * The statements on pg-boss's table that pg-boss has no call for: it counts leases in whole seconds from ten upwards and delays from
 * one, lists the oldest first, and takes a job that is given back for one that has failed.
 */
export function openJobStore(jobsSchema: string, ownSchema: string) {
  const schema = identifier(jobsSchema);
  const job = sql`${schema}.job`;
  const progress = sql`${identifier(ownSchema)}.job_progress`;

  const claimed = ({ kind, id, retryCount }: Claim): Sql =>
    sql`name = ${kind} AND id = ${id}::uuid AND retry_count = ${retryCount}::int AND state = 'active'`;

  /** What becomes of a job whose attempt ended in failure, whoever says so. */
  const failed = (error: Sql, delayMs: number, final: boolean): Sql => {
    const again = sql`retry_count < retry_limit AND NOT ${final}::boolean`;
    return sql`state = (CASE WHEN ${again} THEN 'retry' ELSE 'failed' END)::${schema}.job_state,
      start_after = CASE WHEN ${again} THEN now() + ${delayMs}::int * interval '1 ms' ELSE start_after END,
      completed_on = CASE WHEN ${again} THEN NULL ELSE now() END,
      heartbeat_on = NULL,
      output = jsonb_build_object('error', ${error})`;
  };

  const columns = sql`j.id, j.name, j.state::text, j.data, j.output, j.priority, j.created_on, j.started_on, j.completed_on,
    CASE WHEN j.started_on IS NULL THEN 0 ELSE j.retry_count + 1 END AS attempts,
    to_char(j.created_on AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS position, p.share, p.note`;
  const withProgress = sql`LEFT JOIN ${progress} p ON p.job_id = j.id AND p.attempt = j.retry_count + 1`;

  return {
    find: (db: Queryable, kinds: readonly string[], id: string): Promise<ListedJob | undefined> =>
      db.first(
        sql`SELECT ${columns} FROM ${job} j ${withProgress} WHERE j.name = ANY(${kinds}::text[]) AND j.id = ${id}::uuid`,
        toListedJob,
      ),

    /** Newest first. Each kind is read along its own index, so that the length of the list does not matter. */
    list: (db: Queryable, { kinds, state, after, limit }: ListQuery): Promise<readonly ListedJob[]> => {
      const inState = state === undefined ? sql`` : sql`AND state = ${BOSS_STATES[state]}::${schema}.job_state`;
      const behind = after === undefined ? sql`` : sql`AND (created_on, id) < (${after.createdAt}::timestamptz, ${after.id}::uuid)`;
      return db.all(
        sql`SELECT ${columns}
          FROM unnest(${kinds}::text[]) AS kind
          CROSS JOIN LATERAL (
            SELECT * FROM ${job} WHERE name = kind ${inState} ${behind} ORDER BY created_on DESC, id DESC LIMIT ${limit}
          ) j
          ${withProgress}
          ORDER BY j.created_on DESC, j.id DESC
          LIMIT ${limit}`,
        toListedJob,
      );
    },

    /** The job with this key that waits or runs. */
    findByKey: (db: Queryable, kind: string, key: string): Promise<string | undefined> =>
      db.first(
        sql`SELECT id FROM ${job}
          WHERE name = ${kind} AND COALESCE(singleton_key, '') = ${key} AND state <= 'active' AND policy = 'exclusive'`,
        (row) => text(row['id']),
      ),

    cancel: (db: Queryable, kind: string, id: string): Promise<number> =>
      db.run(
        sql`UPDATE ${job} SET state = 'cancelled', completed_on = now(), heartbeat_on = NULL
          WHERE name = ${kind} AND id = ${id}::uuid AND state < 'completed'`,
      ),

    /** `retry_count` goes on from where it was, so that what is left of an earlier attempt cannot pass for the new one. */
    retry: (db: Queryable, kind: string, id: string, retryLimit: number): Promise<number> =>
      db.run(
        sql`UPDATE ${job}
          SET state = 'created', completed_on = NULL, output = NULL, start_after = now(),
            retry_limit = CASE WHEN started_on IS NULL THEN ${retryLimit}::int ELSE retry_count + 1 + ${retryLimit}::int END
          WHERE name = ${kind} AND id = ${id}::uuid AND state IN ('failed', 'cancelled')`,
      ),

    /** The kinds of which a job could begin now. */
    ready: (db: Queryable, kinds: readonly string[]): Promise<readonly string[]> =>
      db.all(
        sql`SELECT kind FROM unnest(${kinds}::text[]) AS kind
          WHERE EXISTS (SELECT FROM ${job} WHERE name = kind AND state < 'active' AND NOT blocked AND start_after <= now())`,
        (row) => text(row['kind']),
      ),

    /** Lets one process at a time decide, until its transaction ends, how many jobs of a kind it may take. */
    lockKind: (db: Queryable, kind: string): Promise<unknown> =>
      db.all(sql`SELECT pg_advisory_xact_lock(hashtextextended(${`${jobsSchema} ${kind}`}, 0))`, () => undefined),

    countRunning: async (db: Queryable, kind: string): Promise<number> =>
      (await db.first(sql`SELECT count(*) AS running FROM ${job} WHERE name = ${kind} AND state = 'active'`, (row) =>
        integer(row['running']),
      )) ?? 0,

    succeed: (db: Queryable, claim: Claim, output: unknown, keepSeconds: number): Promise<number> =>
      db.run(
        sql`UPDATE ${job}
          SET state = 'completed', completed_on = now(), heartbeat_on = NULL, deletion_seconds = ${keepSeconds}::int,
            output = jsonb_build_object('value', ${jsonb(output)})
          WHERE ${claimed(claim)}`,
      ),

    /** The state it is in then; undefined when the attempt was no longer this worker's. */
    fail: (db: Queryable, claim: Claim, { error, delayMs, final }: Failure): Promise<JobState | undefined> =>
      db.first(sql`UPDATE ${job} SET ${failed(sql`${error}::text`, delayMs, final)} WHERE ${claimed(claim)} RETURNING state::text`, (row) =>
        toState(row['state']),
      ),

    /** Gives a job back that did not fail: it keeps its place and all its attempts. */
    giveBack: (db: Queryable, claim: Claim): Promise<number> =>
      db.run(sql`UPDATE ${job} SET state = 'created', heartbeat_on = NULL, retry_limit = retry_limit + 1 WHERE ${claimed(claim)}`),

    /** Takes jobs from workers that have not been heard of for their lease, unless nobody could be heard because the database was away. */
    reap: (db: Queryable, leases: readonly Lease[]): Promise<readonly Reaped[]> =>
      db.all(
        sql`UPDATE ${job} SET ${failed(sql`lease.error`, 0, false)}
          FROM (SELECT * FROM ${unnest({
            kind: ['text', leases.map(({ kind }) => kind)],
            ms: ['int4', leases.map(({ ms }) => ms)],
            error: ['text', leases.map(({ error }) => error)],
          })}) lease
          WHERE name = kind AND state = 'active' AND heartbeat_on < now() - ms * interval '1 ms'
            AND pg_postmaster_start_time() < now() - ms * interval '1 ms'
          RETURNING name, id, state::text`,
        (row) => ({ kind: text(row['name']), id: text(row['id']), state: toState(row['state']) }),
      ),

    /** A sign of life. */
    touch: (db: Queryable, claims: readonly Claim[]): Promise<number> =>
      db.run(
        sql`UPDATE ${job} j SET heartbeat_on = now()
          FROM (SELECT * FROM ${rowsOf(claims)}) c
          WHERE j.name = c.name AND j.id = c.id AND j.retry_count = c.retry_count AND j.state = 'active'`,
      ),

    held: (db: Queryable, claims: readonly Claim[]): Promise<readonly Held[]> =>
      db.all(
        sql`SELECT j.id, j.state::text, j.retry_count
          FROM (SELECT * FROM ${rowsOf(claims)}) c JOIN ${job} j ON j.name = c.name AND j.id = c.id`,
        toHeld,
      ),

    /** How far a job is, written by the attempt that has it and no other; also a sign of life. */
    writeProgress: (db: Queryable, claim: Claim, share: number, note: string): Promise<number> =>
      db.run(
        sql`WITH alive AS (UPDATE ${job} SET heartbeat_on = now() WHERE ${claimed(claim)} RETURNING id, retry_count)
          INSERT INTO ${progress} (job_id, attempt, share, note)
          SELECT id, retry_count + 1, ${share}::float8, ${note} FROM alive
          ON CONFLICT (job_id) DO UPDATE SET attempt = excluded.attempt, share = excluded.share, note = excluded.note`,
      ),

    /** Forgets how far jobs were that are themselves forgotten. */
    deleteStaleProgress: (db: Queryable): Promise<number> =>
      db.run(sql`DELETE FROM ${progress} p WHERE NOT EXISTS (SELECT FROM ${job} j WHERE j.id = p.job_id)`),

    count: (db: Queryable, kinds: readonly string[]): Promise<readonly Counted[]> =>
      db.all(
        sql`SELECT kind,
            count(*) FILTER (WHERE state IN ('created', 'retry')) AS waiting,
            count(*) FILTER (WHERE state = 'active') AS running,
            COALESCE(extract(epoch FROM now() - min(start_after) FILTER (WHERE state <> 'active' AND start_after <= now())), 0)::float8 AS oldest
          FROM unnest(${kinds}::text[]) AS kind
          LEFT JOIN ${job} j ON j.name = kind AND j.state IN ('created', 'retry', 'active')
          GROUP BY kind`,
        (row) => ({
          kind: text(row['kind']),
          waiting: integer(row['waiting']),
          running: integer(row['running']),
          oldestSeconds: number(row['oldest']),
        }),
      ),

    /** pg-boss would end what runs for longer than a day, which each job's own timeout does, and forget what waits for long. */
    unlimit: (db: Queryable, kind: string): Promise<number> =>
      db.run(
        sql`UPDATE ${schema}.queue SET expire_seconds = ${LONGEST_SECONDS}::int, retention_seconds = ${LONGEST_SECONDS}::int WHERE name = ${kind}`,
      ),
  };
}

/** The largest number that pg-boss's columns hold: 68 years. */
const LONGEST_SECONDS = 2 ** 31 - 1;

const rowsOf = (claims: readonly Claim[]): Sql =>
  unnest({
    name: ['text', claims.map(({ kind }) => kind)],
    id: ['uuid', claims.map(({ id }) => id)],
    retry_count: ['int4', claims.map(({ retryCount }) => retryCount)],
  });

const toHeld = (row: Row): Held => ({ id: text(row['id']), state: toState(row['state']), retryCount: integer(row['retry_count']) });
