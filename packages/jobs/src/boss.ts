import type { Owner, Queryable, Row, SendOptions } from '@mlab/kernel';
import { json, nullable, verbatim } from '@mlab/sql';
import { PgBoss, type Db } from 'pg-boss';
import type { Outage } from '#/outage.ts';
import type { Next } from '#/schedule.ts';
import type { JobsSettings } from '#/settings.ts';
import type { Claim } from '#/store/jobs.ts';

/** A job that was taken from its queue. */
export interface Taken {
  readonly claim: Claim;
  readonly input: unknown;
}

export interface NewJob extends Omit<SendOptions, 'key'> {
  readonly kind: string;
  readonly input: unknown;
  readonly id?: string;
  readonly retryLimit: number;
  /** No two jobs with the same one wait or run. */
  readonly uniqueKey: string;
}

/** What is left to pg-boss: its tables and their migrations, how a job is put in and taken out, cron expressions, and tidying up. */
export interface Boss extends AsyncDisposable {
  /** The id; undefined when another job with this key or this id is there. */
  send(db: Queryable, job: NewJob): Promise<string | undefined>;
  take(db: Queryable, kind: string, limit: number): Promise<readonly Taken[]>;
  readonly next: Next;
  /** Deletes what has been kept for long enough, and keeps the indexes in shape. Among all processes one does so per hour. */
  tidy(): Promise<void>;
}

export interface BossOptions {
  readonly owner: Owner;
  /** As the role of the service. */
  readonly url: string;
  /** Which must be there, and belong to that role. */
  readonly schema: string;
  readonly kinds: readonly string[];
  readonly settings: JobsSettings;
  readonly outage: Outage;
}

/** Its own connections are used at the start and for tidying up only, and close soon behind that. For the pool that pg-boss opens. */
const POOL = { idleTimeoutMillis: 1000 };
const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

export async function openBoss({ owner, url, schema, kinds, settings, outage }: BossOptions): Promise<Boss> {
  const { log } = owner.telemetry;
  const boss = new PgBoss({
    connectionString: url,
    application_name: `${owner.name} jobs`,
    schema: `"${schema}"`,
    createSchema: false,
    max: 2,
    ...POOL,
    // What these would do at short intervals is done here, on the connections of the service.
    supervise: false,
    schedule: false,
    registerInstance: false,
    maintenanceIntervalSeconds: HOUR_SECONDS,
    monitorIntervalSeconds: HOUR_SECONDS,
    queueCacheIntervalSeconds: DAY_SECONDS,
    bamIntervalSeconds: HOUR_SECONDS,
    openTelemetry: { enabled: false },
  });
  // The driver's own errors carry their whole connection.
  boss.on('error', ({ message }) => outage.failed(new Error(`pg-boss: ${message}`)));
  boss.on('warning', ({ message, data }) => log.warn({ data }, message));
  await boss.start();
  for (const kind of kinds) await boss.createQueue(kind, { policy: 'exclusive' });
  return {
    send: async (db, { kind, input, uniqueKey, retryLimit, priority = 0, startAfter, id }) =>
      (await boss.send(kind, input as object, {
        db: bossDatabase(db),
        singletonKey: uniqueKey,
        retryLimit,
        priority,
        deleteAfterSeconds: Math.ceil(settings.endedDays * DAY_SECONDS),
        ...(startAfter === undefined ? {} : { startAfter }),
        ...(id === undefined ? {} : { id }),
      })) ?? undefined,
    take: async (db, kind, limit) => {
      const jobs = await boss.fetch<unknown>(kind, { db: bossDatabase(db), batchSize: limit });
      return jobs.map(({ id, retryCount, data }) => ({ claim: { kind, id, retryCount }, input: data }));
    },
    next: (cron, from) => boss.previewSchedule(cron, { from, count: 1 })[0],
    tidy: () => boss.supervise(),
    [Symbol.asyncDispose]: () => boss.stop({ graceful: false }),
  };
}

/** pg-boss's way to the database, through ours: within the deadline of a call, or a transaction. */
function bossDatabase(db: Queryable): Db {
  return { executeSql: async (text, values = []) => ({ rows: [...(await db.all(verbatim(text, values), withInput))] }) };
}

const withInput = (row: Row): Row => ('data' in row ? { ...row, data: nullable(json, row['data']) ?? null } : row);
