import type { Logger } from '@mlab/telemetry';
import { DatabaseError, type Client } from 'pg';
import type { Migration } from '#/migration-files.ts';

/** A migration that the database has had. */
export interface Applied {
  readonly origin: string;
  readonly number: number;
  readonly name: string;
  readonly sha256: string;
}

export const APPLIED = 'SELECT origin, number, name, sha256 FROM migration ORDER BY origin, number';

/** Which of the migrations are still to come. Throws a sentence when the database has had others than these. */
export function pendingMigrations(
  service: string,
  migrations: readonly Migration[],
  applied: readonly Applied[],
  log: Logger,
): readonly Migration[] {
  const had = new Map(applied.map((row) => [`${row.origin} ${row.number}`, row]));
  const pending = migrations.filter(({ origin, number, name, sha256 }) => {
    const row = had.get(`${origin} ${number}`);
    if (row === undefined) return true;
    if (row.name !== name) throw new Error(`The database of ${service} was migrated by ${row.name}, in whose place there is now ${name}.`);
    if (row.sha256 !== sha256)
      throw new Error(
        `${name} was changed after the database of ${service} had been migrated by it: put it back, and write a further one.`,
      );
    return false;
  });
  for (const origin of new Set(migrations.map((migration) => migration.origin))) {
    const count = migrations.filter((migration) => migration.origin === origin).length;
    const newer = applied.filter((row) => row.origin === origin && row.number > count);
    if (newer.length > 0)
      log.warn({ origin, newer: newer.map(({ name }) => name) }, 'Newer code has migrated the database; this code goes on with it.');
  }
  return pending;
}

/** Brings the schema up to date, as its owner. Ten processes may do so at once: one works and the others wait for it. */
export async function migrate(client: Client, service: string, migrations: readonly Migration[], log: Logger): Promise<void> {
  await client.query("SELECT pg_advisory_lock(hashtextextended('mlab migrate ' || current_schema(), 0))");
  try {
    await client.query(BOOKKEEPING);
    const { rows } = await client.query<Applied>(APPLIED);
    for (const migration of pendingMigrations(service, migrations, rows, log)) {
      const started = performance.now();
      await apply(client, service, migration);
      log.info({ origin: migration.origin, migration: migration.name, ms: Math.round(performance.now() - started) }, 'migrated');
    }
  } finally {
    await client.query("SELECT pg_advisory_unlock(hashtextextended('mlab migrate ' || current_schema(), 0))").catch(() => undefined);
  }
}

const BOOKKEEPING = `CREATE TABLE IF NOT EXISTS migration (
  origin text NOT NULL,
  number integer NOT NULL,
  name text NOT NULL,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (origin, number)
)`;

/** A migration that waits for a lock makes everybody else wait behind it, so it gives up before that becomes an outage. */
const BEGIN = "BEGIN; SET LOCAL lock_timeout = '30s'";

async function apply(client: Client, service: string, { origin, number, name, text, sha256 }: Migration): Promise<void> {
  try {
    if (ENDS_TRANSACTION.test(text)) throw new Error('it ends its transaction, and each migration is one');
    await client.query(BEGIN);
    await client.query(text);
    await client.query('INSERT INTO migration (origin, number, name, sha256) VALUES ($1, $2, $3, $4)', [origin, number, name, sha256]);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    const said = error instanceof Error ? error.message : String(error);
    throw new Error(`Migration ${name} of ${service} failed${lineOf(text, error)}: ${said}. Nothing of it stays.`, { cause: error });
  }
}

/** At the beginning of a line; with it, what stands before would stay when what stands behind fails. */
const ENDS_TRANSACTION = /^\s*(?:commit|rollback(?!\s+to)|abort)\b/im;

/** PostgreSQL counts characters of the whole text, from 1. */
function lineOf(text: string, error: unknown): string {
  if (!(error instanceof DatabaseError) || error.position === undefined) return '';
  const before = Array.from(text).slice(0, Number(error.position) - 1);
  return ` in line ${before.filter((character) => character === '\n').length + 1}`;
}
